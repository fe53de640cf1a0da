"""A delivery: one finished video on its way to a channel.

    queued ──▶ sending ──▶ sent
      ▲           │  └───▶ undeliverable
      └───────────┘  (undeliverable ──▶ queued, when its author asks for it in another place; likewise sent ──▶ queued,
                      where the channel or thread with the post has been deleted; queued or undeliverable ──▶ sent,
                      when somebody presses a button of the post that nobody had recorded)

`sending` is stored before the post, and so is the place (`Try`). A process that dies there leaves a post that may or may
not be visible: the next attempt first looks into every such place for its own message and only then posts, with the same
nonce. Where it may not look it does not post: its author is told, and decides.
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
        DeliveryState.QUEUED: frozenset({DeliveryState.SENDING, DeliveryState.SENT}),
        DeliveryState.SENDING: frozenset({DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.UNDELIVERABLE}),
        DeliveryState.SENT: frozenset({DeliveryState.QUEUED}),
        DeliveryState.UNDELIVERABLE: frozenset({DeliveryState.QUEUED, DeliveryState.SENT}),
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
    log; what members read of it is `bot.domain.result_status`. asked_id: the interaction that asked for it in another place than
    the first.
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
    asked_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A place where a post may be that nobody has seen: stored before the post, and gone once that is settled.

    delivery_id: of the nonce that it was tried with. after_id: an id of Discord's that every such post is newer than, so
    that a look needs no clock. first_at, last_at: of the tries, by Discord's clock, where that was known. waived: its
    author was told that there may be a post which cannot be looked for, and wants another all the same.
    """

    delivery_id: str
    channel_id: str
    after_id: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    waived: bool = False
