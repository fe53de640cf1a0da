"""The stored records of members' jobs: read as rows, and erased."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.domain.privacy import StoredData
from bot.domain.quota.spending import UsageRow
from bot.storage import forgotten, joins
from bot.storage.columns import from_ms, maybe_time, to_ms
from bot.storage.sqlite.connection import Row, Writing, fetch
from bot.storage.sqlite.database import Database

_USAGE = (
    "id, accepted_at, finished_at, channel_id, member_id, family, model, seconds, price_micros, estimate, state, fault,"
    " prompt, forget"
)


class RecordQueries:
    """The part of the store for exports and `/privacy`."""

    db: Database
    lists: Sequence[Path]

    async def usage_rows(
        self, guild_id: str, since: datetime, *, after: UsageRow | None = None, limit: int = 500
    ) -> list[UsageRow]:
        """See `SpendingStore.usage_rows`."""
        found = await self.db.read(
            f"SELECT rowid, {_USAGE} FROM generation WHERE guild_id = ? AND accepted_at >= ? AND joined IS NULL"
            " AND (accepted_at, rowid) > (?, ?) ORDER BY accepted_at, rowid LIMIT ?",
            (guild_id, to_ms(since), *(after.cursor if after else (to_ms(since), -1)), limit),
        )
        return [_anonymous(row) if row["forget"] else _usage(row) for row in found]

    async def stored(self, member_id: str) -> StoredData:
        """See `PrivacyStore.stored`."""
        [row] = await self.db.read(
            "SELECT count(*) FILTER (WHERE prompt <> '') AS generations, count(*) FILTER (WHERE prompt = '') AS forgotten,"
            " count(image_file) + count(end_image_file) AS images, min(accepted_at) FILTER (WHERE prompt <> '') AS since"
            " FROM generation WHERE member_id = ?",
            (member_id,),
        )
        [[defaults]] = await self.db.read("SELECT count(*) FROM member_default WHERE member_id = ?", (member_id,))
        return StoredData(
            generations=row["generations"],
            forgotten=row["forgotten"],
            images=row["images"],
            since=maybe_time(row["since"]),
            defaults=defaults,
        )

    async def forget(self, member_id: str, *, now: datetime | None = None) -> list[str]:
        """See `PrivacyStore.forget`: ended jobs are erased at once, running ones by triggers when they end."""

        async def work(writing: Writing) -> None:
            # A clock that was ahead has dated jobs in the future: they are erased as well.
            [[latest]] = await fetch(
                writing, "SELECT max(accepted_at) FROM generation WHERE member_id = ?", (member_id,)
            )
            await forgotten.note(writing, member_id, max(latest or 0, to_ms(now) if now else 0))
            await writing.execute("UPDATE generation SET forget = 1 WHERE member_id = ? AND forget = 0", (member_id,))
            await joins.forget_joins(writing, member_id)
            for table in ("draft", "question", "history_query", "member_default"):
                await writing.execute(f"DELETE FROM {table} WHERE member_id = ?", (member_id,))
            await writing.execute("DELETE FROM confirmation WHERE ? IN (actor_id, subject_id)", (member_id,))
            await writing.execute("UPDATE report SET words = '' WHERE reporter_id = ? AND words <> ''", (member_id,))

        await self.db.write(work)
        await self.db.scrub()
        return await self.to_discard()

    async def list_forgotten(self) -> None:
        """See `PrivacyStore.list_forgotten`."""
        there = await self.db.read("SELECT * FROM forgotten")
        wanted = {row["member_id"]: row["until"] for row in there}
        await asyncio.to_thread(forgotten.keep, self.lists, wanted)

    async def to_discard(self) -> list[str]:
        """See `PrivacyStore.to_discard`."""
        return [row["file"] for row in await self.db.read("SELECT file FROM discard ORDER BY file")]

    async def discarded(self, files: Sequence[str]) -> None:
        """See `PrivacyStore.discarded`."""

        async def work(writing: Writing) -> None:
            await writing.executemany("DELETE FROM discard WHERE file = ?", [(file,) for file in files])

        await self.db.write(work)


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
        cursor=(row["accepted_at"], row["rowid"]),
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
        cursor=(row["accepted_at"], row["rowid"]),
    )
