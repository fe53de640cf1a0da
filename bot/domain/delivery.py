"""A delivery: one finished video on its way to a channel.

    queued ──▶ sending ──▶ sent
      ▲           │  └───▶ undeliverable
      └───────────┘  (undeliverable ──▶ queued, when its author asks for it in another place; likewise sent ──▶ queued,
                      where the channel or thread with the post has been deleted)

`sending` is stored before the post. A process that dies there leaves a row that may or may not be visible: the next
attempt first looks in the channel for its own message and only then posts, with the same nonce.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.domain.errors import IllegalTransition

# Why a delivery is undeliverable, where its card has words of its own for that. A reason may begin so, or be just that.
TOO_LARGE = "too_large"
LOST = "lost"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = MappingProxyType(
    {
        DeliveryState.QUEUED: frozenset({DeliveryState.SENDING}),
        DeliveryState.SENDING: frozenset({DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.UNDELIVERABLE}),
        DeliveryState.SENT: frozenset({DeliveryState.QUEUED}),
        DeliveryState.UNDELIVERABLE: frozenset({DeliveryState.QUEUED}),
    }
)


def step(old: DeliveryState, new: DeliveryState) -> DeliveryState:
    """The new state, or IllegalTransition where the table has no such step."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"a delivery cannot go from {old} to {new}")
    return new


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The post of one generation's video. `id` is also the nonce (Discord: at most 25 characters).

    attempts counts the posts begun, this one included: above 1, an earlier one may be visible already. tried: for how long
    it has been tried in vain, without the time in which nothing could be posted. why: of one that is undeliverable, for a
    log; `LOST`, or what begins with `TOO_LARGE`, is told.
    """

    id: str
    generation_id: str
    channel_id: str
    state: DeliveryState
    attempts: int
    queued_at: datetime
    tried: timedelta = timedelta(0)
    message_id: str | None = None
    why: str | None = None

    @property
    def too_large(self) -> bool:
        """Whether its place takes none so large."""
        return self.state is DeliveryState.UNDELIVERABLE and (self.why or "").startswith(TOO_LARGE)

    @property
    def lost(self) -> bool:
        """Whether there is no video any more."""
        return self.state is DeliveryState.UNDELIVERABLE and self.why == LOST
