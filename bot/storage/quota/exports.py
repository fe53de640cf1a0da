"""The rows of an export: a server's jobs in the order in which they were accepted, page by page."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.domain.quota.spending import UsageRow
from bot.storage import rows
from bot.storage.columns import from_ms, maybe_time, to_ms
from bot.storage.database import Database, Row

_USAGE = (
    "id, accepted_at, finished_at, channel_id, member_id, family, model, seconds, price_micros, estimate, state, fault,"
    " prompt, forget"
)


class ExportQueries:
    """The part of the store for `/quota export`."""

    db: Database

    async def usage_rows(
        self, guild_id: str, since: datetime, *, after: UsageRow | None = None, limit: int = 500
    ) -> list[UsageRow]:
        """See `SpendingStore.usage_rows`."""
        # One condition on the time: with two, SQLite seeks to the earlier and reads all pages before this one again.
        found = await self.db.read(
            f"SELECT {_USAGE} FROM generation WHERE guild_id = ? AND (accepted_at, id) > (?, ?) AND joined IS NULL"
            " ORDER BY accepted_at, id LIMIT ?",
            (guild_id, *(after.cursor if after else (to_ms(since), "")), limit),
        )
        if len(found) <= rows.FEW:
            return _usage_rows(found)
        return await asyncio.to_thread(_usage_rows, found)


def _usage_rows(found: Sequence[Row]) -> list[UsageRow]:
    return [_anonymous(row) if row["forget"] else _usage(row) for row in found]


def _usage(row: Row) -> UsageRow:
    return UsageRow(
        generation_id=row["id"],
        accepted_at=from_ms(row["accepted_at"]),
        ended_at=maybe_time(row["finished_at"]),
        channel_id=row["channel_id"],
        member_id=row["member_id"],
        family=row["family"],
        model=row["model"],
        seconds=row["seconds"],
        price_micros=row["price_micros"],
        estimate=bool(row["estimate"]),
        state=row["state"],
        fault=row["fault"] or "",
        prompt=row["prompt"],
        cursor=(row["accepted_at"], row["id"]),
    )


def _anonymous(row: Row) -> UsageRow:
    """Return what remains of a job after its member has requested deletion."""
    return UsageRow(
        generation_id="",
        accepted_at=from_ms(row["accepted_at"]),
        ended_at=None,
        channel_id="",
        member_id="",
        family="",
        model="",
        seconds=row["seconds"],
        price_micros=row["price_micros"],
        estimate=bool(row["estimate"]),
        state=row["state"],
        fault="",
        prompt="",
        cursor=(row["accepted_at"], row["id"]),
    )
