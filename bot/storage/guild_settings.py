"""A server's settings, rules and audit log as rows.

Every function here runs inside the caller's transaction or read.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Threads, ZoneChange
from bot.domain.quota.limits import Per, Unit
from bot.domain.quota.rules import Rule, Subject, order
from bot.storage import audit_facts
from bot.storage.columns import from_ms, maybe_ms, maybe_time, to_ms
from bot.storage.database import Read, Row, Writing, fetch

TABLES = frozenset({"guild_setting", "guild_item", "zone_change"})  # the settings of all servers


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


async def rules_of(read: Read, guild_id: str, member_id: str) -> list[Rule]:
    """Return a server's rules in order of precedence, without those for other members: it may have one for each."""
    found = await read(
        "SELECT * FROM rule WHERE guild_id = :guild AND subject IN ('role', 'everyone', 'server')"
        " UNION ALL SELECT * FROM rule WHERE guild_id = :guild AND subject = 'member' AND subject_id = :member"
        " ORDER BY id",
        {"guild": guild_id, "member": member_id},
    )
    return rules_in_order(found)


def rules_in_order(found: Iterable[Row]) -> list[Rule]:
    """Return rows of `rule` as records in order of precedence. found: ordered by id."""
    return sorted((rule(row) for row in found), key=order)


def rule(row: Row) -> Rule:
    """Return a row of `rule` as a record."""
    return Rule(
        id=row["id"],
        guild_id=row["guild_id"],
        subject=Subject(row["subject"]),
        subject_id=row["subject_id"],
        amount=row["amount"],
        unit=Unit(row["unit"]),
        per=Per(row["per"]),
    )


def change(row: Row) -> Change:
    """Return a row of `change` as a record."""
    return Change(
        id=row["id"],
        guild_id=row["guild_id"],
        at=from_ms(row["at"]),
        actor_id=row["actor_id"],
        action=AuditAction(row["did"]),
        subject_id=row["subject_id"],
        before=audit_facts.from_column(row["before"]),
        after=audit_facts.from_column(row["after"]),
        reason=row["reason"],
        undoes=row["undoes"],
    )


async def record(writing: Writing, line: Change) -> Change:
    """Add a line to the audit log. Returns it with its id."""
    [row] = await fetch(
        writing,
        "INSERT INTO change (guild_id, at, actor_id, did, subject_id, before, after, reason, undoes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            line.guild_id,
            to_ms(line.at),
            line.actor_id,
            line.action,
            line.subject_id,
            audit_facts.to_column(line.before),
            audit_facts.to_column(line.after),
            line.reason,
            line.undoes,
        ),
    )
    return replace(line, id=row["id"])


def _block(row: Row) -> Block:
    return Block(member_id=row["item"], until=maybe_time(row["until"]), reason=row["reason"])


def _listed(items: Iterable[Row], kind: str) -> frozenset[str]:
    return frozenset(row["item"] for row in items if row["kind"] == kind)
