"""What a member asks for: who and where they are, and what a next version changes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.domain.generation import Orientation
from bot.domain.mentions import Names
from bot.domain.visibility import Reader

# How the bytes of a picture are had; they are read once everything else has been checked, and it may raise Refusal.
ReadImage = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Who asks, where, in which language. ask_id: the interaction's or message's, the same when it arrives twice.

    private: not everybody reads the thread. draft_id: the form's, which makes one video at most. here: the channels that they
    are known to read, as they act there. names: what Discord said along with it of the ids in the text.
    """

    ask_id: str
    guild_id: str
    channel_id: str
    member_id: str
    role_ids: frozenset[str] = frozenset()
    parent_channel_id: str | None = None
    private: bool = False
    locale: str = "en-US"
    draft_id: str | None = None
    here: frozenset[str] = frozenset()
    names: Names = field(default_factory=Names)

    @property
    def reader(self) -> Reader:
        """The same as who wants to read something."""
        return Reader(guild_id=self.guild_id, member_id=self.member_id, role_ids=self.role_ids, here=self.here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What a new version changes; None keeps what the old one has. image: another picture, spoiler: it is covered."""

    prompt: str | None = field(default=None, repr=False)
    orientation: Orientation | None = None
    seconds: int | None = None
    model: str | None = None
    image: ReadImage | None = None
    spoiler: bool = False
