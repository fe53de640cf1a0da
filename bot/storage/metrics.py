"""Figures about the bot's health, read at each scrape.

No query here becomes slower with a longer history: open jobs and current windows are found by index, and the ledger is
read from the last entry of the previous scrape.
"""

from datetime import UTC, datetime, timedelta

from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Per, Scope, windows
from bot.ports.database.processes.measured import Figures
from bot.storage.columns import to_ms, total
from bot.storage.database import Database

# Several processes write to a shared database, and the numbers of their entries are not in the order of their commits. After
# this time every lower number is there too, or never will be.
SETTLED = timedelta(seconds=10)
_NEVER = 2**62


class MetricQueries:
    """`bot.ports.database.processes.measured.MeasuredStore`, except for due times."""

    db: Database

    async def last_entry(self) -> int:
        """Return the newest entry of the ledger; 0 if there is none."""
        [[last]] = await self.db.read("SELECT max(id) FROM entry")
        return last or 0

    async def figures(self, *, since: int, now: datetime) -> Figures:
        """See `Figures`; since: the last entry that has been counted."""
        pending = Amount()
        jobs: dict[str, int] = {}
        overdue = 0
        for row in await self.db.read(
            f"SELECT generation.state, count(*) AS jobs, {total('videos', 'videos')},"
            f" {total('reservation.seconds', 'seconds')}, {total('micros', 'micros')}, {total('overdue', 'overdue')}"
            " FROM generation CROSS JOIN reservation WHERE reservation.id = generation.id"
            " AND finished_at IS NULL GROUP BY generation.state"
        ):
            jobs[row["state"]] = row["jobs"]
            overdue += row["overdue"]
            pending += Amount(videos=row["videos"], seconds=row["seconds"], micros=row["micros"])
        entered: dict[str, Amount] = {}
        ended: dict[tuple[str, str], int] = {}
        last = since
        settled = to_ms(now - SETTLED) if self.db.shared else _NEVER
        # In this order: the few new entries first, each generation by its key.
        for row in await self.db.read(
            "SELECT kind, generation.state, coalesce(fault, '') AS fault, count(*) AS jobs, max(entry.id) AS last,"
            f" {total('videos', 'videos')}, {total('entry.seconds', 'seconds')}, {total('micros', 'micros')}"
            " FROM entry CROSS JOIN generation WHERE generation.id = reservation_id AND entry.id > :since"
            f" AND entry.id < coalesce((SELECT min(id) FROM entry WHERE id > :since AND at > :settled), {_NEVER})"
            " GROUP BY kind, generation.state, fault",
            {"since": since, "settled": settled},
        ):
            last = max(last, row["last"])
            amount = Amount(videos=row["videos"], seconds=row["seconds"], micros=row["micros"])
            entered[row["kind"]] = entered.get(row["kind"], Amount()) + amount
            if row["kind"] != "reserve":
                how = (row["state"], row["fault"])
                ended[how] = ended.get(how, 0) + row["jobs"]
        held = await self.db.read(
            "SELECT hold, count(*) AS jobs FROM generation WHERE finished_at IS NULL AND state = 'reserved' AND hold IS NOT NULL"
            " GROUP BY hold"
        )
        return Figures(
            held={row["hold"]: row["jobs"] for row in held},
            jobs=jobs,
            pending=pending,
            overdue=overdue,
            used=await self._used(now),
            entered=entered,
            ended=ended,
            last_entry=last,
        )

    async def _used(self, now: datetime) -> dict[Per, Amount]:
        starts = {per: to_ms(found.start) for per, found in windows(now, UTC).items()}
        used = {per: Amount() for per in Per}
        for row in await self.db.read(
            "SELECT * FROM balance WHERE scope = ? AND guild_id = '' AND member_id = '' AND starts_at IN (?, ?, ?, ?)",
            (Scope.OPERATOR, *starts.values()),
        ):
            per = Per(row["per"])
            if row["starts_at"] == starts[per]:
                used[per] = Amount(videos=row["used_videos"], seconds=row["used_seconds"], micros=row["used_micros"])
        return used
