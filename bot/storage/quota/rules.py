"""The rows of `rule`. Every function here runs inside the caller's transaction or read."""

from collections.abc import Iterable
from functools import partial

from bot.domain.quota.limits import Per, Unit
from bot.domain.quota.rules import Rule, Subject, order, window_order
from bot.storage.database import Read, Row, Writing, fetch, reading

RULES = frozenset({"rule"})
FEW = 200  # rules of a server that are kept all together, those for single members included
_KEY = "guild_id = ? AND subject = ? AND subject_id = ? AND unit = ? AND per = ?"
_SUBJECT = "guild_id = ? AND subject = ? AND subject_id = ?"


async def rules_of(read: Read, guild_id: str, member_id: str) -> list[Rule]:
    """Return a server's rules in order of precedence, without those for other members: it may have one for each."""
    found = await read(
        "SELECT * FROM rule WHERE guild_id = :guild AND subject IN ('role', 'everyone', 'server')"
        " UNION ALL SELECT * FROM rule WHERE guild_id = :guild AND subject = 'member' AND subject_id = :member"
        " ORDER BY id",
        {"guild": guild_id, "member": member_id},
    )
    return rules_in_order(found)


async def kept_rules_of(writing: Writing, guild_id: str, member_id: str) -> list[Rule]:
    """Return the same from what the writer keeps of the server's rules, as far as they are few."""
    kept = await writing.kept(RULES, guild_id, partial(_few, guild_id=guild_id))
    if kept is None:
        return await rules_of(reading(writing), guild_id, member_id)
    return [rule for rule in kept if rule.subject is not Subject.MEMBER or rule.subject_id == member_id]


async def _few(read: Read, *, guild_id: str) -> list[Rule] | None:
    """Return all rules of a server in order of precedence; None where they are more than a few."""
    found = await read("SELECT * FROM rule WHERE guild_id = ? ORDER BY id LIMIT ?", (guild_id, FEW + 1))
    return rules_in_order(found) if len(found) <= FEW else None


def rules_in_order(found: Iterable[Row]) -> list[Rule]:
    """Return rows of `rule` as records in order of precedence. found: ordered by id."""
    return sorted((rule_of(row) for row in found), key=order)


def rule_of(row: Row) -> Rule:
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


async def same_key(writing: Writing, rule: Rule) -> Rule | None:
    """Return the stored rule of the same subject, unit and window."""
    found = await fetch(writing, f"SELECT * FROM rule WHERE {_KEY}", _key(rule))
    return rule_of(found[0]) if found else None


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
    return sorted((rule_of(row) for row in found), key=lambda rule: window_order(rule.unit, rule.per))


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
