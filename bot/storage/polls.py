"""Claiming a submitted job for its next poll or for fetching its file, and settling it."""

from datetime import datetime

from bot.domain.generation import Generation, State, Video, step
from bot.domain.ledger import Resolution
from bot.domain.ports import Claim
from bot.storage import ledger, rows
from bot.storage.database import Database, Writing, maybe_ms, to_ms
from bot.storage.database import rows as fetch
from bot.storage.deliveries import POSTED_BEFORE
from bot.storage.submits import CHANGED, FREED, held


class Polls:
    """The part of the store between UniAll's job id and the file."""

    db: Database

    async def claim_poll(self, claim: Claim, *, now: datetime) -> Generation | None:
        """See `Store.claim_poll`."""
        return await self._claim("rendered_at IS NULL", claim, now)

    async def claim_fetch(self, claim: Claim, *, now: datetime) -> Generation | None:
        """See `Store.claim_fetch`."""
        return await self._claim("rendered_at IS NOT NULL", claim, now)

    async def _claim(self, which: str, claim: Claim, now: datetime) -> Generation | None:
        async def work(writing: Writing) -> Generation | None:
            found = await fetch(
                writing,
                "UPDATE generation SET lease_owner = :owner, lease_until = :until WHERE id = (SELECT id FROM generation"
                f" WHERE finished_at IS NULL AND state = 'submitted' AND {which} AND due_at <= :now"
                " AND (lease_until IS NULL OR lease_until <= :now) ORDER BY due_at LIMIT 1) RETURNING *",
                {"owner": claim.owner, "until": to_ms(claim.until), "now": to_ms(now)},
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
    ) -> None:
        """See `Store.record_poll`. Progress never goes back on the card, whatever UniAll says."""

        async def work(writing: Writing) -> None:
            row = await held(writing, generation_id, claim)
            new = max((known for known in (progress, row["progress"]) if known is not None), default=None)
            moved = f", {CHANGED}" if new != row["progress"] else ""
            await writing.execute(
                "UPDATE generation SET progress = :progress, missing_since = :missing, due_at = :due,"
                f" {FREED}{moved} WHERE id = :id",
                {
                    "progress": new,
                    "missing": maybe_ms(missing_since),
                    "due": to_ms(due_at),
                    "now": to_ms(now),
                    "id": generation_id,
                },
            )

        await self.db.write(work)

    async def record_rendered(self, generation_id: str, claim: Claim, *, video_url: str | None, now: datetime) -> None:
        """See `Store.record_rendered`."""

        async def work(writing: Writing) -> None:
            await held(writing, generation_id, claim)
            await writing.execute(
                "UPDATE generation SET rendered_at = :now, video_url = :url, progress = 100, missing_since = NULL,"
                f" attempts = 0, due_at = :now, {FREED}, {CHANGED} WHERE id = :id",
                {"now": to_ms(now), "url": video_url, "id": generation_id},
            )

        await self.db.write(work)

    async def retry_fetch(self, generation_id: str, claim: Claim, *, video_url: str | None, due_at: datetime) -> None:
        """See `Store.retry_fetch`."""

        async def work(writing: Writing) -> None:
            await held(writing, generation_id, claim)
            await writing.execute(
                f"UPDATE generation SET video_url = ?, due_at = ?, attempts = attempts + 1, {FREED} WHERE id = ?",
                (video_url, to_ms(due_at), generation_id),
            )

        await self.db.write(work)

    async def succeed(self, generation_id: str, claim: Claim, video: Video, *, delivery_id: str, now: datetime) -> None:
        """See `Store.succeed`. A crash before this commit fetches the file again; after it, the post is owed."""

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

        await self.db.write(work)
