"""What the services need from the world: time, ids, the store, the video API, Discord, the media folder.

`Store` is the one that keeps the promises: each of its writes is one transaction, and each takes and leaves a consistent
picture. A write that finishes a claimed step names the claim and raises LostLease when that is no longer held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.generation import Generation, State, Video
from bot.domain.jobs import Downloaded, Format, JobStatus, ListedJob, Order, Outcome
from bot.domain.ledger import Resolution
from bot.domain.moderation import LogEvent
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
    """A lease on one generation or delivery: ours until `until` unless the process restarts."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The answer to an accept. fresh is False where this interaction had been accepted before."""

    generation: Generation
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a card shows beside the generation itself.

    place: 1 for the next to be sent, None once sent. expected_seconds: the usual time from submit to a finished video.
    delivery: the post of the result, once there is one. parent: the version it was made from.
    """

    place: int | None = None
    expected_seconds: float | None = None
    delivery: Delivery | None = None
    parent: "Version | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A generation as one of a family. delivery: the post of its result, once there is one."""

    generation: Generation
    delivery: Delivery | None = None

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
    """What an open form is about. generation_id: what a Remix starts from. pictures: addresses to choose an image from.

    image_gone: the version's own is nowhere to be had. prompt, orientation, seconds: what was filled in before, where the
    form is shown again.
    """

    id: str
    guild_id: str
    member_id: str
    made_at: datetime
    generation_id: str | None = None
    pictures: tuple[str, ...] = ()
    image_gone: bool = False
    prompt: str | None = None
    orientation: str | None = None
    seconds: int | None = None


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


class Store(Protocol):
    """The database, as use cases need it. Where its disk is full, a write raises Refusal `disk_full`."""

    async def accept(self, new: Generation, terms: Terms, *, now: datetime) -> Placed:
        """Check every limit that holds and reserve, in one transaction: rules, grants and windows are read inside it.

        Raises Refusal `quota` (details: use, a `Use`; amount; grants, what is left of them in that unit) or
        `too_many_open` (details: most). An interaction that was accepted before answers with that generation. With a
        parent it becomes the next version of that family.
        """
        ...

    async def generation(self, generation_id: str) -> Generation | None:
        """One generation, or None."""
        ...

    async def delivery_of(self, generation_id: str) -> Delivery | None:
        """The post of a generation's result, or None while there is none."""
        ...

    async def set_card(
        self,
        generation_id: str,
        *,
        message_id: str | None,
        image_url: str | None,
        image_until: datetime | None,
        shown: str,
        now: datetime,
    ) -> None:
        """The card is in the channel (or, with message_id None, could not be answered); the job may be submitted."""
        ...

    async def cardless(self) -> list[Generation]:
        """Every generation of which nobody knows whether its card was answered: before `void_leases`, at a start."""
        ...

    async def cancel(self, generation_id: str, *, now: datetime) -> Generation:
        """Cancel what is still reserved and give everything back. Raises IllegalTransition once it was sent."""
        ...

    async def standing(self, generation: Generation) -> Standing:
        """What the card of this generation shows beside it."""
        ...

    # Submitting

    async def claim_submit(self, claim: Claim, *, most: int, now: datetime) -> Generation | None:
        """The next reserved job in an order fair between members, now `submitting`; None while `most` are in flight."""
        ...

    async def record_submitted(
        self, generation_id: str, claim: Claim | None, status: JobStatus, *, due_at: datetime, now: datetime
    ) -> bool:
        """submitting or unknown → submitted: UniAll's id is stored before anything else happens.

        False, and in doubt (`unknown`), where another generation has this id already.
        """
        ...

    async def release_submit(
        self, generation_id: str, claim: Claim, *, hold: str | None, due_at: datetime, now: datetime
    ) -> None:
        """submitting → reserved: provably nothing was started; it waits until due_at, `hold` says for what."""
        ...

    async def record_unclear(self, generation_id: str, claim: Claim, *, now: datetime) -> None:
        """submitting → unknown: there is no proof either way."""
        ...

    async def unclear(self) -> list[Generation]:
        """Every unknown generation, the oldest first."""
        ...

    async def submitting(self, *, now: datetime) -> list[Generation]:
        """Every generation whose submit is under way; one whose lease has run out is nobody's and becomes unknown."""
        ...

    async def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """Those of these UniAll ids that a generation owns already."""
        ...

    # Polling and fetching

    async def claim_poll(self, claim: Claim, *, now: datetime) -> Generation | None:
        """The submitted job that has been due longest and that UniAll has not called done."""
        ...

    async def record_poll(
        self,
        generation_id: str,
        claim: Claim,
        *,
        progress: int | None,
        missing_since: datetime | None,
        due_at: datetime,
        now: datetime,
    ) -> None:
        """Still going: keep the progress and poll again at due_at."""
        ...

    async def record_rendered(self, generation_id: str, claim: Claim, *, video_url: str | None, now: datetime) -> None:
        """UniAll says done; the file is still to be fetched, from video_url or the API's own content address."""
        ...

    async def claim_fetch(self, claim: Claim, *, now: datetime) -> Generation | None:
        """The rendered job whose file has been due longest."""
        ...

    async def retry_fetch(self, generation_id: str, claim: Claim, *, video_url: str | None, due_at: datetime) -> None:
        """The file could not be had for now."""
        ...

    # Settling

    async def succeed(self, generation_id: str, claim: Claim, video: Video, *, delivery_id: str, now: datetime) -> None:
        """submitted → succeeded, reservation posted, delivery queued, in one transaction."""
        ...

    async def fail(
        self, generation_id: str, claim: Claim | None, *, fault: str, detail: str, resolution: Resolution, now: datetime
    ) -> None:
        """→ failed, reservation voided, in one transaction. With no claim: only from unknown."""
        ...

    # Delivering

    async def claim_delivery(self, claim: Claim, *, now: datetime) -> tuple[Delivery, Generation] | None:
        """The queued delivery that has been due longest, now `sending`."""
        ...

    async def record_sent(self, delivery_id: str, claim: Claim, posted: "Posted", *, now: datetime) -> None:
        """sending → sent, there."""
        ...

    async def retry_delivery(self, delivery_id: str, claim: Claim, *, due_at: datetime) -> None:
        """sending → queued."""
        ...

    async def give_up_delivery(self, delivery_id: str, claim: Claim, *, why: str, now: datetime) -> None:
        """sending → undeliverable: the file is kept."""
        ...

    async def requeue(self, generation_id: str, *, channel_id: str, now: datetime) -> bool:
        """undeliverable → queued, for another channel; False where the delivery stands anywhere else."""
        ...

    # Versions

    async def at_message(self, message_id: str) -> Version | None:
        """The generation whose result or card this message is."""
        ...

    async def newest_in(self, thread_id: str) -> Generation | None:
        """The newest version with words in a thread of a result, else that result; None where it is no such thread."""
        ...

    async def version(self, generation_id: str) -> Version | None:
        """One generation with its post."""
        ...

    async def versions(self, root_id: str) -> list[Version]:
        """A whole family in the order of its numbers."""
        ...

    async def history(self, guild_id: str, member_id: str, *, skip: int, limit: int) -> tuple[list[Version], int]:
        """A member's own in one server, newest first, and how many there are."""
        ...

    async def keep_draft(self, draft: Draft) -> None:
        """Keep a draft, or what was filled in since."""
        ...

    async def draft(self, draft_id: str) -> Draft | None:
        """A draft, or None once it is forgotten."""
        ...

    async def forget_drafts(self, *, made_before: datetime) -> None:
        """Forget old ones."""
        ...

    # Cards

    async def cards_due(self, *, now: datetime, limit: int) -> list[DueCard]:
        """Cards that may show something old: one for each channel, those of ended jobs first, then the longest due."""
        ...

    async def record_card(self, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime) -> None:
        """The card shows the digest `shown`. It is looked at again at again_at, or when the generation changes."""
        ...

    # Keeping files

    async def kept_for(self, generation_ids: Sequence[str]) -> dict[str, KeptFor]:
        """What became of these, by id; one that was never accepted is missing."""
        ...

    async def images_needed(self) -> set[str]:
        """The files of the reference images of every generation that has not ended."""
        ...

    async def hold_waiting(self, hold: str, *, now: datetime) -> int:
        """Every reserved job waits for `hold`, and its card says so; how many did not before."""
        ...

    async def let_go(self, hold: str, *, now: datetime) -> int:
        """Nothing waits for `hold` any more; how many did."""
        ...

    # Starting

    async def void_leases(self, *, now: datetime) -> None:
        """At the start of the one process: earlier leases are void.

        Every `submitting` becomes unknown, every `sending` queued; jobs whose card was never answered may proceed.
        """
        ...

    async def next_due(self, work: Work) -> datetime | None:
        """When the next piece of this work is due, maybe long ago; None while there is none."""
        ...

    async def get_value(self, name: str) -> str | None:
        """A small fact kept between runs, such as the digest of the synced commands."""
        ...

    async def set_value(self, name: str, value: str) -> None:
        """Keep a small fact."""
        ...


class Provider(Protocol):
    """The video API: `bot.uniall.UniAll`."""

    async def submit(self, order: Order) -> Outcome:
        """Send one paid job, at most once."""
        ...

    async def status(self, job_id: str, *, format: Format) -> JobStatus:  # noqa: A002 - the field's word
        """A job as it stands; raises ProviderError."""
        ...

    async def download(self, job: JobStatus, to: Path, *, format: Format) -> Downloaded:  # noqa: A002
        """A finished video into a file; raises ProviderError, or OSError where this disk is the trouble."""
        ...

    async def models(self) -> frozenset[str]:
        """The model ids this key may use; raises ProviderError."""
        ...

    async def recent(self) -> list[ListedJob] | None:
        """The newest jobs of this key; None where this API cannot list them; raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaller:
    """What is told of a copy that was shrunk to what its place takes. original: where the video as it was made is."""

    original: str | None


class Messenger(Protocol):
    """Discord, by channel and message id; never by an interaction's token, which dies after 15 minutes."""

    async def post_result(self, generation: Generation, delivery: Delivery, file: Path) -> "Posted":
        """Post the video, or find that an earlier attempt did. Raises PostError.

        Where the thread it was asked in is locked or gone, it is posted in the thread's channel.
        """
        ...

    async def post_smaller(self, generation: Generation, delivery: Delivery, file: Path, smaller: Smaller) -> "Posted":
        """Post a copy that was shrunk, and say so; else as `post_result`."""
        ...

    def upload_limit(self, generation: Generation) -> int:
        """The largest file, in bytes, that the place of this generation is said to take; it may take less."""
        ...

    async def post_link(self, generation: Generation, delivery: Delivery, link: str) -> "Posted":
        """Post where the video is, for a place that takes no file so large; else as `post_result`."""
        ...

    async def edit_card(self, generation: Generation, standing: Standing, shown: str) -> str:
        """Bring the card up to date unless it shows just that; answers the digest of what it shows. Raises PostError."""
        ...

    async def find_card(self, generation: Generation) -> "tuple[str, str | None] | None":
        """The id and image of a card whose id was lost on its way to the store; None where there is none to be seen."""
        ...

    async def image_url(self, generation: Generation) -> str | None:
        """A fresh public address of the reference image, from the card; None where the card or image is gone."""
        ...

    async def image_data(self, generation: Generation) -> bytes | None:
        """The reference image itself, from the card; None where the card or image is gone. Raises PostError."""
        ...

    async def picture(self, address: str) -> bytes | None:
        """A file of Discord's by its address; None where it is gone. Raises PostError."""
        ...

    async def open_thread(self, channel_id: str, guild_id: str, message_id: str, name: str) -> str:
        """Open a thread on a message, or find the one that it has; answers its id. Raises PostError."""
        ...

    async def post_log(self, channel_id: str, event: LogEvent) -> None:
        """Say something in a server's log channel; never raises."""
        ...

    async def delete_message(self, channel_id: str, guild_id: str, message_id: str) -> None:
        """Delete a message of ours; one that is gone already is fine. Raises PostError."""
        ...

    async def tell_operator(self, text: str) -> None:
        """Say something in the operator's channel, if there is one; never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a result is: its channel may be another than the one it was meant for."""

    message_id: str
    channel_id: str


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
        """A kept image as PNG of exactly `size` ("1280x720"); raises OSError where it is gone."""
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

    async def check_video(self, path: Path) -> None:
        """Raises ProviderError RESULT_UNUSABLE where the file is no video, or not all of one."""
        ...
