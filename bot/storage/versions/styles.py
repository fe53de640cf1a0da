"""The styles of servers."""

from datetime import datetime

from bot.domain.moderation.audit import Actor, AuditAction, Change
from bot.domain.moderation.audit_facts import StyleFact
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal, UnknownWord
from bot.domain.requests.styles import MOST_STYLES, Style, key_of
from bot.storage import locks
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.moderation import audit_log


class StyleQueries:
    """The part of the store for `/style`."""

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


def _style(row: Row) -> Style:
    return Style(name=row["name"], text=row["text"])
