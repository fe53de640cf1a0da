"""A generation: one video a member asked for, from the reservation of their quota to its end.

    reserved ──▶ submitting ──▶ submitted ──▶ succeeded
      │  ▲           │  │           └───────▶ failed
      │  └───────────┘  ├─▶ failed
      ├─▶ cancelled     └─▶ unknown ──▶ submitted | failed
      └─▶ failed

The intent (`submitting`) is stored before the request leaves; a process that dies there leaves a row whose job may or may
not be billed, so at the next start it becomes `unknown` and is never sent again by itself. `submitting → reserved` happens
only on proof that nothing was started. A generation succeeds when its checked file lies in the media folder, no sooner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.domain.errors import IllegalTransition
from bot.domain.jobs import Format


class State(StrEnum):
    """Where a generation stands."""

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
    """The new state, or IllegalTransition where the table has no such step."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"a generation cannot go from {old} to {new}")
    return new


# A step is given up once it has really been tried for so long; time in which nothing could be tried does not count.
TRIED_FOR = timedelta(hours=24)


def soft_deadline(seconds: int) -> timedelta:
    """How long a clip of so many seconds may usually take at UniAll; what takes longer no longer counts as in flight."""
    return max(timedelta(minutes=10), 30 * timedelta(seconds=seconds))


class Orientation(StrEnum):
    """The shape of a video."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"

    @property
    def ratio(self) -> str:
        """The aspect ratio as UniAll writes it."""
        return "16:9" if self is Orientation.LANDSCAPE else "9:16"


class Reason(StrEnum):
    """Why a generation ended without a video, beyond what UniAll itself may answer (`jobs.Fault`)."""

    MODEL_WITHDRAWN = "model_withdrawn"
    IMAGE_GONE = "image_gone"
    UNCLEAR = "unclear"  # no answer to the submit, and no such job in UniAll's list
    LOST = "lost"  # UniAll no longer knows the job
    TIMED_OUT = "timed_out"
    WAITED_TOO_LONG = "waited_too_long"
    SERVER_LEFT = "server_left"  # the bot was removed from its server, or the operator serves that one no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A member's reference image, checked, kept in the media folder under `file`.

    url: where UniAll can fetch it (the card's attachment), url_until: when that address expires, where known. kept: it is
    the parent version's own. spoiler: it came covered, and is shown covered.
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
    """One row of the life described above. Discord's ids are text; price is in micro-dollars, fixed at accept.

    due_at: when the next step may be taken. hold: why a reserved job waits although it is its turn.
    sent_there: when its submit began, by UniAll's own clock, where that was known. tried: for how long its present step has
    been tried in vain, without the time in which the bot did not run or nobody could be asked. overdue: past its soft
    deadline, and in nobody's way any more.
    rendered_at: when UniAll said it is done; the file may still be on its way. video_url: where UniAll has it.
    fault: a `jobs.Fault` or `Reason` once failed.
    parent_id: the version this one was made from; root_id: the first of its family, its own id for that one itself.
    version: its number in the family. parent_channel_id: the channel of the thread it was asked in; for a private thread
    that itself, so that nothing of it goes where everybody reads. locale: Discord's name of the language its card and its
    result speak. draft_id: the form it was asked with.
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
