"""Grants: what a member may use beyond their limits, kept until spent. Runs inside the caller's transaction.

Every movement is an entry; the balance is their running total and never below zero.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Unit
from bot.storage.columns import to_ms
from bot.storage.sqlite.connection import Read, Writing


async def left(read: Read, guild_id: str, member_id: str) -> Mapping[Unit, int]:
    """Return a member's unspent grants; units without any are absent."""
    found = await read(
        "SELECT unit, amount FROM grant_balance WHERE guild_id = ? AND member_id = ? AND amount > 0",
        (guild_id, member_id),
    )
    return {Unit(row["unit"]): row["amount"] for row in found}


async def held(read: Read, guild_id: str, member_id: str) -> Mapping[Unit, int]:
    """Return what a member's open jobs hold of grants; units without any are absent."""
    [row] = await read(
        "SELECT sum(covered_videos) AS videos, sum(covered_seconds) AS seconds, sum(covered_micros) AS usd"
        " FROM generation JOIN reservation USING (id)"
        " WHERE generation.member_id = ? AND generation.guild_id = ? AND finished_at IS NULL",
        (member_id, guild_id),
    )
    return {unit: row[unit] for unit in Unit if row[unit]}


async def move(
    writing: Writing, kind: str, guild_id: str, member_id: str, amounts: Mapping[Unit, int], now: datetime
) -> None:
    """Add to a member's grants, or subtract negative amounts. kind: grant or take."""
    await _move(writing, kind, guild_id, member_id, amounts, None, now)


async def cover(
    writing: Writing, guild_id: str, member_id: str, covered: Amount, reservation_id: str, now: datetime
) -> None:
    """Spend grants on a reservation."""
    amounts = {unit: -unit.of(covered) for unit in Unit}
    await _move(writing, "cover", guild_id, member_id, amounts, reservation_id, now)


async def give_back(
    writing: Writing, guild_id: str, member_id: str, covered: Amount, reservation_id: str, now: datetime
) -> None:
    """Return the grants that a reservation has used."""
    amounts = {unit: unit.of(covered) for unit in Unit}
    await _move(writing, "return", guild_id, member_id, amounts, reservation_id, now)


async def _move(
    writing: Writing,
    kind: str,
    guild_id: str,
    member_id: str,
    amounts: Mapping[Unit, int],
    reservation_id: str | None,
    now: datetime,
) -> None:
    for unit, amount in amounts.items():
        if not amount:
            continue
        await writing.execute(
            "INSERT INTO grant_balance (guild_id, member_id, unit, amount) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING",
            (guild_id, member_id, unit),
        )
        await writing.execute(
            "UPDATE grant_balance SET amount = amount + ? WHERE guild_id = ? AND member_id = ? AND unit = ?",
            (amount, guild_id, member_id, unit),
        )
        await writing.execute(
            "INSERT INTO grant_entry (guild_id, member_id, unit, kind, amount, reservation_id, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (guild_id, member_id, unit, kind, amount, reservation_id, to_ms(now)),
        )
