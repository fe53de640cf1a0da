"""The ledger's rows: reserve, resolve, reset, read. Every write here runs inside the caller's transaction.

The caller holds the lock on the server's books (`bot.storage.locks.guild`), and where the operator has a budget the lock
on that. Rows of `balance` are written in one order (`_write_order`), so that two servers' transactions cannot wait for each
other: one statement each, or one that lists them in this order. The operator's rows, which every job of the bot writes,
come last: they are locked for the shortest time.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from bot.domain.moderation.guild_settings import zone_window
from bot.domain.queue.admission import decide_quota
from bot.domain.quota.allowance import MembersUsage
from bot.domain.quota.grants import GrantLot, totals
from bot.domain.quota.ledger import Amount, ReservationState, Resolution, step
from bot.domain.quota.limits import Limit, LimitUsage, Per, Scope, Unit
from bot.domain.refusals.refusal import QuotaExceeded, Refusal
from bot.storage.columns import to_ms
from bot.storage.database import Read, Row, Writing, fetch, reading
from bot.storage.quota import grants
from bot.storage.quota.windows import Zones, window_starts, windows

# The columns of a reservation's windows, which begin when these say: those of the operator only where they differ.
_STARTS = ", ".join([*(f"{per}_at" for per in Per), *(f"utc_{per}_at" for per in Per)])
_COLUMN = {Unit.VIDEOS: "videos", Unit.SECONDS: "seconds", Unit.USD: "micros"}
Key = tuple[str, str, str]  # scope, guild_id, member_id
Cell = tuple[str, str, str, str, int]  # scope, guild_id, member_id, per, starts_at: the key of a row of `balance`


_WRITE_ORDER = {Scope.GUILD: 0, Scope.MEMBER: 1, Scope.OPERATOR: 2}


def _keys(guild_id: str, member_id: str) -> tuple[Key, Key, Key]:
    """Return what a job counts for, in the order in which it is written."""
    return ((Scope.GUILD, guild_id, ""), (Scope.MEMBER, guild_id, member_id), (Scope.OPERATOR, "", ""))


def _write_order(cell: Cell) -> tuple[int, Cell]:
    """Return the sort key: the server, the member, the operator; then by the rest of the key."""
    return _WRITE_ORDER[Scope(cell[0])], cell


async def reserve(
    writing: Writing,
    *,
    reservation_id: str,
    guild_id: str,
    member_id: str,
    amount: Amount,
    estimate: bool,
    limits: Sequence[Limit],
    role_ids: Iterable[str],
    zones: Zones,
    now: datetime,
) -> None:
    """Check every limit, then hold the amount in every current window. Raises Refusal `quota`.

    estimate: the price is an estimate; the windows then say so of their sums.

    The part that grants cover is spent from them, and does not count in the member's own windows.
    """
    covered, lots = await check(
        reading(writing),
        guild_id=guild_id,
        member_id=member_id,
        amount=amount,
        limits=limits,
        role_ids=role_ids,
        zones=zones,
        now=now,
    )
    cells: list[Cell] = [
        (*key, per, starts_at)
        for key in _keys(guild_id, member_id)
        for per, starts_at in window_starts(key[0], now, zones).items()
    ]
    counted = {str(scope): (*_counted(scope, amount, covered), int(estimate)) for scope in _WRITE_ORDER}
    await writing.execute(
        "INSERT INTO reservation (id, guild_id, member_id, state, videos, seconds, micros,"
        f" covered_videos, covered_seconds, covered_micros, reserved_at, {_STARTS}) VALUES"
        " (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (reservation_id, guild_id, member_id, *_numbers(amount), *_numbers(covered), to_ms(now), *_starts(cells)),
    )
    await writing.execute(
        "INSERT INTO balance (scope, guild_id, member_id, per, starts_at, held_videos, held_seconds, held_micros, estimated)"
        f" VALUES {_rows(9, len(cells))} ON CONFLICT (scope, guild_id, member_id, starts_at, per) DO UPDATE"
        " SET held_videos = balance.held_videos + excluded.held_videos,"
        " held_seconds = balance.held_seconds + excluded.held_seconds,"
        " held_micros = balance.held_micros + excluded.held_micros,"
        " estimated = CASE WHEN excluded.estimated = 1 THEN 1 ELSE balance.estimated END",
        [value for cell in cells for value in (*cell, *counted[cell[0]])],
    )
    await grants.Mover(writing, guild_id, member_id, now).cover(covered, lots, reservation_id)
    await _enter(writing, reservation_id, "reserve", amount, now)


async def check(
    read: Read,
    *,
    guild_id: str,
    member_id: str,
    amount: Amount,
    limits: Sequence[Limit],
    role_ids: Iterable[str],
    zones: Zones,
    now: datetime,
) -> tuple[Amount, list[GrantLot]]:
    """Return what grants would cover of an amount, and the lots that do. Raises Refusal `quota` if a limit forbids it."""
    used = await uses(read, guild_id, member_id, limits, zones=zones, now=now)
    lots = await grants.lots(read, guild_id, member_id, role_ids, now=now)
    granted = totals(lots)
    covered = decide_quota(used, amount, granted)
    if isinstance(covered, LimitUsage):
        raise Refusal(QuotaExceeded(use=covered, amount=amount, grants=granted.get(covered.limit.unit, 0)))
    return covered, lots


async def resolve(writing: Writing, reservation_id: str, resolution: Resolution, now: datetime) -> None:
    """Post or give back what a reservation holds, in the windows it was made in; only once, else IllegalTransition."""
    [row] = await fetch(writing, "SELECT * FROM reservation WHERE id = ?", (reservation_id,))
    new = ReservationState.POSTED if resolution is Resolution.POST else ReservationState.VOIDED
    step(ReservationState(row["state"]), new)
    await writing.execute(
        "UPDATE reservation SET state = ?, resolved_at = ? WHERE id = ?", (new, to_ms(now), reservation_id)
    )
    amount = Amount(videos=row["videos"], seconds=row["seconds"], micros=row["micros"])
    covered = Amount(videos=row["covered_videos"], seconds=row["covered_seconds"], micros=row["covered_micros"])
    used_by = {
        Resolution.POST: (Scope.MEMBER, Scope.GUILD, Scope.OPERATOR),
        Resolution.BILLED: (Scope.OPERATOR,),
        Resolution.VOID: (),
    }[resolution]
    cells = sorted(_cells(row), key=_write_order)
    for scope in _WRITE_ORDER:
        counted = _counted(scope, amount, covered)
        used = counted if scope in used_by else (0, 0, 0)
        await writing.executemany(
            "UPDATE balance SET held_videos = held_videos - ?, held_seconds = held_seconds - ?,"
            " held_micros = held_micros - ?, used_videos = used_videos + ?, used_seconds = used_seconds + ?,"
            f" used_micros = used_micros + ? WHERE {_cell(scope)}",
            [(*counted, *used, *cell[1:]) for cell in cells if cell[0] == scope],
        )
    if new is ReservationState.VOIDED:
        await grants.Mover(writing, row["guild_id"], row["member_id"], now).give_back(reservation_id)
    await _enter(writing, reservation_id, resolution, amount, now)


async def reset(writing: Writing, guild_id: str, member_id: str, *, zones: Zones, now: datetime) -> None:
    """Reset a member's usage in the current windows to zero, by adding entries; held amounts stay."""
    for per in sorted(Per):  # as `_write_order` has them
        cell = {
            "guild": guild_id,
            "member": member_id,
            "per": per,
            "start": to_ms(zone_window(per, now, zones).start),
            "now": to_ms(now),
        }
        which = (
            "scope = 'member' AND guild_id = :guild AND member_id = :member AND per = :per AND starts_at = :start"
            " AND used_videos + used_seconds + used_micros > 0"
        )
        await writing.execute(
            "INSERT INTO reset_entry (guild_id, member_id, per, starts_at, videos, seconds, micros, at)"
            " SELECT guild_id, member_id, per, starts_at, used_videos, used_seconds, used_micros, CAST(:now AS BIGINT)"
            f" FROM balance WHERE {which}",
            cell,
        )
        await writing.execute(
            f"UPDATE balance SET used_videos = 0, used_seconds = 0, used_micros = 0 WHERE {which}", cell
        )


async def uses(
    read: Read, guild_id: str, member_id: str, limits: Sequence[Limit], *, zones: Zones, now: datetime
) -> list[LimitUsage]:
    """Return the usage of each limit, in their order."""
    if not limits:
        return []
    return _stand(limits, await read(*_query(guild_id, member_id, limits, zones, now)), zones, now)


async def members_usage(read: Read, guild_id: str, limit: Limit, *, zones: Zones, now: datetime) -> MembersUsage:
    """Return how the members of a server stand to everyone's limit, without those who have a rule of their own for its
    unit and window. It costs what was active in the window.
    """
    window, column = windows(Scope.MEMBER, now, zones)[limit.per], _COLUMN[limit.unit]
    amount = f"used_{column} + held_{column}"
    [row] = await read(
        f"SELECT count(*) FILTER (WHERE {amount} > 0) AS active, count(*) FILTER (WHERE {amount} >= ?) AS full,"
        f" max({amount}) AS most, max(estimated) AS estimated FROM balance"
        " WHERE scope = 'member' AND guild_id = ? AND per = ? AND starts_at = ?"
        " AND NOT EXISTS (SELECT 1 FROM rule WHERE rule.guild_id = balance.guild_id AND subject = 'member'"
        " AND subject_id = balance.member_id AND rule.unit = ? AND rule.per = balance.per)",
        (limit.amount, guild_id, limit.per, to_ms(window.start), limit.unit),
    )
    return MembersUsage(
        window=window,
        active=row["active"],
        full=row["full"],
        most=row["most"] or 0,
        estimate=bool(row["estimated"]) and limit.unit is Unit.USD,
    )


def _query(
    guild_id: str, member_id: str, limits: Sequence[Limit], zones: Zones, now: datetime
) -> tuple[str, list[str | int]]:
    """Return one primary-key look-up for each (scope, per) that a limit names."""
    keys = {key[0]: key for key in _keys(guild_id, member_id)}
    cells = sorted({(limit.scope, limit.per) for limit in limits})
    values: list[str | int] = []
    for scope, per in cells:
        values += [*keys[scope][1:], per, window_starts(scope, now, zones)[per]]
    return _look_ups(tuple(scope for scope, _ in cells)), values


@lru_cache(maxsize=256)
def _look_ups(scopes: tuple[str, ...]) -> str:
    """Return one look-up for each: with `IN (VALUES …)` SQLite reads the whole table instead."""
    return " UNION ALL ".join(f"SELECT * FROM balance WHERE {_cell(scope)}" for scope in scopes)


def _cell(scope: str) -> str:
    """Return the condition for a row of `balance`. Needs the rest of its key.

    The scope is no parameter: SQLite would prepare the statement again each time, because an index holds one scope only.
    """
    return f"scope = '{Scope(scope)}' AND guild_id = ? AND member_id = ? AND per = ? AND starts_at = ?"


def _stand(limits: Sequence[Limit], found: Iterable[Row], zones: Zones, now: datetime) -> list[LimitUsage]:
    balances = {(row["scope"], row["per"]): row for row in found}
    used: list[LimitUsage] = []
    for limit in limits:
        row = balances.get((limit.scope, limit.per))
        column = _COLUMN[limit.unit]
        used.append(
            LimitUsage(
                limit=limit,
                window=windows(limit.scope, now, zones)[limit.per],
                used=row[f"used_{column}"] if row else 0,
                held=row[f"held_{column}"] if row else 0,
                estimate=bool(row and row["estimated"]) and limit.unit is Unit.USD,
            )
        )
    return used


def _rows(columns: int, rows: int) -> str:
    """Return the marks of so many rows: one statement instead of one for each row."""
    row = f"({', '.join('?' * columns)})"
    return ", ".join([row] * rows)


def _starts(cells: Iterable[Cell]) -> list[int | None]:
    """Return the values of `_STARTS`."""
    starts = {(scope, per): at for scope, _, _, per, at in cells}
    here, utc = ([starts[scope, per] for per in Per] for scope in (Scope.GUILD, Scope.OPERATOR))
    return [*here, *(None if at == own else at for at, own in zip(utc, here, strict=True))]


def _cells(row: Row) -> Iterator[Cell]:
    """Yield the rows of `balance` in which a reservation counts."""
    for scope, guild_id, member_id in _keys(row["guild_id"], row["member_id"]):
        for per in Per:
            starts_at = row[f"{per}_at"]
            if scope == Scope.OPERATOR and row[f"utc_{per}_at"] is not None:
                starts_at = row[f"utc_{per}_at"]
            yield scope, guild_id, member_id, per, starts_at


def _numbers(amount: Amount) -> tuple[int, int, int]:
    return amount.videos, amount.seconds, amount.micros


def _counted(scope: str, amount: Amount, covered: Amount) -> tuple[int, int, int]:
    """Return what a job moves in a window. A member's own windows do not count what their grants paid for."""
    return _numbers(amount - covered if scope == Scope.MEMBER else amount)


async def _enter(writing: Writing, reservation_id: str, kind: str, amount: Amount, now: datetime) -> None:
    await writing.execute(
        "INSERT INTO entry (reservation_id, kind, videos, seconds, micros, at) VALUES (?, ?, ?, ?, ?, ?)",
        (reservation_id, kind, amount.videos, amount.seconds, amount.micros, to_ms(now)),
    )
