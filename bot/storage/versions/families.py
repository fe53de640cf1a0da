"""Families of versions: found by message, by thread, by member."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.generation import Generation
from bot.domain.messages.delivery import LOST, REMOVED
from bot.domain.versions.version import FamilyNode, Version
from bot.storage import rows
from bot.storage.database import Database, Read, Row

# Every column of the delivery under a name of its own: both tables have an id, a state, a lease.
_POST = (
    "id",
    "generation_id",
    "channel_id",
    "state",
    "attempts",
    "queued_at",
    "tried_ms",
    "message_id",
    "removed_at",
    "why",
    "asked_id",
)
_WITH_POST = (
    f"SELECT generation.*, {', '.join(f'delivery.{name} AS post_{name}' for name in _POST)}"
    " FROM generation LEFT JOIN delivery ON delivery.generation_id = generation.id"
)

# Has its video, or is in progress.
_LIVING = (
    "state NOT IN ('failed', 'cancelled') AND NOT EXISTS ("
    "SELECT 1 FROM delivery WHERE generation_id = generation.id"
    f" AND (removed_at IS NOT NULL OR delivery.state = 'undeliverable' AND why IN ('{LOST}', '{REMOVED}')))"
    " AND NOT EXISTS (SELECT 1 FROM removal WHERE generation_id = generation.id)"
)


def _version(row: Row) -> Version:
    post = {name: row[f"post_{name}"] for name in _POST}
    return Version(generation=rows.generation(row), delivery=rows.delivery(post) if post["id"] else None)


async def one(read: Read, generation_id: str) -> Version | None:
    """Return one generation with its post."""
    found = await read(f"{_WITH_POST} WHERE generation.id = ?", (generation_id,))
    return _version(found[0]) if found else None


async def numbered(read: Read, new: Generation) -> Generation:
    """Return a new version with its family and its number: the family of its parent, and the next number."""
    if new.parent_id is None:
        return new
    [[root_id, last]] = await read(
        "SELECT root_id, (SELECT max(version) FROM generation WHERE root_id = parent.root_id) FROM generation AS parent"
        " WHERE id = ?",
        (new.parent_id,),
    )
    return replace(new, root_id=root_id, version=last + 1)


async def these(read: Read, ids: Sequence[str]) -> list[Version]:
    """Return these generations with their posts, the newest first."""
    if not ids:
        return []
    marks = ", ".join("?" * len(ids))
    found = [_version(row) for row in await read(f"{_WITH_POST} WHERE generation.id IN ({marks})", ids)]
    return sorted(found, key=lambda one: (one.generation.accepted_at, one.generation.id), reverse=True)


class VersionQueries:
    """The part of the store for Again, Remix, replies, threads and `/history`."""

    db: Database

    async def version(self, generation_id: str) -> Version | None:
        """See `VersionStore.version`."""
        return await one(self.db.read, generation_id)

    async def at_message(self, message_id: str) -> Version | None:
        """See `VersionStore.at_message`."""
        found = await self.db.read(
            f"{_WITH_POST} WHERE generation.id IN (SELECT generation_id FROM delivery WHERE message_id = ?"
            " UNION ALL SELECT id FROM generation WHERE card_message_id = ?)",
            (message_id, message_id),
        )
        return _version(found[0]) if found else None

    async def newest_in(self, thread_id: str) -> Generation | None:
        """See `VersionStore.newest_in`. A thread on a message has its id; all versions in it belong to one family."""
        start = await self.db.read(
            "SELECT generation.* FROM delivery JOIN generation ON generation.id = generation_id WHERE message_id = ?",
            (thread_id,),
        )
        if not start:
            return None
        [first] = start
        if first["joined"]:  # what is made in its thread goes on from its last part
            [first] = await self.db.read("SELECT * FROM generation WHERE id = ?", (first["parent_id"],))
        family = "root_id = ? AND (channel_id = ? OR id = ?) ORDER BY version DESC"
        return await self._newest(family, first["root_id"], thread_id, first["id"]) or rows.generation(first)

    async def newest_made_in(self, thread_id: str) -> Generation | None:
        """See `VersionStore.newest_made_in`. Only a request made in a thread has a parent channel."""
        return await self._newest(
            "channel_id = ? AND parent_channel_id IS NOT NULL ORDER BY accepted_at DESC, id DESC", thread_id
        )

    async def _newest(self, among: str, *values: str) -> Generation | None:
        for preferred in (_LIVING, "TRUE"):
            found = await self.db.read(
                f"SELECT * FROM generation WHERE prompt <> '' AND joined IS NULL AND {preferred} AND {among} LIMIT 1",
                values,
            )
            if found:
                return rows.generation(found[0])
        return None

    async def locale_of(self, member_id: str) -> str | None:
        """See `VersionStore.locale_of`."""
        found = await self.db.read(
            "SELECT locale FROM generation WHERE member_id = ? ORDER BY accepted_at DESC LIMIT 1", (member_id,)
        )
        return found[0]["locale"] if found else None

    async def family(self, root_id: str) -> list[FamilyNode]:
        """See `VersionStore.family`."""
        found = await self.db.read(
            "SELECT id, parent_id FROM generation WHERE root_id = ? ORDER BY version", (root_id,)
        )
        return await asyncio.to_thread(_nodes, found) if len(found) > rows.FEW else _nodes(found)

    async def versions(self, generation_ids: Sequence[str]) -> list[Version]:
        """See `VersionStore.versions`."""
        return await these(self.db.read, generation_ids)

    async def history(self, guild_id: str, member_id: str, *, skip: int, limit: int) -> tuple[list[Version], int]:
        """See `VersionStore.history`. It omits what the member has deleted.

        Skipped rows are skipped in the index alone: rows are read and posts looked up only for the page itself.
        """
        own = "member_id = ? AND guild_id = ? AND prompt <> ''"
        found = await self.db.read(
            f"{_WITH_POST} WHERE generation.id IN"
            f" (SELECT id FROM generation WHERE {own} ORDER BY accepted_at DESC, id DESC LIMIT ? OFFSET ?)",
            (member_id, guild_id, limit, skip),
        )
        [[count]] = await self.db.read(f"SELECT count(*) FROM generation WHERE {own}", (member_id, guild_id))
        page = [_version(row) for row in found]
        return sorted(page, key=lambda one: (one.generation.accepted_at, one.generation.id), reverse=True), count

    async def made_from(self, draft_id: str) -> Version | None:
        """See `DraftStore.made_from`."""
        found = await self.db.read(f"{_WITH_POST} WHERE generation.draft_id = ?", (draft_id,))
        return _version(found[0]) if found else None


def _nodes(found: Sequence[Row]) -> list[FamilyNode]:
    return [FamilyNode(id=row["id"], parent_id=row["parent_id"]) for row in found]
