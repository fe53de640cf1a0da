"""Searches in a member's own versions. Only the rows of this member in this server are read.

The words are looked for here and not by the database, whose comparison without case knows ASCII only.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import datetime

from bot.domain.delivery import LOST
from bot.domain.history import HistoryQuery, KeptQuery
from bot.domain.versions import Version
from bot.storage import versions
from bot.storage.columns import from_ms, to_ms
from bot.storage.sqlite.connection import Row, Writing
from bot.storage.sqlite.database import Database

AT_ONCE = 500  # prompts that are read at a time
_OWN = "member_id = ? AND guild_id = ? AND prompt <> ''"
_FAILED = (
    "(state = 'failed' OR EXISTS (SELECT 1 FROM delivery WHERE generation_id = generation.id"
    f" AND delivery.state = 'undeliverable' AND why = '{LOST}'))"
)
_PICTURED = "coalesce(image_file, end_image_file) IS NOT NULL"
_ORDER = "ORDER BY accepted_at DESC, id DESC"


class HistoryQueries:
    """The part of the store for searches in `/history`."""

    db: Database

    async def search_history(
        self, guild_id: str, member_id: str, query: HistoryQuery, *, skip: int, limit: int
    ) -> tuple[list[Version], int]:
        """See `HistoryStore.search_history`."""
        condition, values = _condition(guild_id, member_id, query)
        if query.words:
            found = [one async for ids in self._finding(query, condition, values) for one in ids]
            page, count = found[skip : skip + limit], len(found)
        else:
            rows = await self.db.read(
                f"SELECT id FROM generation WHERE {condition} {_ORDER} LIMIT ? OFFSET ?", [*values, limit, skip]
            )
            page = [row["id"] for row in rows]
            [[count]] = await self.db.read(f"SELECT count(*) FROM generation WHERE {condition}", values)
        return await versions.these(self.db.read, page), count

    async def _finding(self, query: HistoryQuery, condition: str, values: list[str]) -> AsyncGenerator[list[str]]:
        """Yield the ids of what has all words, the newest first, some at a time: prompts are long."""
        last: tuple[int, str] | None = None
        while True:
            later = " AND (accepted_at, id) < (?, ?)" if last else ""
            rows = await self.db.read(
                f"SELECT id, accepted_at, prompt FROM generation WHERE {condition}{later} {_ORDER} LIMIT {AT_ONCE}",
                [*values, *(last or ())],
            )
            yield await asyncio.to_thread(_fitting, query, rows)
            if len(rows) < AT_ONCE:
                return
            last = rows[-1]["accepted_at"], rows[-1]["id"]

    async def families_made(self, guild_id: str, member_id: str, *, limit: int) -> list[str]:
        """See `HistoryStore.families_made`."""
        found = await self.db.read(
            f"SELECT family FROM generation WHERE {_OWN} AND family <> '' GROUP BY family ORDER BY count(*) DESC, family LIMIT ?",
            (member_id, guild_id, limit),
        )
        return [row["family"] for row in found]

    async def keep_query(self, kept: KeptQuery) -> None:
        """See `HistoryStore.keep_query`."""
        one = kept.query

        async def work(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO history_query (id, guild_id, member_id, find, families, failed, pictured, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    kept.id,
                    kept.guild_id,
                    kept.member_id,
                    one.find,
                    json.dumps(sorted(one.families)),
                    int(one.failed),
                    int(one.pictured),
                    to_ms(kept.made_at),
                ),
            )

        await self.db.write(work)

    async def kept_query(self, query_id: str) -> KeptQuery | None:
        """See `HistoryStore.kept_query`."""
        found = await self.db.read("SELECT * FROM history_query WHERE id = ?", (query_id,))
        return _kept(found[0]) if found else None

    async def forget_queries(self, *, made_before: datetime) -> None:
        """See `HistoryStore.forget_queries`. Nothing is written if there are none."""
        old = "made_at < ?"
        if not await self.db.read(f"SELECT id FROM history_query WHERE {old} LIMIT 1", (to_ms(made_before),)):
            return

        async def work(writing: Writing) -> None:
            await writing.execute(f"DELETE FROM history_query WHERE {old}", (to_ms(made_before),))

        await self.db.write(work)


def _condition(guild_id: str, member_id: str, query: HistoryQuery) -> tuple[str, list[str]]:
    """Return what the database itself compares, and the values of its placeholders."""
    parts, values = [_OWN], [member_id, guild_id]
    if query.families:
        parts.append(f"family IN ({', '.join('?' * len(query.families))})")
        values += sorted(query.families)
    parts += [part for part, wanted in ((_FAILED, query.failed), (_PICTURED, query.pictured)) if wanted]
    return " AND ".join(parts), values


def _fitting(query: HistoryQuery, rows: list[Row]) -> list[str]:
    return [row["id"] for row in rows if query.finds(row["prompt"])]


def _kept(row: Row) -> KeptQuery:
    return KeptQuery(
        id=row["id"],
        guild_id=row["guild_id"],
        member_id=row["member_id"],
        query=HistoryQuery(
            find=row["find"],
            families=frozenset(json.loads(row["families"])),
            failed=bool(row["failed"]),
            pictured=bool(row["pictured"]),
        ),
        made_at=from_ms(row["made_at"]),
    )
