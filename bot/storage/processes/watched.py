"""What the watchers ask the database: starts, backups, and places at UniAll."""

import json
from datetime import datetime

from bot.storage.columns import from_ms, maybe_time, to_ms
from bot.storage.database import Database, Writing, fetch

BACKUP_AT = "backup_at"  # values; times are milliseconds
_STARTS, FIRST_START = "starts", "first_start"
STARTS_KEPT = 50
SET_VALUE = "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


class WatchedQueries:
    """The part of the store for the watchers."""

    db: Database

    async def record_start(self, now: datetime) -> list[datetime]:
        """See `WatchedStore.record_start`."""

        async def work(writing: Writing) -> list[int]:
            await writing.lock("starts")
            found = await fetch(writing, "SELECT value FROM value WHERE name = ?", (_STARTS,))
            times = [*(_times(found[0]["value"]) if found else []), to_ms(now)][-STARTS_KEPT:]
            await writing.execute(SET_VALUE, (_STARTS, json.dumps(times)))
            await writing.execute(
                "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (FIRST_START, str(to_ms(now))),
            )
            return times

        return [from_ms(at) for at in await self.db.write(work)]

    async def starts(self) -> list[datetime]:
        """See `WatchedStore.starts`."""
        value = await self._value(_STARTS)
        return [from_ms(at) for at in _times(value)] if value else []

    async def first_start(self) -> datetime | None:
        """See `WatchedStore.first_start`."""
        value = await self._value(FIRST_START)
        return from_ms(int(value)) if value else None

    async def last_backup(self) -> datetime | None:
        """See `WatchedStore.last_backup`."""
        value = await self._value(BACKUP_AT)
        return from_ms(int(value)) if value else None

    async def places(self) -> tuple[int, datetime | None]:
        """See `WatchedStore.places`."""
        [row] = await self.db.read(
            "SELECT count(*) AS flying, max(submitting_at) AS last FROM generation WHERE finished_at IS NULL"
            " AND state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0"
        )
        return row["flying"], maybe_time(row["last"])

    async def trim_log(self) -> int:
        """See `WatchedStore.trim_log`."""
        return await self.db.trim()

    async def _value(self, name: str) -> str | None:
        found = await self.db.read("SELECT value FROM value WHERE name = ?", (name,))
        return found[0]["value"] if found else None


def _times(value: str) -> list[int]:
    times: list[int] = json.loads(value)
    return times
