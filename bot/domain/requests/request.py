"""A member's request: who they are, where they are, and what a next version changes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.domain.generation import Orientation
from bot.domain.requests.mentions import Names
from bot.domain.versions.visibility import Reader

# Reads the bytes of a picture. It is called after everything else has been checked, and may raise Refusal.
ReadImage = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Who makes a request, where, and in which language.

    ask_id: the id of the interaction or message; the same when it arrives twice. private: not everyone can read the
    thread. draft_id: the form's; one form makes at most one video. here: the channels that the member certainly can
    read, because they act there. names: the names that Discord sent along for the ids in the text.
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
        """The same member as a `Reader`."""
        return Reader(guild_id=self.guild_id, member_id=self.member_id, role_ids=self.role_ids, here=self.here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What a new version changes; None keeps the old value.

    image: another picture; picture: its width and height in pixels, where they are known; spoiler: it is a spoiler.
    end_image, end_spoiler: the same for the picture that the video ends with. sound, avoid, seed: as in `VideoOptions`.
    style: the name of a style; one of `NO_STYLE` goes on without one.

    nearest: with another model, a shape or a length that is kept becomes the nearest that the model makes, and a picture
    that it cannot start from is left out. where_able: what the model lacks of sound, avoid, seed and end_image is left out,
    although it is changed here.
    """

    prompt: str | None = field(default=None, repr=False)
    orientation: Orientation | None = None
    seconds: int | None = None
    model: str | None = None
    image: ReadImage | None = None
    picture: tuple[int, int] | None = None
    spoiler: bool = False
    end_image: ReadImage | None = None
    end_spoiler: bool = False
    sound: bool | None = None
    avoid: str | None = field(default=None, repr=False)
    seed: int | None = None
    style: str | None = None
    nearest: bool = False
    where_able: bool = False
