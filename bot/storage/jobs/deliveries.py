"""Claims finished videos for their posts, and records the outcome."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.errors import LostLease
from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery, DeliveryState, Try, step
from bot.domain.messages.posts import PostedMessage
from bot.domain.queue.claims import Claim
from bot.storage import locks, rows
from bot.storage.columns import gap_ms, length_ms, maybe_ms, maybe_time, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.jobs.posts import claim_post

# A moderator has not removed the video.
NOT_REMOVED = "NOT EXISTS (SELECT 1 FROM removal WHERE removal.generation_id = delivery.generation_id)"

# A generation that is older than the backup it was restored from may have been posted since: its delivery starts with
# one attempt, and with every channel that it may have gone to (`MAYBE_POSTED`). The value is bound: when it was
# accepted.
RESTORED_AT = "restored_at"
POSTED_BEFORE = f"(SELECT count(*) FROM value WHERE name = '{RESTORED_AT}' AND CAST(value AS BIGINT) >= ?)"

# Every channel that the posts of these deliveries may be in, for deliveries whose attempts are not known.
MAYBE_POSTED = (
    "INSERT INTO post_try (generation_id, delivery_id, channel_id, after_id)"
    " SELECT generation_id, delivery_id, channel_id, interaction_id FROM ("
    "SELECT generation_id, delivery.id AS delivery_id, interaction_id, CASE place.number WHEN 1 THEN delivery.channel_id"
    " WHEN 2 THEN generation.channel_id ELSE parent_channel_id END AS channel_id"
    " FROM delivery JOIN generation ON generation.id = generation_id"
    " CROSS JOIN (SELECT 1 AS number UNION ALL SELECT 2 UNION ALL SELECT 3) AS place WHERE {which}) AS place"
    " WHERE channel_id IS NOT NULL ON CONFLICT DO NOTHING"
)


class DeliveryQueries:
    """The part of the store for posts."""

    db: Database

    async def claim_delivery(self, claim: Claim, *, now: datetime) -> tuple[Delivery, Generation] | None:
        """See `DeliveryQueue.claim_delivery`. A crash after this leaves `sending`: it is searched for in the channel,
        then posted.

        The same applies to a single task that died: once its lease is over, its delivery is claimed like a queued one.
        A video that is faster than its card waits for it briefly, so that it can reply to it.
        """

        async def work(writing: Writing) -> tuple[Delivery, Generation] | None:
            found = await claim_post(writing, "delivery", claim, now)
            if found is None:
                return None
            delivery, of = found
            return rows.delivery(delivery), rows.generation(of)

        return await self.db.write(work)

    async def delivery_of(self, generation_id: str) -> Delivery | None:
        """Return the post of a generation's result, or None if there is none yet."""
        found = await self.db.read("SELECT * FROM delivery WHERE generation_id = ?", (generation_id,))
        return rows.delivery(found[0]) if found else None

    async def record_sent(self, delivery_id: str, claim: Claim, posted: PostedMessage, *, now: datetime) -> None:
        """sending → sent; the card can now be closed.

        Waived channels stay recorded: the post may still be found there.
        """
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

    async def tries(self, generation_id: str) -> list[Try]:
        """See `DeliveryQueue.tries`."""
        found = await self.db.read(
            "SELECT * FROM post_try WHERE generation_id = ? ORDER BY first_at IS NOT NULL, first_at, channel_id",
            (generation_id,),
        )
        return [_try(row) for row in found]

    async def record_try(self, claim: Claim, tried: Try) -> None:
        """See `DeliveryQueue.record_try`.

        A crash after this leaves a channel that is searched before any other post.
        """

        async def work(writing: Writing) -> None:
            generation_id = await _sending(writing, tried.delivery_id, claim)
            await writing.execute(
                "INSERT INTO post_try (generation_id, delivery_id, channel_id, after_id, first_at, last_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (generation_id, delivery_id, channel_id)"
                " DO UPDATE SET last_at = excluded.last_at",
                (
                    generation_id,
                    tried.delivery_id,
                    tried.channel_id,
                    tried.after_id,
                    maybe_ms(tried.first_at),
                    maybe_ms(tried.last_at),
                ),
            )

        await self.db.write(work)

    async def settle_tries(self, delivery_id: str, claim: Claim, settled: Sequence[Try]) -> None:
        """See `DeliveryQueue.settle_tries`."""

        async def work(writing: Writing) -> None:
            generation_id = await _sending(writing, delivery_id, claim)
            for tried in settled:
                await writing.execute(
                    "DELETE FROM post_try WHERE generation_id = ? AND delivery_id = ? AND channel_id = ?",
                    (generation_id, tried.delivery_id, tried.channel_id),
                )

        await self.db.write(work)

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
        """See `DeliveryQueue.requeue`.

        Earlier attempts stay recorded, so that the next one searches those channels first.
        """

        async def work(writing: Writing) -> bool:
            await locks.lock_generations(writing, [generation_id])
            found = await fetch(
                writing,
                "UPDATE delivery SET id = coalesce(?, id), state = 'queued', channel_id = ?, queued_at = ?, due_at = ?,"
                " gap_ms = 0, tried_ms = 0, why = NULL, asked_id = ? WHERE generation_id = ? AND state = 'undeliverable'"
                " AND NOT EXISTS (SELECT 1 FROM generation WHERE id = generation_id AND forget = 1)"
                f" AND {NOT_REMOVED} RETURNING id",
                (delivery_id, channel_id, to_ms(now), to_ms(now), asked_id, generation_id),
            )
            for tried in waived if found else ():
                await writing.execute(
                    "UPDATE post_try SET waived = 1 WHERE generation_id = ? AND delivery_id = ? AND channel_id = ?",
                    (generation_id, tried.delivery_id, tried.channel_id),
                )
            return bool(found)

        return await self.db.write(work)

    async def post_again(
        self, generation_id: str, *, delivery_id: str, channel_id: str, now: datetime, asked_id: str | None = None
    ) -> bool:
        """See `DeliveryQueue.post_again`.

        The id is the nonce: with the old one, Discord would return the post that is gone. With the new one nothing can
        be visible yet.
        """

        async def work(writing: Writing) -> bool:
            await locks.lock_generations(writing, [generation_id])
            found = await fetch(
                writing,
                "UPDATE delivery SET id = ?, state = 'queued', channel_id = ?, queued_at = ?, due_at = ?, attempts = 0,"
                " gap_ms = 0, tried_ms = 0, message_id = NULL, sent_at = NULL, asked_id = ?"
                " WHERE generation_id = ? AND state = 'sent' AND removed_at IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM generation WHERE id = generation_id AND forget = 1)"
                f" AND {NOT_REMOVED} RETURNING id",
                (delivery_id, channel_id, to_ms(now), to_ms(now), asked_id, generation_id),
            )
            return bool(found)

        return await self.db.write(work)

    async def adopt_post(self, generation_id: str, posted: PostedMessage, *, now: datetime) -> bool:
        """See `DeliveryQueue.adopt_post`."""

        async def work(writing: Writing) -> tuple[bool, bool]:
            await locks.lock_generations(writing, [generation_id])
            found = await fetch(
                writing,
                "UPDATE delivery SET state = 'sent', channel_id = ?, message_id = ?, sent_at = ?, why = NULL"
                " WHERE generation_id = ? AND state IN ('queued', 'undeliverable') RETURNING id",
                (posted.channel_id, posted.message_id, to_ms(now), generation_id),
            )
            if not found:
                return False, False
            await writing.execute("DELETE FROM post_try WHERE generation_id = ? AND waived = 0", (generation_id,))
            await writing.execute(  # a post that should not be there: it is deleted
                "UPDATE removal SET due_at = ? WHERE generation_id = ?", (to_ms(now), generation_id)
            )
            [[forgotten]] = await fetch(
                writing,
                "UPDATE generation SET revision = revision + 1, card_due_at = ? WHERE id = ? RETURNING forget",
                (to_ms(now), generation_id),
            )
            return True, bool(forgotten)

        adopted, forgotten = await self.db.write(work)
        if forgotten:
            await self.db.scrub()
        return adopted

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
                "SELECT delivery.*, forget FROM generation JOIN delivery ON generation_id = generation.id"
                " WHERE delivery.id = ? AND delivery.lease_owner = ? FOR NO KEY UPDATE OF generation, delivery",
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
            if new is DeliveryState.SENT:
                await writing.execute(
                    "DELETE FROM post_try WHERE generation_id = ? AND waived = 0", (found[0]["generation_id"],)
                )
            if card_due is not None:
                await writing.execute(
                    "UPDATE generation SET revision = revision + 1, card_due_at = ? WHERE id = ?",
                    (card_due, found[0]["generation_id"]),
                )
            return bool(found[0]["forget"])

        if await self.db.write(work):
            await self.db.scrub()


async def _sending(writing: Writing, delivery_id: str, claim: Claim) -> str:
    """Return the generation of a delivery that this claim holds. Raises LostLease."""
    found = await fetch(
        writing, "SELECT generation_id FROM delivery WHERE id = ? AND lease_owner = ?", (delivery_id, claim.owner)
    )
    if not found:
        raise LostLease(delivery_id)
    return str(found[0]["generation_id"])


def _try(row: Row) -> Try:
    return Try(
        delivery_id=row["delivery_id"],
        channel_id=row["channel_id"],
        after_id=row["after_id"],
        first_at=maybe_time(row["first_at"]),
        last_at=maybe_time(row["last_at"]),
        waived=bool(row["waived"]),
    )
