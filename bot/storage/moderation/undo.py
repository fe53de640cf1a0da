"""Undoes a moderator's change: the opposite writes and an entry of their own, in one transaction.

A unique index on `change.undoes` makes it happen once, whoever presses.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.domain.moderation.audit import Actor, AuditAction, Change, Undone
from bot.domain.moderation.audit_facts import Fact, GrantFact, PlanFact, RuleFact
from bot.domain.moderation.undo import OF_RULES, OF_SETTINGS, check_undo, without_change
from bot.domain.quota.grants import GrantLot, totals
from bot.domain.quota.limits import Unit
from bot.domain.quota.rules import Rule, Subject
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.storage import locks
from bot.storage.columns import to_ms
from bot.storage.database import Database, Row, Writing, fetch, reading
from bot.storage.moderation import audit_log
from bot.storage.moderation import guild_settings as guilds
from bot.storage.quota import grants
from bot.storage.quota import rules as rule_rows

# What a moderator has taken back of a lot since: undoing that too would give it twice.
_TAKEN_SINCE = (
    "SELECT entry.change_id FROM grant_entry AS entry JOIN change ON change.id = entry.change_id"
    " WHERE entry.guild_id = ? AND entry.member_id = ? AND entry.unit = ? AND entry.grant_id = ? AND entry.kind = 'take'"
    " AND entry.change_id > ? AND change.undoes IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM change AS back WHERE back.undoes = entry.change_id) LIMIT 1"
)


class UndoQueries:
    """The part of the store for the Undo button."""

    db: Database

    async def undo(self, actor: Actor, change_id: int, *, now: datetime) -> Undone:
        """See `AuditLog.undo`."""

        async def work(writing: Writing) -> Undone:
            await writing.lock(locks.guild(actor.guild_id))
            found = await fetch(
                writing, "SELECT * FROM change WHERE id = ? AND guild_id = ?", (change_id, actor.guild_id)
            )
            original = check_undo(audit_log.change(found[0]) if found else None, now)
            if await fetch(writing, "SELECT id FROM change WHERE undoes = ?", (change_id,)):
                raise Refusal(RefusalCode.UNDO_DONE)
            back = Change.by(actor, now, AuditAction.UNDONE, original.subject_id, original.after, original.before)
            back = replace(back, undoes=change_id)
            if original.action in OF_SETTINGS:
                await _settings(writing, original, now)
            elif original.action in OF_RULES:
                await _rules(writing, original)
            else:
                return await _grant(writing, original, back, now)
            return Undone(original=original, change=await audit_log.record(writing, back))

        return await self.db.write(work)


async def _settings(writing: Writing, original: Change, now: datetime) -> None:
    settings = await guilds.settings(reading(writing), original.guild_id)
    await guilds.keep_settings(writing, settings, without_change(settings, original, now))


async def _rules(writing: Writing, original: Change) -> None:
    """Undo one rule, or all of a subject. Raises Refusal `undo_changed` unless the rules are those that the change left."""
    before, after = _facts(original.before), _facts(original.after)
    subject = (before or after)[0].subject
    present = await rule_rows.of_subject(writing, original.guild_id, subject, original.subject_id)
    if original.action is AuditAction.PLANNED:
        same = PlanFact.of(present) == original.after
    else:
        key = (before or after)[0].key()
        same = [fact for fact in map(RuleFact.of, present) if fact.key() == key] == after
    if not same:
        raise Refusal(RefusalCode.UNDO_CHANGED)
    kept = {fact.key() for fact in before}  # what stays keeps its id
    for rule in _restored(original, [fact for fact in after if fact.key() not in kept]):
        await rule_rows.remove(writing, rule)
    for rule in _restored(original, before):
        await rule_rows.put(writing, rule)


def _facts(fact: Fact | None) -> list[RuleFact]:
    match fact:
        case RuleFact():
            return [fact]
        case PlanFact():
            return list(fact.rules)
        case _:
            return []


def _restored(original: Change, facts: list[RuleFact]) -> Iterator[Rule]:
    """The rules of a change. Their ids name the change, so that each is new."""
    for fact in facts:
        yield Rule(
            id=f"undo-{original.id}-{fact.unit}-{fact.per}",
            guild_id=original.guild_id,
            subject=fact.subject,
            subject_id=original.subject_id,
            amount=fact.amount,
            unit=fact.unit,
            per=fact.per,
        )


async def _grant(writing: Writing, original: Change, back: Change, now: datetime) -> Undone:
    """Take back what is unspent of a grant, and close it; or give back what was taken. Raises Refusal `undo_spent`."""
    lots = await fetch(writing, "SELECT * FROM grant_lot WHERE change_id = ?", (original.id,))
    if lots and lots[0]["subject"] == Subject.ROLE:
        return await _role_grant(writing, original, back, lots[0], now)
    guild_id, member_id = original.guild_id, original.subject_id
    own = await grants.own(reading(writing), guild_id, member_id, now=now)
    by_id = {(lot.id, lot.unit): lot for lot in own}
    given: list[tuple[GrantLot, int]] = []
    taken: list[Row] = []
    spent = 0
    for row in await fetch(writing, "SELECT * FROM grant_entry WHERE change_id = ?", (original.id,)):
        lot = by_id.get((row["grant_id"], Unit(row["unit"])))
        if row["amount"] < 0:
            taken.append(row)
            continue
        part = min(lot.left, row["amount"]) if lot else 0
        spent += row["amount"] - part
        if lot and part:
            given.append((lot, part))
    if given and await fetch(
        writing, _TAKEN_SINCE, (guild_id, member_id, given[0][0].unit, given[0][0].id, original.id)
    ):
        raise Refusal(RefusalCode.UNDO_CHANGED)
    if not given and not taken:
        raise Refusal(RefusalCode.UNDO_SPENT)
    unit = Unit(given[0][0].unit if given else taken[0]["unit"])
    before = totals(own).get(unit, 0)
    change = sum(-row["amount"] for row in taken) - sum(part for _, part in given)
    facts = GrantFact(unit=unit, amount=before), GrantFact(unit=unit, amount=before + change)
    stored = await audit_log.record(writing, replace(back, before=facts[0], after=facts[1]))
    mover = grants.Mover(writing, guild_id, member_id, now)
    await mover.take(given, stored.id)
    for row in taken:
        await mover.add(Unit(row["unit"]), -row["amount"], stored.id, grant_id=row["grant_id"])
    for lot in lots:
        await _close(writing, lot["id"], now)
    took = GrantFact(unit=unit, amount=-change) if given else None
    return Undone(original=original, change=stored, taken=took, spent=spent)


async def _role_grant(writing: Writing, original: Change, back: Change, lot: Row, now: datetime) -> Undone:
    """Close a role's grant: nothing more is spent of it. What running jobs have spent stays theirs."""
    stored = await audit_log.record(writing, back)
    await _close(writing, lot["id"], now)
    [[spent]] = await fetch(
        writing,
        "SELECT CAST(coalesce(-sum(amount), 0) AS BIGINT) FROM grant_entry WHERE grant_id = ? AND kind IN ('cover', 'return')",
        (lot["id"],),
    )
    return Undone(
        original=original, change=stored, taken=GrantFact(unit=Unit(lot["unit"]), amount=0, role=True), spent=spent
    )


async def _close(writing: Writing, grant_id: str, now: datetime) -> None:
    await writing.execute(
        "UPDATE grant_lot SET closed_at = ? WHERE id = ? AND closed_at IS NULL", (to_ms(now), grant_id)
    )
