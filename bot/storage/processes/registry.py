"""The rows of the processes that share the database: heartbeats, who leads, and who is declared dead.

The row of a process and its leases (`orphaned_leases`) go in one transaction, so a crash leaves both or neither.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from bot.domain.processes.process import Beat, Process, Role
from bot.ports.database.processes.registry import Signals
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.processes import shared_facts
from bot.storage.processes.orphaned_leases import end_orphaned

DAY_MS = 86_400_000  # after which nobody asks any more whether something was told
LEADER = "leader"  # the name of the one leadership that there is


class ProcessQueries:
    """The part of the store for processes."""

    db: Database

    @property
    def shared(self) -> bool:
        """See `ProcessStore.shared`."""
        return self.db.shared

    def signals(self, sender: str, heard: Callable[[Collection[str]], None]) -> Signals | None:
        """See `ProcessStore.signals`."""
        return self.db.signals(sender, heard)

    async def void_leases(self, *, now: datetime) -> None:
        """See `Leases.void_leases`."""

        async def work(writing: Writing) -> None:
            at = to_ms(now)
            await end_orphaned(writing, at, doubted_at=at if self.shared else None)
            await writing.execute(  # what waits for a moderator, or for a thread to open, is checked again
                "UPDATE generation SET card_due_at = ? WHERE card_due_at > ? AND card_message_id IS NOT NULL"
                " AND finished_at IS NOT NULL AND (SELECT count(*) FROM process) <= 1",
                (at, at),
            )

        await self.db.write(work)

    async def enter(self, process: Process, *, now: datetime) -> datetime:
        """See `ProcessStore.enter`."""

        async def work(writing: Writing) -> datetime:
            if not self.shared:
                await writing.execute("DELETE FROM process")
                await writing.execute("DELETE FROM leader")
            await writing.execute(
                "DELETE FROM told WHERE at < clock_ms(:now) - :day", {"now": to_ms(now), "day": DAY_MS}
            )
            [row] = await fetch(
                writing,
                "INSERT INTO process (id, role, shards, version, started_at, seen_at)"
                " VALUES (:id, :role, :shards, :version, clock_ms(:now), clock_ms(:now)) RETURNING seen_at",
                {
                    "id": process.id,
                    "role": process.role,
                    "shards": process.shards,
                    "version": process.version,
                    "now": to_ms(now),
                },
            )
            return from_ms(row["seen_at"])

        return await self.db.write(work)

    async def beat(
        self, process_id: str, *, now: datetime, term: timedelta | None, told_within: timedelta
    ) -> Beat | None:
        """See `ProcessStore.beat`."""

        async def work(writing: Writing) -> Beat | None:
            found = await fetch(
                writing,
                "UPDATE process SET seen_at = clock_ms(:now) WHERE id = :id RETURNING seen_at",
                {"id": process_id, "now": to_ms(now)},
            )
            if not found:
                return None
            at = from_ms(found[0]["seen_at"])
            leads = term is not None and await _lead(writing, process_id, to_ms(at), term)
            others = await fetch(writing, "SELECT * FROM process WHERE id <> ? ORDER BY started_at", (process_id,))
            shared = await shared_facts.read(writing, at=at, told_within=told_within)
            return Beat(at=at, leads=leads, others=tuple(_process(row) for row in others), shared=shared)

        return await self.db.write(work)

    async def declare_dead(self, unseen: Sequence[Process], *, now: datetime) -> list[str]:
        """See `ProcessStore.declare_dead`. A heartbeat that is stored first keeps its process alive."""

        async def work(writing: Writing) -> list[str]:
            dead: list[str] = []
            for one in unseen:
                gone = await fetch(
                    writing,
                    "DELETE FROM process WHERE id = ? AND seen_at = ? RETURNING id",
                    (one.id, to_ms(one.seen_at)),
                )
                dead += [row["id"] for row in gone]
            await end_orphaned(writing, to_ms(now), doubted_at=to_ms(now))
            return dead

        return await self.db.write(work)

    async def leave(self, process_id: str, *, now: datetime) -> None:
        """See `ProcessStore.leave`."""

        async def work(writing: Writing) -> None:
            await writing.execute("DELETE FROM process WHERE id = ?", (process_id,))
            await writing.execute("DELETE FROM leader WHERE holder = ?", (process_id,))
            await end_orphaned(writing, to_ms(now), doubted_at=to_ms(now))

        await self.db.write(work)

    async def processes(self) -> list[Process]:
        """See `ProcessStore.processes`."""
        return [_process(row) for row in await self.db.read("SELECT * FROM process ORDER BY started_at, id")]


async def _lead(writing: Writing, process_id: str, at: int, term: timedelta) -> bool:
    """Lead for one more term, where nobody else does. Whose term ends later than two terms from now had another clock."""
    length = term // timedelta(milliseconds=1)
    found = await fetch(
        writing,
        "INSERT INTO leader (name, holder, until) VALUES (:name, :holder, :until)"
        " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
        " WHERE leader.holder = excluded.holder OR leader.until <= :now OR leader.until > excluded.until + :length"
        " RETURNING holder",
        {"name": LEADER, "holder": process_id, "until": at + length, "now": at, "length": length},
    )
    return bool(found)


def _process(row: Row) -> Process:
    return Process(
        id=row["id"],
        role=Role(row["role"]),
        shards=row["shards"],
        version=row["version"],
        started_at=from_ms(row["started_at"]),
        seen_at=from_ms(row["seen_at"]),
    )
