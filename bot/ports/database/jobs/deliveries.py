"""The queue of finished videos on their way to a channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery, Try
from bot.domain.messages.posts import PostedMessage
from bot.domain.queue.claims import Claim


class DeliveryQueue(Protocol):
    """Deliveries, and every channel in which a post was tried."""

    async def delivery_of(self, generation_id: str) -> Delivery | None:
        """The delivery of a generation's result, or None while there is none."""
        ...

    async def claim_delivery(self, claim: Claim, *, now: datetime) -> tuple[Delivery, Generation] | None:
        """Claim the queued delivery that has been due longest, and set it to `sending`."""
        ...

    async def record_sent(self, delivery_id: str, claim: Claim, posted: PostedMessage, *, now: datetime) -> None:
        """sending → sent, as this message."""
        ...

    async def retry_delivery(
        self, delivery_id: str, claim: Claim, *, due_at: datetime, now: datetime, tried: timedelta = timedelta(0)
    ) -> None:
        """sending → queued. tried: see `PollQueue.retry_fetch`."""
        ...

    async def give_up_delivery(self, delivery_id: str, claim: Claim, *, why: str, now: datetime) -> None:
        """sending → undeliverable. The file stays in the media folder."""
        ...

    async def tries(self, generation_id: str) -> list[Try]:
        """The channels that may contain an unconfirmed post of this generation, the oldest try first."""
        ...

    async def record_try(self, claim: Claim, tried: Try) -> None:
        """Record that a post to this channel is about to begin.

        A channel that was tried before with the same id keeps its first_at.
        """
        ...

    async def settle_tries(self, delivery_id: str, claim: Claim, settled: Sequence[Try]) -> None:
        """Record that these channels contain no post: they were searched, or Discord refused the post."""
        ...

    async def requeue(
        self,
        generation_id: str,
        *,
        channel_id: str,
        now: datetime,
        delivery_id: str | None = None,
        asked_id: str | None = None,
        waived: Sequence[Try] = (),
    ) -> bool:
        """undeliverable → queued, for another channel. False where the delivery is in any other state.

        delivery_id: a new id, and so a new nonce. asked_id: the interaction that requested it. waived: see `Try`.
        """
        ...

    async def post_again(
        self, generation_id: str, *, delivery_id: str, channel_id: str, now: datetime, asked_id: str | None = None
    ) -> bool:
        """sent → queued, for another channel, with a new id: the channel of the post was deleted.

        False where it is not sent.
        """
        ...

    async def adopt_post(self, generation_id: str, posted: PostedMessage, *, now: datetime) -> bool:
        """queued or undeliverable → sent: a member pressed a button of the post.

        False where the delivery is in any other state.
        """
        ...
