"""Claims a submitted job for its next poll or for the download of its file, and settles it."""

from datetime import datetime, timedelta

from bot.domain.claims import Claim
from bot.domain.generation import Generation, State, Video, step
from bot.domain.quota.ledger import Resolution
from bot.storage import ledger, rows
from bot.storage.columns import DUE, gap_ms, length_ms, maybe_ms, to_ms
from bot.storage.deliveries import MAYBE_POSTED, POSTED_BEFORE
from bot.storage.sqlite.connection import Writing, fetch
from bot.storage.sqlite.database import Database
from bot.storage.submits import CARD_DUE, CHANGED, FREED, held

# Past its soft deadline (`bot.domain.generation.soft_deadline`), which counts from the submit.
LATE = "(submitted_at <= :now - max(600000, 30000 * seconds))"


class PollQueries:
    """The part of the store between UniAll's job id and the file."""

    db: Database

    async def claim_poll(self, claim: Claim, *, now: datetime, overdue_too: bool = True) -> Generation | None:
        """See `PollQueue.claim_poll`. A job past its soft deadline is marked here, and its card shows it.

        A submit time in the future is from before the clock was set back. It is set to now, or it would never pass the
        deadline.
        """
        sets = (
            f", submitted_at = min(submitted_at, :now), overdue = {LATE}, revision = revision + (overdue <> {LATE}),"
            f" card_due_at = CASE WHEN overdue <> {LATE} THEN {CARD_DUE} ELSE card_due_at END"
        )
        which = "rendered_at IS NULL" if overdue_too else "rendered_at IS NULL AND overdue = 0"
        return await self._claim(which, claim, now, sets=sets, order="overdue, due_at")

    async def claim_fetch(self, claim: Claim, *, now: datetime, failed_too: bool = True) -> Generation | None:
        """See `PollQueue.claim_fetch`."""
        which = "rendered_at IS NOT NULL" if failed_too else "rendered_at IS NOT NULL AND attempts = 0"
        return await self._claim(which, claim, now, order="attempts > 0, due_at")

    async def _claim(self, which: str, claim: Claim, now: datetime, *, sets: str = "", order: str) -> Generation | None:
        async def work(writing: Writing) -> Generation | None:
            found = await fetch(
                writing,
                f"UPDATE generation SET lease_owner = :owner, lease_until = :until{sets} WHERE id = ("
                "SELECT id FROM generation"
                f" WHERE finished_at IS NULL AND state = 'submitted' AND {which} AND {DUE}"
                f" AND (lease_until IS NULL OR lease_until <= :leases_at) ORDER BY {order} LIMIT 1) RETURNING *",
                {
                    "owner": claim.owner,
                    "until": to_ms(claim.until),
                    "now": to_ms(now),
                    "leases_at": to_ms(claim.at or now),
                },
            )
            return rows.generation(found[0]) if found else None

        return await self.db.write(work)

    async def record_poll(
        self,
        generation_id: str,
        claim: Claim,
        *,
        progress: int | None,
        missing_since: datetime | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
    ) -> None:
        """See `PollQueue.record_poll`. Progress on the card never decreases, whatever UniAll reports."""

        async def work(writing: Writing) -> None:
            row = await held(writing, generation_id, claim)
            new = max((known for known in (progress, row["progress"]) if known is not None), default=None)
            moved = f", {CHANGED}" if new != row["progress"] else ""
            await writing.execute(
                "UPDATE generation SET progress = :progress, missing_since = :missing, due_at = :due, gap_ms = :gap,"
                f" tried_ms = tried_ms + :tried, {FREED}{moved} WHERE id = :id",
                {
                    "progress": new,
                    "missing": maybe_ms(missing_since),
                    "due": to_ms(due_at),
                    "gap": gap_ms(due_at, now),
                    "tried": length_ms(tried),
                    "now": to_ms(now),
                    "id": generation_id,
                },
            )

        await self.db.write(work)

    async def record_rendered(self, generation_id: str, claim: Claim, *, video_url: str | None, now: datetime) -> None:
        """See `PollQueue.record_rendered`."""

        async def work(writing: Writing) -> None:
            await held(writing, generation_id, claim)
            await writing.execute(
                "UPDATE generation SET rendered_at = :now, video_url = :url, progress = 100, missing_since = NULL,"
                f" attempts = 0, due_at = :now, gap_ms = 0, tried_ms = 0, overdue = 0, {FREED}, {CHANGED} WHERE id = :id",
                {"now": to_ms(now), "url": video_url, "id": generation_id},
            )

        await self.db.write(work)

    async def retry_fetch(
        self,
        generation_id: str,
        claim: Claim,
        *,
        video_url: str | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
        failed: bool = True,
    ) -> None:
        """See `PollQueue.retry_fetch`."""

        async def work(writing: Writing) -> None:
            row = await held(writing, generation_id, claim)
            told = f", {CHANGED}" if failed and row["attempts"] == 0 else ""  # its card says until when it is tried
            await writing.execute(
                "UPDATE generation SET video_url = :url, due_at = :due, gap_ms = :gap, tried_ms = tried_ms + :tried,"
                f" attempts = attempts + :failed, {FREED}{told} WHERE id = :id",
                {
                    "url": video_url,
                    "due": to_ms(due_at),
                    "gap": gap_ms(due_at, now),
                    "tried": length_ms(tried),
                    "failed": int(failed),
                    "now": to_ms(now),
                    "id": generation_id,
                },
            )

        await self.db.write(work)

    async def succeed(self, generation_id: str, claim: Claim, video: Video, *, delivery_id: str, now: datetime) -> None:
        """See `PollQueue.succeed`.

        A crash before this commit downloads the file again; after it, the post is still to be made.
        """

        async def work(writing: Writing) -> None:
            row = await held(writing, generation_id, claim)
            step(State(row["state"]), State.SUCCEEDED)
            at = to_ms(now)
            await writing.execute(
                "UPDATE generation SET state = 'succeeded', finished_at = ?, video_file = ?, video_size = ?,"
                f" video_type = ?, video_sha256 = ?, {FREED}, revision = revision + 1, card_due_at = ? WHERE id = ?",
                (at, video.file, video.size, video.media_type, video.sha256, at, generation_id),
            )
            await ledger.resolve(writing, generation_id, Resolution.POST, now)
            await writing.execute(
                "INSERT INTO delivery (id, generation_id, channel_id, state, queued_at, due_at, attempts)"
                f" VALUES (?, ?, ?, 'queued', ?, ?, {POSTED_BEFORE})",
                (delivery_id, generation_id, row["channel_id"], at, at, row["accepted_at"]),
            )
            await writing.execute(
                MAYBE_POSTED.format(which="delivery.id = ? AND delivery.attempts > 0"), (delivery_id,)
            )

        await self.db.write(work)
