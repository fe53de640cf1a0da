"""Grants as rows: what a member may use beyond their limits. Runs inside the caller's transaction.

Every movement is an entry; a balance is the running total of its lot and never below zero. See `bot.domain.quota.grants`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.quota.grants import Grant, GrantLot, draw, spending_order
from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Unit
from bot.domain.quota.rules import Subject
from bot.storage.columns import maybe_time, to_ms, total
from bot.storage.database import Read, Row, Writing, fetch

_LIVE = "closed_at IS NULL AND (ends_at IS NULL OR ends_at > ?)"


async def lots(read: Read, guild_id: str, member_id: str, role_ids: Iterable[str], *, now: datetime) -> list[GrantLot]:
    """Return what a member has of each grant now, in the order of spending; also lots of which nothing is left.

    role_ids: their roles, whose shares are available to them. A share that they opened earlier is there without the role.
    """
    found = await read(
        "SELECT balance.unit, balance.amount, balance.grant_id, ends_at, subject, subject_id"
        " FROM grant_balance AS balance LEFT JOIN grant_lot ON grant_lot.id = grant_id"
        f" WHERE balance.guild_id = ? AND member_id = ? AND (grant_id = '' OR ({_LIVE}))",
        (guild_id, member_id, to_ms(now)),
    )
    mine = [
        GrantLot(
            id=row["grant_id"],
            unit=Unit(row["unit"]),
            left=row["amount"],
            ends_at=maybe_time(row["ends_at"]),
            role_id=row["subject_id"] if row["subject"] == Subject.ROLE else None,
        )
        for row in found
    ]
    opened = {lot.id for lot in mine}
    shares = [
        GrantLot(id=one.id, unit=one.unit, left=one.amount, ends_at=one.ends_at, role_id=one.subject_id, opened=False)
        for one in await _role_grants(read, guild_id, sorted({*role_ids, guild_id}), now)
        if one.id not in opened
    ]
    return spending_order([*mine, *shares])


async def own(read: Read, guild_id: str, member_id: str, *, now: datetime) -> list[GrantLot]:
    """Return what was granted to the member alone, in the order of spending."""
    return [lot for lot in await lots(read, guild_id, member_id, (), now=now) if lot.role_id is None]


async def live(read: Read, guild_id: str, *, now: datetime) -> list[Grant]:
    """Return the server's grants to roles that have not ended, what ends first first."""
    found = await read(
        f"SELECT * FROM grant_lot WHERE guild_id = ? AND subject = 'role' AND {_LIVE}"
        " ORDER BY ends_at IS NULL, ends_at, id",
        (guild_id, to_ms(now)),
    )
    return [_grant(row) for row in found]


async def close(writing: Writing, guild_id: str, grant_id: str, *, now: datetime) -> Grant | None:
    """End a grant to a role and return it; None where there is none that has not ended."""
    found = await fetch(
        writing,
        f"UPDATE grant_lot SET closed_at = ? WHERE id = ? AND guild_id = ? AND subject = 'role' AND {_LIVE} RETURNING *",
        (to_ms(now), grant_id, guild_id, to_ms(now)),
    )
    return _grant(found[0]) if found else None


async def held(read: Read, guild_id: str, member_id: str) -> dict[Unit, int]:
    """Return what a member's open jobs hold of grants; units without any are absent."""
    [row] = await read(
        f"SELECT {total('covered_videos', 'videos')}, {total('covered_seconds', 'seconds')}, {total('covered_micros', 'usd')}"
        " FROM generation JOIN reservation USING (id)"
        " WHERE generation.member_id = ? AND generation.guild_id = ? AND finished_at IS NULL",
        (member_id, guild_id),
    )
    return {unit: row[unit] for unit in Unit if row[unit]}


class Mover:
    """Moves one member's grants within one transaction."""

    def __init__(self, writing: Writing, guild_id: str, member_id: str, now: datetime) -> None:
        self._writing = writing
        self._guild_id = guild_id
        self._member_id = member_id
        self._at = to_ms(now)

    async def add(self, unit: Unit, amount: int, change_id: int, *, grant_id: str = "") -> None:
        """Add to a lot, for a change of a moderator."""
        await self._move("grant", unit, grant_id, amount, change_id=change_id)

    async def take(self, drawn: Sequence[tuple[GrantLot, int]], change_id: int) -> None:
        """Take back from these lots, for a change of a moderator."""
        for lot, amount in drawn:
            await self._move("take", lot.unit, lot.id, -amount, change_id=change_id)

    async def open(self, grant: Grant, change_id: int) -> None:
        """Store a grant; one to a member becomes their lot at once."""
        await self._writing.execute(
            "INSERT INTO grant_lot (id, guild_id, subject, subject_id, unit, amount, made_at, ends_at, change_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                grant.id,
                grant.guild_id,
                grant.subject,
                grant.subject_id,
                grant.unit,
                grant.amount,
                self._at,
                to_ms(grant.ends_at) if grant.ends_at else None,
                change_id,
            ),
        )
        if grant.subject is Subject.MEMBER:
            await self._move("open", grant.unit, grant.id, grant.amount, change_id=change_id)

    async def cover(self, covered: Amount, available: Sequence[GrantLot], reservation_id: str) -> None:
        """Spend grants on a reservation, from the available lots in their order. A role's share is opened by that."""
        for unit in Unit:
            for lot, amount in draw(available, unit, unit.of(covered)):
                if not lot.opened:
                    await self._move("open", unit, lot.id, lot.left)
                await self._move("cover", unit, lot.id, -amount, reservation_id=reservation_id)

    async def give_back(self, reservation_id: str) -> None:
        """Return what a reservation has spent, to the lots that it came from, whether or not they have ended."""
        spent = await fetch(
            self._writing,
            "SELECT unit, grant_id, -amount AS amount FROM grant_entry WHERE reservation_id = ? AND kind = 'cover'",
            (reservation_id,),
        )
        for row in spent:
            unit = Unit(row["unit"])
            await self._move("return", unit, row["grant_id"], row["amount"], reservation_id=reservation_id)

    async def _move(
        self,
        kind: str,
        unit: Unit,
        grant_id: str,
        amount: int,
        *,
        reservation_id: str | None = None,
        change_id: int | None = None,
    ) -> None:
        lot = (self._guild_id, self._member_id, unit, grant_id)
        await self._writing.execute(
            "INSERT INTO grant_balance (guild_id, member_id, unit, grant_id, amount) VALUES (?, ?, ?, ?, 0)"
            " ON CONFLICT DO NOTHING",
            lot,
        )
        await self._writing.execute(
            "UPDATE grant_balance SET amount = amount + ?"
            " WHERE guild_id = ? AND member_id = ? AND unit = ? AND grant_id = ?",
            (amount, *lot),
        )
        await self._writing.execute(
            "INSERT INTO grant_entry"
            " (guild_id, member_id, unit, grant_id, kind, amount, reservation_id, change_id, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*lot, kind, amount, reservation_id, change_id, self._at),
        )


async def _role_grants(read: Read, guild_id: str, role_ids: Sequence[str], now: datetime) -> list[Grant]:
    marks = ", ".join("?" * len(role_ids))
    found = await read(
        f"SELECT * FROM grant_lot WHERE guild_id = ? AND subject = 'role' AND subject_id IN ({marks}) AND {_LIVE}",
        (guild_id, *role_ids, to_ms(now)),
    )
    return [_grant(row) for row in found]


def _grant(row: Row) -> Grant:
    return Grant(
        id=row["id"],
        guild_id=row["guild_id"],
        subject=Subject(row["subject"]),
        subject_id=row["subject_id"],
        unit=Unit(row["unit"]),
        amount=row["amount"],
        ends_at=maybe_time(row["ends_at"]),
    )
