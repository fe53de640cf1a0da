"""Claiming a finished video for its post, and what became of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.domain.delivery import Delivery, DeliveryState, step
from bot.domain.errors import LostLease
from bot.domain.generation import Generation
from bot.domain.messaging import Posted
from bot.domain.ports import Claim
from bot.storage import rows
from bot.storage.database import DUE, Database, Writing, gap_ms, length_ms, to_ms
from bot.storage.database import rows as fetch
from bot.storage.requests import CARD_GRACE_MS, NO_LONGER_NEW

OPEN = "state IN ('queued', 'sending')"  # word for word as in the index over these few rows

# A generation that is older than the backup it came back from may have been posted since: its delivery starts with one
# attempt behind it, so that the messenger looks in the channel first. The value is bound: when it was accepted.
RESTORED_AT = "restored_at"
POSTED_BEFORE = f"(SELECT count(*) FROM value WHERE name = '{RESTORED_AT}' AND CAST(value AS INTEGER) >= ?)"


class Deliveries:
    """The part of the store behind the posts."""

    db: Database

    async def claim_delivery(self, claim: Claim, *, now: datetime) -> tuple[Delivery, Generation] | None:
        """See `Store.claim_delivery`. A crash after this leaves `sending`: looked for in the channel, then posted.

        So does a task that died alone: once its lease is over, its delivery is claimed like a queued one. A video that is
        quicker than its card waits for it a little, so that it can reply to it.
        """

        async def work(writing: Writing) -> tuple[Delivery, Generation] | None:
            found = await fetch(
                writing,
                "UPDATE delivery SET state = 'sending', attempts = attempts + 1, lease_owner = :owner,"
                f" lease_until = :until WHERE id = (SELECT id FROM delivery WHERE {OPEN} AND {DUE}"
                " AND (lease_until IS NULL OR lease_until <= :leases_at) AND EXISTS (SELECT 1 FROM generation"
                f" WHERE generation.id = generation_id AND (card_answered = 1 OR {NO_LONGER_NEW}))"
                " ORDER BY due_at LIMIT 1) RETURNING *",
                {
                    "owner": claim.owner,
                    "until": to_ms(claim.until),
                    "now": to_ms(now),
                    "leases_at": to_ms(claim.at or now),
                    "grace": CARD_GRACE_MS,
                },
            )
            if not found:
                return None
            [of] = await fetch(writing, "SELECT * FROM generation WHERE id = ?", (found[0]["generation_id"],))
            return rows.delivery(found[0]), rows.generation(of)

        return await self.db.write(work)

    async def delivery_of(self, generation_id: str) -> Delivery | None:
        """The post of a generation's result, or None while there is none."""
        found = await self.db.read("SELECT * FROM delivery WHERE generation_id = ?", (generation_id,))
        return rows.delivery(found[0]) if found else None

    async def record_sent(self, delivery_id: str, claim: Claim, posted: Posted, *, now: datetime) -> None:
        """sending → sent; the card may now be closed."""
        columns = {"message_id": posted.message_id, "channel_id": posted.channel_id, "sent_at": to_ms(now)}
        await self._leave(delivery_id, claim, DeliveryState.SENT, columns, to_ms(now))

    async def retry_delivery(
        self, delivery_id: str, claim: Claim, *, due_at: datetime, now: datetime, tried: timedelta = timedelta(0)
    ) -> None:
        """sending → queued."""
        columns = {"due_at": to_ms(due_at), "gap_ms": gap_ms(due_at, now)}
        await self._leave(delivery_id, claim, DeliveryState.QUEUED, columns, None, tried=tried)

    async def give_up_delivery(self, delivery_id: str, claim: Claim, *, why: str, now: datetime) -> None:
        """sending → undeliverable: the file is kept."""
        await self._leave(delivery_id, claim, DeliveryState.UNDELIVERABLE, {"why": why[:500]}, to_ms(now))

    async def requeue(self, generation_id: str, *, channel_id: str, now: datetime) -> bool:
        """See `Store.requeue`. The attempts stay, so that the next one looks in the channel first."""

        async def work(writing: Writing) -> bool:
            found = await fetch(
                writing,
                "UPDATE delivery SET state = 'queued', channel_id = ?, queued_at = ?, due_at = ?, gap_ms = 0, tried_ms = 0,"
                " why = NULL"
                " WHERE generation_id = ? AND state = 'undeliverable'"
                " AND NOT EXISTS (SELECT 1 FROM generation WHERE id = generation_id AND forget = 1) RETURNING id",
                (channel_id, to_ms(now), to_ms(now), generation_id),
            )
            return bool(found)

        return await self.db.write(work)

    async def post_again(self, generation_id: str, *, delivery_id: str, channel_id: str, now: datetime) -> bool:
        """See `Store.post_again`. The id is the nonce: under the old one Discord would answer with the post that is gone. Of the
        new one nothing can be visible yet."""

        async def work(writing: Writing) -> bool:
            found = await fetch(
                writing,
                "UPDATE delivery SET id = ?, state = 'queued', channel_id = ?, queued_at = ?, due_at = ?, attempts = 0,"
                " gap_ms = 0, tried_ms = 0, message_id = NULL, sent_at = NULL"
                " WHERE generation_id = ? AND state = 'sent' AND removed_at IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM generation WHERE id = generation_id AND forget = 1) RETURNING id",
                (delivery_id, channel_id, to_ms(now), to_ms(now), generation_id),
            )
            return bool(found)

        return await self.db.write(work)

    async def _leave(
        self,
        delivery_id: str,
        claim: Claim,
        new: DeliveryState,
        columns: Mapping[str, Any],
        card_due: int | None,
        *,
        tried: timedelta = timedelta(0),
    ) -> None:
        async def work(writing: Writing) -> bool:
            found = await fetch(
                writing,
                "SELECT delivery.*, forget FROM delivery JOIN generation ON generation.id = generation_id"
                " WHERE delivery.id = ? AND delivery.lease_owner = ?",
                (delivery_id, claim.owner),
            )
            if not found:
                raise LostLease(delivery_id)
            step(DeliveryState(found[0]["state"]), new)
            sets = "".join(f", {name} = :{name}" for name in columns)
            await writing.execute(
                "UPDATE delivery SET state = :state, lease_owner = NULL, lease_until = NULL,"
                f" tried_ms = tried_ms + :tried{sets} WHERE id = :id",
                {"state": new, "id": delivery_id, "tried": length_ms(tried), **columns},
            )
            if card_due is not None:
                await writing.execute(
                    "UPDATE generation SET revision = revision + 1, card_due_at = ? WHERE id = ?",
                    (card_due, found[0]["generation_id"]),
                )
            return bool(found[0]["forget"])

        if await self.db.write(work):
            await self.db.scrub()
