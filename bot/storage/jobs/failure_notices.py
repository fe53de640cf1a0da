"""Claims the messages that tell authors that their job has failed, and records what became of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.errors import LostLease
from bot.domain.messages.failure_notice import FailureNotice
from bot.domain.queue.claims import Claim
from bot.storage import rows
from bot.storage.columns import gap_ms, length_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.jobs.deliveries import POSTED_BEFORE
from bot.storage.jobs.posts import claim_post


async def queue_notice(writing: Writing, row: Row, now: datetime) -> None:
    """Queue the notice of a generation that has just failed. row: the generation as it was before.

    A job of a database that was restored may have failed before: its notice is looked for before it is posted. What a
    moderator has removed has none, since it would show the prompt again; its card says that it failed.
    """
    if await fetch(writing, "SELECT how FROM removal WHERE generation_id = ?", (row["id"],)):
        return
    at = to_ms(now)
    await writing.execute(
        "INSERT INTO failure_notice (generation_id, state, due_at, attempts)"
        f" VALUES (?, 'queued', ?, {POSTED_BEFORE}) ON CONFLICT DO NOTHING",
        (row["id"], at, row["accepted_at"]),
    )


class FailureNoticeQueries:
    """The part of the store for these messages."""

    db: Database

    async def claim_notice(self, claim: Claim, *, now: datetime) -> FailureNotice | None:
        """See `FailureNoticeQueue.claim_notice`. A crash after this leaves `sending`: it is looked for, then posted.

        A notice that is faster than its card waits for it briefly, so that it can reply to it.
        """

        async def work(writing: Writing) -> FailureNotice | None:
            found = await claim_post(writing, "failure_notice", claim, now)
            if found is None:
                return None
            notice, of = found
            tried = timedelta(milliseconds=notice["tried_ms"])
            return FailureNotice(generation=rows.generation(of), attempts=notice["attempts"], tried=tried)

        return await self.db.write(work)

    async def end_notice(self, generation_id: str, claim: Claim, *, sent: bool) -> None:
        """See `FailureNoticeQueue.end_notice`."""
        values = {"state": "sent" if sent else "dropped", "id": generation_id, "owner": claim.owner}
        await self._leave_notice("state = :state", values)

    async def retry_notice(
        self, generation_id: str, claim: Claim, *, due_at: datetime, now: datetime, tried: timedelta
    ) -> None:
        """See `FailureNoticeQueue.retry_notice`."""
        values = {
            "due": to_ms(due_at),
            "gap": gap_ms(due_at, now),
            "tried": length_ms(tried),
            "id": generation_id,
            "owner": claim.owner,
        }
        await self._leave_notice("state = 'queued', due_at = :due, gap_ms = :gap, tried_ms = tried_ms + :tried", values)

    async def _leave_notice(self, sets: str, values: Mapping[str, str | int]) -> None:
        async def work(writing: Writing) -> None:
            left = await fetch(
                writing,
                f"UPDATE failure_notice SET {sets}, lease_owner = NULL, lease_until = NULL"
                " WHERE generation_id = :id AND lease_owner = :owner RETURNING generation_id",
                values,
            )
            if not left:
                raise LostLease(str(values["id"]))

        await self.db.write(work)
