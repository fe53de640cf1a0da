"""What is stored about a member, and its deletion in slices."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.domain.privacy import StoredData
from bot.storage.columns import maybe_time, to_ms
from bot.storage.database import Database, Writing, fetch
from bot.storage.jobs import joins
from bot.storage.privacy import deletion_list, erasing
from bot.storage.versions.history import PICTURED


class PrivacyQueries:
    """The part of the store for `/privacy`."""

    db: Database
    lists: Sequence[Path]

    async def stored(self, member_id: str) -> StoredData:
        """See `PrivacyStore.stored`."""
        read, me = self.db.read, (member_id,)
        # Each number by an index alone, not from the rows: a member may have a hundred thousand.
        [[accepted]] = await read("SELECT count(*) FROM generation WHERE member_id = ?", me)
        [[left]] = await read("SELECT count(*) FROM generation WHERE member_id = ? AND prompt <> ''", me)
        [[since]] = await read("SELECT min(accepted_at) FROM generation WHERE member_id = ? AND prompt <> ''", me)
        [[pictured]] = await read(
            f"SELECT count(*) FROM generation WHERE member_id = ? AND prompt <> '' AND {PICTURED}", me
        )
        [[twice]] = await read(
            "SELECT count(*) FROM generation WHERE member_id = ? AND image_file IS NOT NULL AND end_image_file IS NOT NULL",
            me,
        )
        [[deleted]] = await read(
            "SELECT count(*) FROM generation WHERE member_id = ? AND accepted_at <= coalesce("
            "(SELECT until FROM forgotten WHERE forgotten.member_id = ?), -1)",
            (member_id, member_id),
        )
        [[defaults]] = await read("SELECT count(*) FROM member_default WHERE member_id = ?", me)
        return StoredData(
            generations=left,
            forgotten=min(deleted, accepted - left),
            expired=max(0, accepted - left - deleted),
            images=pictured + twice,
            since=maybe_time(since),
            defaults=defaults,
        )

    async def forget(self, member_id: str, *, now: datetime | None = None) -> list[str]:
        """See `PrivacyStore.forget`: ended jobs are erased in slices, running ones by triggers when they end.

        A crash after the first transaction leaves the deletion to `finish_forgetting`.
        """

        async def work(writing: Writing) -> int:
            # A clock that was ahead has dated jobs in the future: they are erased as well.
            [[latest]] = await fetch(
                writing, "SELECT max(accepted_at) FROM generation WHERE member_id = ?", (member_id,)
            )
            until = max(latest or 0, to_ms(now) if now else 0)
            await erasing.note(writing, member_id, until)
            await joins.forget_joins(writing, member_id)
            for table in ("draft", "question", "history_query", "member_default"):
                await writing.execute(f"DELETE FROM {table} WHERE member_id = ?", (member_id,))
            await writing.execute("DELETE FROM confirmation WHERE ? IN (actor_id, subject_id)", (member_id,))
            await writing.execute("UPDATE report SET words = '' WHERE reporter_id = ? AND words <> ''", (member_id,))
            return until

        await erasing.erase(self.db, member_id, await self.db.write(work))
        await self.db.scrub()
        return await self.to_discard()

    async def finish_forgetting(self) -> bool:
        """See `PrivacyStore.finish_forgetting`."""
        if left := await erasing.unfinished(self.db):
            await self.db.scrub()
        return left

    async def list_forgotten(self) -> None:
        """See `PrivacyStore.list_forgotten`."""
        there = await self.db.read("SELECT member_id, until FROM forgotten")
        await asyncio.to_thread(
            lambda: deletion_list.keep(self.lists, {row["member_id"]: row["until"] for row in there})
        )

    async def to_discard(self, *, after: str = "", limit: int = 500) -> list[str]:
        """See `PrivacyStore.to_discard`."""
        found = await self.db.read("SELECT file FROM discard WHERE file > ? ORDER BY file LIMIT ?", (after, limit))
        return [row["file"] for row in found]

    async def discard_later(self, files: Sequence[str]) -> None:
        """See `PrivacyStore.discard_later`."""

        async def work(writing: Writing) -> None:
            await writing.executemany(
                "INSERT INTO discard (file) VALUES (?) ON CONFLICT (file) DO NOTHING", [(file,) for file in files]
            )

        await self.db.write(work)

    async def discarded(self, files: Sequence[str]) -> None:
        """See `PrivacyStore.discarded`."""

        async def work(writing: Writing) -> None:
            await writing.executemany("DELETE FROM discard WHERE file = ?", [(file,) for file in files])

        await self.db.write(work)
