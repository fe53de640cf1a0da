"""A server's settings as rows. The functions beside the class run inside the caller's transaction or read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.domain.moderation.audit import Actor, SettingsChanged, SettingsEdit
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Threads, ZoneChange
from bot.storage import locks
from bot.storage.columns import from_ms, maybe_ms, maybe_time, to_ms
from bot.storage.database import Database, Read, Row, Writing, reading
from bot.storage.moderation import audit_log

TABLES = frozenset({"guild_setting", "guild_item", "zone_change"})  # the settings of all servers


class GuildQueries:
    """The part of the store for `/config`. Every change and its audit line are one transaction."""

    db: Database

    async def guild(self, guild_id: str) -> GuildSettings:
        """See `GuildStore.guild`."""
        return await self.db.kept(TABLES, guild_id, lambda read: settings(read, guild_id))

    async def log_channels(self) -> list[tuple[str, str]]:
        """See `GuildStore.log_channels`."""
        found = await self.db.read(
            "SELECT guild_id, log_channel_id FROM guild_setting WHERE log_channel_id IS NOT NULL ORDER BY guild_id"
        )
        return [(row["guild_id"], row["log_channel_id"]) for row in found]

    async def change_guild(self, actor: Actor, edit: SettingsEdit, *, now: datetime) -> SettingsChanged:
        """See `GuildStore.change_guild`. If the edit raises, everything is rolled back."""

        async def work(writing: Writing) -> SettingsChanged:
            await writing.lock(locks.guild(actor.guild_id))
            read = reading(writing)
            before = await settings(read, actor.guild_id)
            await keep_settings(writing, before, edit.apply(before))
            after = await settings(read, actor.guild_id)
            changed = SettingsChanged.by(actor, now, edit, before, after)
            if changed.change:
                changed = replace(changed, change=await audit_log.record(writing, changed.change))
            return changed

        return await self.db.write(work)


async def settings(read: Read, guild_id: str, *, lists: bool = True) -> GuildSettings:
    """Return a server's settings; lists: with allowed channels and models, blocked members and terms."""
    items = (
        await read("SELECT kind, item, until, reason FROM guild_item WHERE guild_id = ?", (guild_id,)) if lists else []
    )
    zones = await read("SELECT at, zone FROM zone_change WHERE guild_id = ? ORDER BY at, id", (guild_id,))
    found = await read("SELECT * FROM guild_setting WHERE guild_id = ?", (guild_id,))
    known = GuildSettings(
        guild_id=guild_id,
        channels=_listed(items, "channel"),
        families=_listed(items, "family"),
        blocks=frozenset(_block(row) for row in items if row["kind"] == "blocked"),
        terms=_listed(items, "term"),
        zones=tuple(ZoneChange(from_ms(row["at"]), row["zone"]) for row in zones),
    )
    for row in found:
        known = replace(
            known,
            most_running=row["most_running"],
            most_waiting=row["most_waiting"],
            longest=row["longest"],
            dearest=row["dearest"],
            log_channel_id=row["log_channel_id"],
            threads=Threads(row["threads"]),
            spoiler=bool(row["spoiler"]),
            pause=Pause(until=maybe_time(row["paused_until"]), reason=row["pause_reason"]) if row["paused"] else None,
        )
    return known


async def keep_settings(writing: Writing, before: GuildSettings, after: GuildSettings) -> None:
    """Write the differences. Changes of the time zone are only ever added."""
    if after.guild_id != before.guild_id or after.zones[: len(before.zones)] != before.zones:
        raise ValueError("an edit may neither change the server nor what its time zone was")
    await writing.execute(
        "INSERT INTO guild_setting (guild_id, most_running, most_waiting, longest, dearest, log_channel_id, threads, spoiler,"
        " paused, paused_until, pause_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (guild_id) DO UPDATE"
        " SET most_running = excluded.most_running,"
        " most_waiting = excluded.most_waiting, longest = excluded.longest, dearest = excluded.dearest,"
        " log_channel_id = excluded.log_channel_id, threads = excluded.threads, spoiler = excluded.spoiler,"
        " paused = excluded.paused, paused_until = excluded.paused_until, pause_reason = excluded.pause_reason",
        (
            after.guild_id,
            after.most_running,
            after.most_waiting,
            after.longest,
            after.dearest,
            after.log_channel_id,
            after.threads,
            int(after.spoiler),
            int(after.pause is not None),
            maybe_ms(after.pause.until) if after.pause else None,
            after.pause.reason if after.pause else "",
        ),
    )
    for kind, old, new in (
        ("channel", before.channels, after.channels),
        ("family", before.families, after.families),
        ("term", before.terms, after.terms),
    ):
        await writing.executemany(
            "DELETE FROM guild_item WHERE guild_id = ? AND kind = ? AND item = ?",
            [(after.guild_id, kind, item) for item in old - new],
        )
        await writing.executemany(
            "INSERT INTO guild_item (guild_id, kind, item) VALUES (?, ?, ?)",
            [(after.guild_id, kind, item) for item in new - old],
        )
    gone, new_blocks = before.blocks - after.blocks, after.blocks - before.blocks
    await writing.executemany(
        "DELETE FROM guild_item WHERE guild_id = ? AND kind = 'blocked' AND item = ?",
        [(after.guild_id, block.member_id) for block in gone],
    )
    await writing.executemany(
        "INSERT INTO guild_item (guild_id, kind, item, until, reason) VALUES (?, 'blocked', ?, ?, ?)",
        [(after.guild_id, block.member_id, maybe_ms(block.until), block.reason) for block in new_blocks],
    )
    await writing.executemany(
        "INSERT INTO zone_change (guild_id, at, zone) VALUES (?, ?, ?)",
        [(after.guild_id, to_ms(change.at), change.zone) for change in after.zones[len(before.zones) :]],
    )


def _block(row: Row) -> Block:
    return Block(member_id=row["item"], until=maybe_time(row["until"]), reason=row["reason"])


def _listed(items: Iterable[Row], kind: str) -> frozenset[str]:
    return frozenset(row["item"] for row in items if row["kind"] == kind)
