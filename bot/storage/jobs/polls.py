"""Claims submitted jobs for their next poll or for the download of their file, and settles them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from bot.domain.generation import Generation, State, Video, step
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.ports.database.jobs.polls import PollRecord
from bot.storage import locks, rows
from bot.storage.columns import DUE, LAST_MS, gap_ms, length_ms, maybe_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.jobs.deliveries import MAYBE_POSTED, POSTED_BEFORE
from bot.storage.jobs.submits import CARD_DUE, CHANGED, FREED, held
from bot.storage.quota import ledger

# At UniAll, and not known to be done.
POLLED = "finished_at IS NULL AND state = 'submitted' AND rendered_at IS NULL"
# Rendered, and the file is not here yet.
FETCHED = "finished_at IS NULL AND state = 'submitted' AND rendered_at IS NOT NULL"
_UNLEASED = "(lease_until IS NULL OR lease_until <= :leases_at)"
# The two ways of being due, each with its index: see `bot.storage.columns.DUE`.
_DUE_BY = (("due_at <= :soon", "due_at"), ("due_at - gap_ms > :now", "due_at - gap_ms"))

# Past its soft deadline (`bot.domain.generation.soft_deadline`), which counts from the submit.
LATE = "(submitted_at <= :now - CASE WHEN seconds > 20 THEN 30000 * seconds ELSE 600000 END)"
# The card shows the progress, which never decreases, whatever UniAll reports (:progress is -1 if it reported none).
_MOVED = ":progress > coalesce(progress, -1)"
_SEEN = (
    f"progress = CASE WHEN {_MOVED} THEN :progress ELSE progress END,"
    f" revision = revision + CASE WHEN {_MOVED} THEN 1 ELSE 0 END,"
    f" card_due_at = CASE WHEN {_MOVED} THEN {CARD_DUE} ELSE card_due_at END"
)
# Whether a job is overdue has changed, or its submit time is in the future: then it is from before the clock was set back,
# and is set to now, or it would never pass the deadline.
_AGED = f"CASE WHEN submitted_at > :now OR (overdue = 1) <> {LATE} THEN 1 ELSE 0 END AS aged"
_AGE = (
    "submitted_at = CASE WHEN submitted_at > :now THEN :now ELSE submitted_at END,"
    f" overdue = CASE WHEN {LATE} THEN 1 ELSE 0 END,"
    f" revision = revision + CASE WHEN (overdue = 1) <> {LATE} THEN 1 ELSE 0 END,"
    f" card_due_at = CASE WHEN (overdue = 1) <> {LATE} THEN {CARD_DUE} ELSE card_due_at END"
)


def next_due_of(where: str) -> str:
    """Return the SELECT of the time at which the first of these rows can be claimed.

    A row under a lease is due once the lease has ended. None that is due later than the first row without a lease can
    come before it, so that few rows besides the leased ones are read.
    """
    later = "CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END"
    first = f"SELECT due_at FROM generation WHERE {where} AND lease_owner IS NULL ORDER BY due_at LIMIT 1"
    return f"SELECT min({later}) AS due FROM generation WHERE {where} AND due_at <= coalesce(({first}), {LAST_MS})"


class PollQueries:
    """The part of the store between UniAll's job id and the file."""

    db: Database

    async def claim_polls(
        self, claim: Claim, *, most: int, most_overdue: int, now: datetime, ahead: timedelta = timedelta(0)
    ) -> list[Generation]:
        """See `PollQueue.claim_polls`. The card of a job that is marked as overdue here shows it."""
        values = {
            "owner": claim.owner,
            "until": to_ms(claim.until),
            "now": to_ms(now),
            "soon": to_ms(now + ahead),
            "leases_at": to_ms(claim.at or now),
        }

        async def work(writing: Writing) -> list[Generation]:
            found: list[Row] = []
            for overdue, room in ((0, most), (1, most_overdue)):
                until = min(most, len(found) + room)
                for due, order in _DUE_BY:
                    if len(found) < until:
                        found += await fetch(
                            writing,
                            f"WITH due AS (SELECT id FROM generation WHERE {POLLED} AND overdue = {overdue} AND {due}"
                            f" AND {_UNLEASED} ORDER BY {order} LIMIT :most FOR NO KEY UPDATE SKIP LOCKED)"
                            " UPDATE generation SET lease_owner = :owner, lease_until = :until"
                            f" WHERE id IN (SELECT id FROM due) RETURNING *, {_AGED}",
                            {**values, "most": until - len(found)},
                        )
            aged = await _age(writing, found, now)
            return [rows.generation(aged.get(row["id"], row)) for row in found]

        return await self.db.write(work)

    async def record_polls(self, records: Sequence[PollRecord], *, now: datetime) -> list[Generation | None]:
        """See `PollQueue.record_polls`. A crash before this commit repeats the polls that it would have stored."""

        async def work(writing: Writing) -> list[Generation | None]:
            stored: dict[int, Row] = {}
            for number, record in sorted(enumerate(records), key=lambda one: one[1].generation_id):
                found = await fetch(
                    writing,
                    f"UPDATE generation SET {_SEEN}, missing_since = :missing, due_at = :due, gap_ms = :gap,"
                    " tried_ms = :tried, lease_owner = CASE WHEN :kept = 1 THEN lease_owner END, lease_until = :until"
                    f" WHERE id = :id AND lease_owner = :owner RETURNING *, {_AGED}",
                    {
                        "progress": -1 if record.progress is None else record.progress,
                        "missing": maybe_ms(record.missing_since),
                        "due": to_ms(record.due_at),
                        "gap": gap_ms(record.due_at, record.polled_at),
                        "tried": length_ms(record.tried),
                        "kept": int(record.keep_until is not None),
                        "until": maybe_ms(record.keep_until),
                        "now": to_ms(now),
                        "id": record.generation_id,
                        "owner": record.owner,
                    },
                )
                if found:
                    stored[number] = found[0]
            aged = await _age(writing, stored.values(), now)
            stored = {number: aged.get(row["id"], row) for number, row in stored.items()}
            return [rows.generation(stored[number]) if number in stored else None for number in range(len(records))]

        return await self.db.write(work)

    async def claim_fetch(self, claim: Claim, *, now: datetime, failed_too: bool = True) -> Generation | None:
        """See `PollQueue.claim_fetch`."""
        which = "" if failed_too else " AND attempts = 0"

        async def work(writing: Writing) -> Generation | None:
            found = await fetch(
                writing,
                "UPDATE generation SET lease_owner = :owner, lease_until = :until WHERE id = ("
                f"SELECT id FROM generation WHERE {FETCHED}{which} AND {DUE} AND {_UNLEASED}"
                " ORDER BY attempts > 0, due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING *",
                {
                    "owner": claim.owner,
                    "until": to_ms(claim.until),
                    "now": to_ms(now),
                    "leases_at": to_ms(claim.at or now),
                },
            )
            return rows.generation(found[0]) if found else None

        return await self.db.write(work)

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
            await locks.lock_guild_of(writing, generation_id)
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


async def _age(writing: Writing, found: Iterable[Row], now: datetime) -> dict[str, Row]:
    """Mark which of these jobs are overdue now. Returns the rows that this changes, by their id.

    It counts in `queue_member`, whose rows are written last and in one order: see `bot.storage.locks`.
    """
    changed: dict[str, Row] = {}
    for row in sorted((row for row in found if row["aged"]), key=itemgetter("member_id")):
        [changed[row["id"]]] = await fetch(
            writing, f"UPDATE generation SET {_AGE} WHERE id = :id RETURNING *", {"now": to_ms(now), "id": row["id"]}
        )
    return changed
