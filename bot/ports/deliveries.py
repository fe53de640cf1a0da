"""Finished videos on their way to a channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.claims import Claim
from bot.domain.delivery import Delivery, Try
from bot.domain.generation import Generation
from bot.domain.posts import PostedMessage


class DeliveryQueue(Protocol):
    """Deliveries, and every place that a post was tried in."""

    async def delivery_of(self, generation_id: str) -> Delivery | None:
        """The post of a generation's result, or None while there is none."""
        ...

    async def claim_delivery(self, claim: Claim, *, now: datetime) -> tuple[Delivery, Generation] | None:
        """The queued delivery that has been due longest, now `sending`."""
        ...

    async def record_sent(self, delivery_id: str, claim: Claim, posted: PostedMessage, *, now: datetime) -> None:
        """sending → sent, there."""
        ...

    async def retry_delivery(
        self, delivery_id: str, claim: Claim, *, due_at: datetime, now: datetime, tried: timedelta = timedelta(0)
    ) -> None:
        """sending → queued. tried: see `record_poll`."""
        ...

    async def give_up_delivery(self, delivery_id: str, claim: Claim, *, why: str, now: datetime) -> None:
        """sending → undeliverable: the file is kept."""
        ...

    async def tries(self, generation_id: str) -> list[Try]:
        """Where the post of a generation may be although nobody has seen it, the oldest try first."""
        ...

    async def record_try(self, claim: Claim, tried: Try) -> None:
        """A post goes there next. A place that was tried under the same id before keeps since when."""
        ...

    async def settle_tries(self, delivery_id: str, claim: Claim, settled: Sequence[Try]) -> None:
        """In these places there is no post: they were looked into, or Discord refused it."""
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
        """undeliverable → queued, for another channel; False where the delivery stands anywhere else.

        delivery_id: a new id, and so a new nonce. asked_id: the interaction that asked. waived: see `Try`.
        """
        ...

    async def post_again(
        self, generation_id: str, *, delivery_id: str, channel_id: str, now: datetime, asked_id: str | None = None
    ) -> bool:
        """sent → queued, for another channel, under a new id: the place of the post is gone. False where it is not sent."""
        ...

    async def adopt_post(self, generation_id: str, posted: PostedMessage, *, now: datetime) -> bool:
        """queued or undeliverable → sent: somebody has seen the post. False where the delivery stands anywhere else."""
        ...
