"""The defaults of members: what `/sora` and `/video` take where a member says nothing."""

from bot.domain.generation import Orientation
from bot.domain.requests.member_defaults import NO_DEFAULTS, MemberDefaults
from bot.storage.database import Database, Read, Row, Writing, fetch

DEFAULTS = frozenset({"member_default"})
FEW = 1_000  # defaults of members that are kept all together, so that a command of one who has none reads nothing


class DefaultsQueries:
    """The part of the store for `/defaults`."""

    db: Database

    async def defaults(self, guild_id: str, member_id: str) -> MemberDefaults:
        """See `DefaultsStore.defaults`."""
        key = (member_id, guild_id)
        if not self.db.shared and (few := await self.db.kept(DEFAULTS, FEW, _few)) is not None:
            return few.get(key, NO_DEFAULTS)

        async def work(read: Read) -> MemberDefaults:
            found = await read("SELECT * FROM member_default WHERE member_id = ? AND guild_id = ?", key)
            return _defaults(found[0]) if found else NO_DEFAULTS

        return await self.db.kept(DEFAULTS, key, work)

    async def set_defaults(
        self,
        guild_id: str,
        member_id: str,
        *,
        model: str | None = None,
        shape: Orientation | None = None,
        seconds: int | None = None,
        style: str | None = None,
    ) -> MemberDefaults:
        """See `DefaultsStore.set_defaults`. One statement, so that two commands at once lose nothing."""

        async def work(writing: Writing) -> MemberDefaults:
            [row] = await fetch(
                writing,
                "INSERT INTO member_default (member_id, guild_id, model, shape, seconds, style)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (member_id, guild_id) DO UPDATE"
                " SET model = coalesce(excluded.model, member_default.model),"
                " shape = coalesce(excluded.shape, member_default.shape),"
                " seconds = coalesce(excluded.seconds, member_default.seconds),"
                " style = coalesce(excluded.style, member_default.style) RETURNING *",
                (member_id, guild_id, model, shape, seconds, style),
            )
            return _defaults(row)

        return await self.db.write(work)

    async def clear_defaults(self, guild_id: str, member_id: str) -> None:
        """See `DefaultsStore.clear_defaults`."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "DELETE FROM member_default WHERE member_id = ? AND guild_id = ?", (member_id, guild_id)
            )

        await self.db.write(work)


async def _few(read: Read) -> dict[tuple[str, str], MemberDefaults] | None:
    """Return the defaults of all members by member and server; None where there are more than a few."""
    found = await read("SELECT * FROM member_default LIMIT ?", (FEW + 1,))
    return {(row["member_id"], row["guild_id"]): _defaults(row) for row in found} if len(found) <= FEW else None


def _defaults(row: Row) -> MemberDefaults:
    return MemberDefaults(
        model=row["model"],
        shape=Orientation(row["shape"]) if row["shape"] in list(Orientation) else None,
        seconds=row["seconds"],
        style=row["style"],
    )
