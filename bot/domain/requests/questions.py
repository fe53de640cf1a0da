"""A question before a video is made: its price was not shown before, and it is dear or takes the last of a limit.

    open ──▶ made        the job is accepted; both are one transaction
         ├─▶ cancelled
         └─▶ over        nobody answered for five minutes

Nothing is held while it is open. Its age is counted between two Discord ids, so that no clock of this machine matters.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.requests.request import Edits

DEAR = 2_000_000  # micro-dollars; a video that costs more is asked about
OPEN_FOR = timedelta(minutes=5)
_EPOCH_MS = 1_420_070_400_000  # the beginning of 2015, from which Discord's ids count


class QuestionState(StrEnum):
    """The state of a question."""

    OPEN = "open"
    MADE = "made"
    CANCELLED = "cancelled"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is made once its author says so. The edits are empty once it is answered.

    ask_id: the message or interaction that asked for the video. generation_id: the version that it goes on from. edits:
    the changes, without the pictures themselves; picture, end_picture: their addresses at Discord. new_take: as in
    `Iteration.make`. price_micros: the price that it shows, which the video may not exceed. asked_at: by Discord's clock.
    message_id: the question's own message, where everybody sees it and its id is known.
    """

    id: str
    ask_id: str
    guild_id: str
    channel_id: str
    member_id: str
    generation_id: str
    edits: Edits
    picture: str | None = field(default=None, repr=False)
    end_picture: str | None = field(default=None, repr=False)
    new_take: bool = False
    price_micros: int
    locale: str
    asked_at: datetime
    state: QuestionState = QuestionState.OPEN
    message_id: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over. now: by Discord's clock."""
        return self.state is QuestionState.OVER or now - self.asked_at > OPEN_FOR


def time_of(snowflake: str) -> datetime:
    """When Discord assigned an id, by its own clock."""
    return datetime.fromtimestamp(((int(snowflake) >> 22) + _EPOCH_MS) / 1000, UTC)
