"""The styles of servers, and the defaults of members."""

from datetime import datetime

from bot.domain.generation import Orientation
from bot.domain.member_defaults import NO_DEFAULTS, MemberDefaults
from bot.domain.moderation.audit import Actor, AuditAction, Change
from bot.domain.moderation.audit_facts import StyleFact
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AtMost, Refusal, UnknownWord
from bot.domain.styles import MOST_STYLES, Style, key_of
from bot.storage import locks
from bot.storage.database import Database, Read, Row, Writing, fetch
from bot.storage.moderation import audit_log

DEFAULTS = frozenset({"member_default"})
FEW = 1_000  # defaults of members that are kept all together, so that a command of one who has none reads nothing


class StyleQueries:
    """The part of the store for `/style` and `/defaults`."""

    db: Database

    async def styles(self, guild_id: str) -> list[Style]:
        """See `StyleStore.styles`."""
        found = await self.db.read("SELECT name, text FROM style WHERE guild_id = ? ORDER BY key", (guild_id,))
        return [_style(row) for row in found]

    async def style(self, guild_id: str, name: str) -> Style | None:
        """See `StyleStore.style`."""
        found = await self.db.read(
            "SELECT name, text FROM style WHERE guild_id = ? AND key = ?", (guild_id, key_of(name))
        )
        return _style(found[0]) if found else None

    async def add_style(self, actor: Actor, style: Style, *, now: datetime) -> Change:
        """See `StyleStore.add_style`."""

        async def work(writing: Writing) -> Change:
            await writing.lock(locks.guild(actor.guild_id))
            there = await fetch(writing, "SELECT key, name FROM style WHERE guild_id = ?", (actor.guild_id,))
            names = {row["key"]: row["name"] for row in there}
            if name := names.get(key_of(style.name)):
                raise Refusal(UnknownWord(RefusalCode.STYLE_THERE, word=name))
            if len(names) >= MOST_STYLES:
                raise Refusal(AtMost(RefusalCode.TOO_MANY_STYLES, most=MOST_STYLES))
            await writing.execute(
                "INSERT INTO style (guild_id, key, name, text) VALUES (?, ?, ?, ?)",
                (actor.guild_id, key_of(style.name), style.name, style.text),
            )
            change = Change.by(actor, now, AuditAction.STYLE_ADDED, "", None, StyleFact.of(style))
            await audit_log.record(writing, change)
            return change

        return await self.db.write(work)

    async def remove_style(self, actor: Actor, name: str, *, now: datetime) -> Change | None:
        """See `StyleStore.remove_style`."""

        async def work(writing: Writing) -> Change | None:
            found = await fetch(
                writing,
                "DELETE FROM style WHERE guild_id = ? AND key = ? RETURNING name, text",
                (actor.guild_id, key_of(name)),
            )
            if not found:
                return None
            change = Change.by(actor, now, AuditAction.STYLE_REMOVED, "", StyleFact.of(_style(found[0])))
            await audit_log.record(writing, change)
            return change

        return await self.db.write(work)

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


def _style(row: Row) -> Style:
    return Style(name=row["name"], text=row["text"])


def _defaults(row: Row) -> MemberDefaults:
    return MemberDefaults(
        model=row["model"],
        shape=Orientation(row["shape"]) if row["shape"] in list(Orientation) else None,
        seconds=row["seconds"],
        style=row["style"],
    )
