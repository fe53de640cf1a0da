"""What the services need from the world beside the store: time, ids, the video API, the media folder."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.generation import Generation, State
from bot.domain.jobs import Downloaded, Format, JobStatus, ListedJob, Order, Outcome
from bot.domain.quota import Limit


class Clock(Protocol):
    """Time as a port, so that tests can move it."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


class Ids(Protocol):
    """Fresh ids, at most 25 characters (Discord's nonce), sortable by time, not guessable."""

    def new(self) -> str:
        """One more id."""
        ...


class Work(StrEnum):
    """What the loops do; each claims its own kind of row."""

    SUBMIT = "submit"
    POLL = "poll"
    FETCH = "fetch"
    DELIVER = "deliver"
    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lease on one generation or delivery: ours until `until` unless the process restarts.

    at, until: on the steady clock of this process, which no change of the time of day moves. Without `at`, the `now` of the
    claiming call is it.
    """

    owner: str
    until: datetime
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The answer to an accept. fresh is False where this interaction, or its form, had been accepted before."""

    generation: Generation
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a card shows beside the generation itself.

    place: 1 for the next to be sent, None once sent. expected_seconds: the usual time from submit to a finished video.
    delivery: the post of the result, once there is one. parent: the version it was made from, hidden unless everybody who
    reads the card can read it.
    """

    place: int | None = None
    expected_seconds: float | None = None
    delivery: Delivery | None = None
    parent: "Version | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A generation as one of a family. delivery: the post of its result, once there is one.

    elsewhere: whoever sees this may not read it, and nothing is left in it that says what it is (`reading.hidden`).
    """

    generation: Generation
    delivery: Delivery | None = None
    elsewhere: bool = False

    @property
    def link(self) -> str | None:
        """Where its video is, or else its card; None where neither can be seen."""
        of, post = self.generation, self.delivery
        if post and post.message_id:
            return f"https://discord.com/channels/{of.guild_id}/{post.channel_id}/{post.message_id}"
        if of.card_message_id:
            return f"https://discord.com/channels/{of.guild_id}/{of.channel_id}/{of.card_message_id}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an open form is about. generation_id: what a Remix starts from. pictures: addresses to choose an image from;
    covered: those of them that are spoilers. image_gone: the version's own is nowhere to be had.

    The rest is what was filled in before, where the form is shown again; picture: the number of the chosen one; no_image: to
    go on without the version's own; image_lost: a file was added, which no form can bring back.
    """

    id: str
    guild_id: str
    member_id: str
    made_at: datetime
    generation_id: str | None = None
    pictures: tuple[str, ...] = ()
    covered: frozenset[str] = frozenset()
    image_gone: bool = False
    prompt: str | None = field(default=None, repr=False)
    orientation: str | None = None
    seconds: int | None = None
    model: str | None = None
    picture: int = 0
    no_image: bool = False
    image_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCard:
    """A card that may be out of date. shown: the digest of what it shows; revision: of the generation as read."""

    generation: Generation
    shown: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a job is accepted under, beside the server's own rules. most_open: jobs of one member, unless configured."""

    role_ids: frozenset[str] = frozenset()
    default: tuple[Limit, ...] = ()
    budget: tuple[Limit, ...] = ()
    most_open: int = 25


class Part(StrEnum):
    """What a file in the media folder is to its generation; made: from the others, or on its way to becoming one."""

    VIDEO = "video"
    IMAGE = "image"
    MADE = "made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file in the media folder, as the disk says."""

    name: str
    generation_id: str
    part: Part
    size: int
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """All of our files in the media folder. In bytes: the most they may take, what its disk has left, and must have."""

    files: tuple[Kept, ...]
    most: int
    free: int
    reserve: int

    @property
    def size(self) -> int:
        """What they take."""
        return sum(file.size for file in self.files)

    @property
    def lacking(self) -> int:
        """How many bytes must go; none where there is room."""
        return max(0, self.size - self.most, self.reserve - self.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFor:
    """What became of a generation whose files are kept. at: when it was posted, else ended, else accepted."""

    state: State
    delivery: DeliveryState | None
    at: datetime


class Provider(Protocol):
    """The video API: `bot.uniall.UniAll`."""

    async def submit(self, order: Order) -> Outcome:
        """Send one paid job, at most once."""
        ...

    async def status(self, job_id: str, *, format: Format) -> JobStatus:  # noqa: A002 - the field's word
        """A job as it stands; raises ProviderError."""
        ...

    async def download(
        self,
        job: JobStatus,
        to: Path,
        *,
        format: Format,  # noqa: A002
        check: Callable[[Path], Awaitable[object]] | None = None,
    ) -> Downloaded:
        """A finished video into a file; raises ProviderError, or OSError where this disk is the trouble.

        `check` looks at a whole file, under another name, and raises ProviderError where it is no video: then the job's
        next link is tried.
        """
        ...

    async def may_share(self, link: str) -> bool:
        """Whether whoever reads this link could open it, for a while yet; raises ProviderError where that is not known now."""
        ...

    async def models(self) -> frozenset[str]:
        """The model ids this key may use; raises ProviderError."""
        ...

    async def recent(self) -> list[ListedJob] | None:
        """The newest jobs of this key; None where this API cannot list them; raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedImage:
    """An image that may be shown and sent. suffix: the ending its file name should have, without a dot."""

    data: bytes
    media_type: str
    suffix: str


class MediaFolder(Protocol):
    """The folder of finished videos and reference images."""

    def video_path(self, generation_id: str) -> Path:
        """Where a generation's video is or will be."""
        ...

    def path(self, name: str) -> Path:
        """A kept file by its name."""
        ...

    async def check_image(self, data: bytes) -> CheckedImage:
        """The image, upright and bounded; raises Refusal."""
        ...

    async def read(self, name: str) -> bytes:
        """All of a kept image; raises OSError where it is gone."""
        ...

    async def keep_image(self, name: str, data: bytes) -> None:
        """Keep a checked image under `name`, on the disk before this returns; raises OSError, and then keeps nothing."""
        ...

    async def fit_image(self, name: str, size: str) -> Path:
        """A kept image as PNG of exactly `size` ("1280x720"); raises OSError where it is gone or no image, EAGAIN where this
        machine is the trouble."""
        ...

    async def discard(self, name: str) -> None:
        """Forget a file that nothing refers to."""
        ...

    async def shrink(self, name: str, room: int) -> Path | None:
        """A copy of a kept video that has at most `room` bytes, an earlier one where it fits; None where there can be none.

        Raises OSError where the disk or this machine is the trouble.
        """
        ...

    async def drop_smaller(self, name: str) -> None:
        """Forget the smaller copy of a video."""
        ...

    async def stock(self) -> Stock:
        """What is there; raises OSError."""
        ...

    async def remove(self, names: Sequence[str]) -> None:
        """Remove just these files; one that is gone, or that the disk does not let go, is passed over."""
        ...

    async def try_writing(self, size: int) -> None:
        """Raises OSError where the disk does not take so many bytes."""
        ...

    async def check_video(self, path: Path) -> float:
        """How many seconds of picture a video has. Raises ProviderError RESULT_UNUSABLE where the file is no video, or not all
        of one; OSError where the disk or this machine is the trouble."""
        ...
