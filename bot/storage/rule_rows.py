"""The rows of `rule`. Every function here runs inside the caller's transaction."""

from collections.abc import Iterable

from bot.domain.quota.rules import Rule, Subject, window_order
from bot.storage import guild_settings as guilds
from bot.storage.database import Writing, fetch

_KEY = "guild_id = ? AND subject = ? AND subject_id = ? AND unit = ? AND per = ?"
_SUBJECT = "guild_id = ? AND subject = ? AND subject_id = ?"


async def same_key(writing: Writing, rule: Rule) -> Rule | None:
    """Return the stored rule of the same subject, unit and window."""
    found = await fetch(writing, f"SELECT * FROM rule WHERE {_KEY}", _key(rule))
    return guilds.rule(found[0]) if found else None


async def put(writing: Writing, rule: Rule) -> None:
    """Store a rule; one of the same subject, unit and window gets its amount and keeps its id."""
    await writing.execute(
        "INSERT INTO rule (guild_id, subject, subject_id, unit, per, id, amount) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (guild_id, subject, subject_id, unit, per) DO UPDATE SET amount = excluded.amount",
        (*_key(rule), rule.id, rule.amount),
    )


async def remove(writing: Writing, rule: Rule) -> None:
    """Remove the rule of the same subject, unit and window."""
    await writing.execute(f"DELETE FROM rule WHERE {_KEY}", _key(rule))


async def of_subject(writing: Writing, guild_id: str, subject: Subject, subject_id: str) -> list[Rule]:
    """Return all rules of a subject, the shortest window first."""
    found = await fetch(writing, f"SELECT * FROM rule WHERE {_SUBJECT}", (guild_id, subject, subject_id))
    return sorted((guilds.rule(row) for row in found), key=lambda rule: window_order(rule.unit, rule.per))


async def replace_all(
    writing: Writing, guild_id: str, subject: Subject, subject_id: str, rules: Iterable[Rule]
) -> None:
    """Store these rules as all that a subject has. Those that stay keep their ids."""
    kept = {_key(rule): rule for rule in rules}
    for old in await of_subject(writing, guild_id, subject, subject_id):
        if _key(old) not in kept:
            await remove(writing, old)
    for rule in kept.values():
        await put(writing, rule)


def _key(rule: Rule) -> tuple[str, ...]:
    return rule.guild_id, rule.subject, rule.subject_id, rule.unit, rule.per
