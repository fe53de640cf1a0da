"""A generation: one video that a member requested, from the reservation of their quota to its end.

    reserved ──▶ submitting ──▶ submitted ──▶ succeeded
      │  ▲           │  │           └───────▶ failed
      │  └───────────┘  ├─▶ failed
      ├─▶ cancelled     └─▶ unknown ──▶ submitted | failed
      └─▶ failed

The state `submitting` is stored before the request is sent. If the process dies there, UniAll may or may not bill the
job, so the next start sets it to `unknown`, and the bot never sends it again by itself. `submitting → reserved`
happens only with proof that UniAll started nothing. A generation succeeds when its checked file is in the media
folder, and not earlier.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.domain.errors import IllegalTransition
from bot.domain.provider import Format
from bot.domain.requests.origins import NOTHING_TAKEN, Origins
from bot.domain.requests.styles import Style, with_style


class State(StrEnum):
    """The state of a generation."""

    RESERVED = "reserved"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.RESERVED: frozenset({State.SUBMITTING, State.CANCELLED, State.FAILED}),
        State.SUBMITTING: frozenset({State.SUBMITTED, State.FAILED, State.RESERVED, State.UNKNOWN}),
        State.UNKNOWN: frozenset({State.SUBMITTED, State.FAILED}),
        State.SUBMITTED: frozenset({State.SUCCEEDED, State.FAILED}),
        State.SUCCEEDED: frozenset(),
        State.FAILED: frozenset(),
        State.CANCELLED: frozenset(),
    }
)

ENDED = frozenset(state for state, following in TRANSITIONS.items() if not following)
OPEN = frozenset(State) - ENDED


def step(old: State, new: State) -> State:
    """Return the new state. Raises IllegalTransition where the table has no such transition."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"a generation cannot go from {old} to {new}")
    return new


# A step is given up after failing for this long. Time in which nothing could be tried does not count.
TRIED_FOR = timedelta(hours=24)


def soft_deadline(seconds: int) -> timedelta:
    """How long a clip of so many seconds usually takes at UniAll, at most. A job past it no longer counts as in flight."""
    return max(timedelta(minutes=10), 30 * timedelta(seconds=seconds))


class Orientation(StrEnum):
    """The shape of a video."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"
    FOUR_BY_THREE = "4:3"
    THREE_BY_FOUR = "3:4"

    @property
    def ratio(self) -> str:
        """The aspect ratio as UniAll writes it."""
        return _RATIOS[self]


_RATIOS: Mapping[Orientation, str] = MappingProxyType(
    {
        Orientation.LANDSCAPE: "16:9",
        Orientation.PORTRAIT: "9:16",
        Orientation.SQUARE: "1:1",
        Orientation.FOUR_BY_THREE: "4:3",
        Orientation.THREE_BY_FOUR: "3:4",
    }
)


class Reason(StrEnum):
    """Why a generation ended without a video, apart from what UniAll itself may return (`jobs.Fault`)."""

    MODEL_WITHDRAWN = "model_withdrawn"
    IMAGE_GONE = "image_gone"
    UNCLEAR = "unclear"  # the submit got no response, and UniAll's list has no such job
    LOST = "lost"  # UniAll no longer knows the job
    TIMED_OUT = "timed_out"
    WAITED_TOO_LONG = "waited_too_long"
    SERVER_LEFT = "server_left"  # the bot was removed from the server, or the operator no longer allows that server


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A member's reference image, checked and stored in the media folder as `file`.

    url: the card's attachment, where UniAll can fetch the image. url_until: when that address expires, if known.
    kept: the image was taken over from the parent version. spoiler: it was uploaded as a spoiler and is shown as one.
    """

    file: str
    media_type: str
    url: str | None = None
    url_until: datetime | None = None
    kept: bool = False
    spoiler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A finished, checked file in the media folder. size: bytes."""

    file: str
    size: int
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One row of the state machine above. Discord's ids are text; the price is in micro-dollars and fixed at accept.

    due_at: when the next step may start. hold: why a reserved job waits although it is its turn.
    sent_there: when its submit began, by UniAll's clock, if that is known. doubted_at: since when that submit is in doubt;
    None where it is not, or where that began at some time after the submit.
    tried: how long the present step has failed so far, without the time in which the bot did not run or the other side
    could not be reached. overdue: past its soft deadline, so it takes no place in flight.
    rendered_at: when UniAll reported it done; the file may not be downloaded yet. video_url: its address at UniAll.
    fault: a `jobs.Fault` or `Reason` once it failed.
    parent_id: the version this one was made from. root_id: the first version of its family; for that one, its own id.
    version: its number in the family. draft_id: the form it was requested with.
    parent_channel_id: the channel of the thread in which it was requested; for a private thread, the thread's own id,
    so that nothing of it is posted where others can read it.
    locale: Discord's name for the language of its card and its result.
    end_image: the picture that the video ends with. shape_from_image: the model gives the video the shape of its picture,
    whatever `orientation` is. sound: whether sound was asked for; None where nothing was said. avoid: what the video must
    not show. seed: where the model starts from. estimate: the price is an estimate, above what is usually billed.
    continues_id: the version whose last frame is its picture. joined: the numbers of the versions that it consists of, in
    order; such a one was made here, from their videos (`bot.domain.versions.joins`), and holds no quota. Otherwise empty.
    style: the server's style as it was at accept; origins: where that came from which nobody typed.
    prompt_expired: its words and pictures are older than they are kept; where they were deleted, it is False.
    """

    id: str
    interaction_id: str
    guild_id: str
    channel_id: str
    member_id: str
    prompt: str = field(repr=False)
    family: str
    model: str
    format: Format
    orientation: Orientation
    seconds: int
    price_micros: int
    state: State
    accepted_at: datetime
    due_at: datetime
    image: Image | None = None
    submitting_at: datetime | None = None
    submitted_at: datetime | None = None
    rendered_at: datetime | None = None
    finished_at: datetime | None = None
    missing_since: datetime | None = None
    sent_there: datetime | None = None
    doubted_at: datetime | None = None
    tried: timedelta = timedelta(0)
    overdue: bool = False
    attempts: int = 0
    job_id: str | None = None
    progress: int | None = None
    video_url: str | None = None
    video: Video | None = None
    fault: str | None = None
    hold: str | None = None
    card_message_id: str | None = None
    parent_id: str | None = None
    root_id: str = ""
    version: int = 1
    parent_channel_id: str | None = None
    locale: str = "en-US"
    draft_id: str | None = None
    end_image: Image | None = None
    shape_from_image: bool = False
    sound: bool | None = None
    avoid: str | None = field(default=None, repr=False)
    seed: int | None = None
    estimate: bool = False
    continues_id: str | None = None
    joined: tuple[int, ...] = ()
    style: Style | None = None
    origins: Origins = NOTHING_TAKEN
    prompt_expired: bool = False

    @property
    def sent_prompt(self) -> str:
        """The prompt as it is sent: with the text of the style."""
        return with_style(self.prompt, self.style)
