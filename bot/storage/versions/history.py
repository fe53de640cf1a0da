"""Searches in a member's own versions, each filter in the order of an index of its own.

Only the rows of this member in this server are read. The words are looked for here and not by the database, whose
comparison without case knows ASCII only.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import datetime

from bot.domain.messages.delivery import LOST
from bot.domain.versions.history import HistoryQuery, KeptQuery
from bot.domain.versions.version import Version
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Row, Writing
from bot.storage.versions import families

AT_ONCE = 500  # prompts that are read at a time
_OWN = "member_id = ? AND guild_id = ? AND prompt <> ''"
PICTURED = "coalesce(image_file, end_image_file) IS NOT NULL"
# Made, and then lost. There are few in all servers together: the concatenations keep the other indexes out.
_LOST = (
    f"id IN (SELECT generation_id FROM delivery WHERE delivery.state = 'undeliverable' AND why = '{LOST}')"
    " AND member_id || '' = ? AND guild_id || '' = ? AND prompt <> ''"
)
_ORDER = "ORDER BY accepted_at DESC, id DESC"


class HistoryQueries:
    """The part of the store for searches in `/history`."""

    db: Database

    async def search_history(
        self, guild_id: str, member_id: str, query: HistoryQuery, *, skip: int, limit: int
    ) -> tuple[list[Version], int]:
        """See `HistoryStore.search_history`."""
        ranges = _Ranges(guild_id, member_id, query)
        if query.words:
            page, count = await self._found(query, ranges, skip, limit)
        else:
            selected, values = ranges.select("id, accepted_at")
            found = await self.db.read(f"{selected} {_ORDER} LIMIT ? OFFSET ?", [*values, limit, skip])
            page = [row["id"] for row in found]
            selected, values = ranges.select("id")
            [[count]] = await self.db.read(f"SELECT count(*) FROM ({selected}) AS found", values)
        return await families.these(self.db.read, page), count

    async def _found(self, query: HistoryQuery, ranges: "_Ranges", skip: int, limit: int) -> tuple[list[str], int]:
        """Return the ids of one page of what has all words, and how many have them."""
        page: list[str] = []
        count = 0
        async for ids in self._finding(query, ranges):
            page += ids[max(0, skip - count) : max(0, skip + limit - count)]
            count += len(ids)
        return page, count

    async def _finding(self, query: HistoryQuery, ranges: "_Ranges") -> AsyncGenerator[list[str]]:
        """Yield the ids of what has all words, the newest first, some at a time: prompts are long."""
        last: tuple[int, str] | None = None
        while True:
            selected, values = ranges.select("id, accepted_at, prompt", last)
            rows = await self.db.read(f"{selected} {_ORDER} LIMIT {AT_ONCE}", values)
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


class _Ranges:
    """What the database itself compares: a range of an index for each model, and for each way to come to nothing.

    No two have a row in common, so that they are merged in their order, and none is sorted.
    """

    def __init__(self, guild_id: str, member_id: str, query: HistoryQuery) -> None:
        pictured = f" AND {PICTURED}" if query.pictured else ""
        states = (f"{_OWN} AND state = 'failed'", _LOST) if query.failed else (_OWN,)
        families: list[tuple[str, list[str]]] = [("", [])]
        if query.families:  # the first part is the condition of the index
            families = [(" AND family <> '' AND family = ?", [family]) for family in sorted(query.families)]
        self._ranges = [
            (f"{state}{pictured}{family}", [member_id, guild_id, *value])
            for family, value in families
            for state in states
        ]

    def select(self, columns: str, after: tuple[int, str] | None = None) -> tuple[str, list[str | int]]:
        """Return a statement without its order, and its values. after: only what was accepted before this row."""
        keyset = " AND (accepted_at, id) < (?, ?)" if after else ""
        sql = " UNION ALL ".join(f"SELECT {columns} FROM generation WHERE {one}{keyset}" for one, _ in self._ranges)
        return sql, [value for _, values in self._ranges for value in (*values, *(after or ()))]


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
