"""A delivery: one finished video on its way to a channel.

    queued ──▶ sending ──▶ sent
      ▲           │  └───▶ undeliverable
      └───────────┘

Three more transitions start from outside the worker. `undeliverable → queued`: the author requests the post in another
place. `sent → queued`: likewise, after the channel or thread of the post was deleted. `queued | undeliverable → sent`:
a member presses a button of a post that was never recorded.

Before each post, the state `sending` and the channel (`Try`) are stored. If the process dies there, the post may or
may not be visible. So the next attempt first searches every such channel for its own message; only then does it post,
with the same nonce. Where the bot may not search, it does not post: its author is told, and decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.domain.errors import IllegalTransition

# Reasons for which the card of an undeliverable delivery has its own text. A reason equals one of these or starts with it.
TOO_LARGE = "too_large"
LOST = "lost"
PART_REMOVED = "part_removed"  # of a joined video: it goes with any of its parts
REMOVED = "removed"  # a moderator removed the video before it was posted


class DeliveryState(StrEnum):
    """The state of a delivery."""

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
    """Return the new state. Raises IllegalTransition where the table has no such transition."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"a delivery cannot go from {old} to {new}")
    return new


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The post of one generation's video. `id` is also the nonce (Discord: at most 25 characters).

    attempts: the number of posts begun, this one included; above 1, an earlier post may be visible already. tried: how
    long it has failed so far, without the time in which nothing could be posted. why: the reason of an undeliverable
    one, for the log; members read `bot.domain.messages.result_status` instead. asked_id: the interaction that requested it in
    another channel than the first.
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
    """A channel that may contain a post which is not confirmed: stored before the post, deleted once its outcome is known.

    delivery_id: the nonce of the post. after_id: a Discord id that is older than every such post, so that a search
    needs no clock. first_at, last_at: when the first and last attempt began, by Discord's clock, if known. waived: the
    author was told that there may be a post which cannot be searched for, and wants another one anyway.
    """

    delivery_id: str
    channel_id: str
    after_id: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    waived: bool = False
