"""The ledger's rows: reserve, resolve, read. Every function here runs inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from bot.domain.errors import Refusal
from bot.domain.ledger import Amount, ReservationState, Resolution, step
from bot.domain.quota import Limit, Per, Scope, Unit, Use, Window, exceeded, window
from bot.storage.database import Database, Row, Writing, rows, to_ms

_COLUMN = {Unit.VIDEOS: "videos", Unit.SECONDS: "seconds", Unit.USD: "micros"}
Key = tuple[str, str, str]  # scope, guild_id, member_id


def _keys(guild_id: str, member_id: str) -> tuple[Key, Key, Key]:
    return ((Scope.MEMBER, guild_id, member_id), (Scope.GUILD, guild_id, ""), (Scope.OPERATOR, "", ""))


def _window(scope: str, per: Per, at: datetime, zone: tzinfo) -> Window:
    return window(per, at, UTC if scope == Scope.OPERATOR else zone)


async def reserve(
    writing: Writing,
    *,
    reservation_id: str,
    guild_id: str,
    member_id: str,
    amount: Amount,
    limits: Sequence[Limit],
    zone: tzinfo,
    now: datetime,
) -> None:
    """Check every limit, then hold the amount in every window of now. Raises Refusal `quota`."""
    standing = await _read(writing, guild_id, member_id, limits, zone, now)
    if over := exceeded(standing, amount):
        raise Refusal("quota", use=over, amount=amount)
    cells = [
        (scope, guild, member, per, to_ms(_window(scope, per, now, zone).start))
        for scope, guild, member in _keys(guild_id, member_id)
        for per in Per
    ]
    held = (amount.videos, amount.seconds, amount.micros)
    await writing.execute(
        "INSERT INTO reservation (id, guild_id, member_id, state, videos, seconds, micros, reserved_at)"
        " VALUES (?, ?, ?, 'pending', ?, ?, ?, ?)",
        (reservation_id, guild_id, member_id, *held, to_ms(now)),
    )
    await writing.executemany(
        "INSERT INTO reservation_window (reservation_id, scope, guild_id, member_id, per, starts_at) VALUES (?, ?, ?, ?, ?, ?)",
        [(reservation_id, *cell) for cell in cells],
    )
    await writing.executemany(
        "INSERT INTO balance (scope, guild_id, member_id, per, starts_at, held_videos, held_seconds, held_micros)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET held_videos = held_videos + excluded.held_videos,"
        " held_seconds = held_seconds + excluded.held_seconds, held_micros = held_micros + excluded.held_micros",
        [(*cell, *held) for cell in cells],
    )
    await _enter(writing, reservation_id, "reserve", amount, now)


async def resolve(writing: Writing, reservation_id: str, resolution: Resolution, now: datetime) -> None:
    """Post or give back what a reservation holds, in the windows it was made in; once, or IllegalTransition."""
    [row] = await rows(writing, "SELECT * FROM reservation WHERE id = ?", (reservation_id,))
    new = ReservationState.POSTED if resolution is Resolution.POST else ReservationState.VOIDED
    step(ReservationState(row["state"]), new)
    await writing.execute(
        "UPDATE reservation SET state = ?, resolved_at = ? WHERE id = ?", (new, to_ms(now), reservation_id)
    )
    amount = Amount(videos=row["videos"], seconds=row["seconds"], micros=row["micros"])
    used_by = {
        Resolution.POST: (Scope.MEMBER, Scope.GUILD, Scope.OPERATOR),
        Resolution.BILLED: (Scope.OPERATOR,),
        Resolution.VOID: (),
    }[resolution]
    cells = await rows(writing, "SELECT * FROM reservation_window WHERE reservation_id = ?", (reservation_id,))
    held = (amount.videos, amount.seconds, amount.micros)
    await writing.executemany(
        "UPDATE balance SET held_videos = held_videos - ?, held_seconds = held_seconds - ?, held_micros = held_micros - ?,"
        " used_videos = used_videos + ?, used_seconds = used_seconds + ?, used_micros = used_micros + ?"
        " WHERE scope = ? AND guild_id = ? AND member_id = ? AND per = ? AND starts_at = ?",
        [
            (
                *held,
                *(held if cell["scope"] in used_by else (0, 0, 0)),
                *(cell[name] for name in ("scope", "guild_id", "member_id", "per", "starts_at")),
            )
            for cell in cells
        ],
    )
    await _enter(writing, reservation_id, resolution, amount, now)


async def uses(
    database: Database, guild_id: str, member_id: str, limits: Sequence[Limit], *, zone: tzinfo, now: datetime
) -> list[Use]:
    """What each limit stands at, for reading only."""
    return _stand(limits, await database.read(*_query(guild_id, member_id, limits, zone, now)), zone, now)


async def _read(
    writing: Writing, guild_id: str, member_id: str, limits: Sequence[Limit], zone: tzinfo, now: datetime
) -> list[Use]:
    return _stand(limits, await rows(writing, *_query(guild_id, member_id, limits, zone, now)), zone, now)


def _query(
    guild_id: str, member_id: str, limits: Sequence[Limit], zone: tzinfo, now: datetime
) -> tuple[str, list[str | int]]:
    """One primary-key look-up per (scope, per) that a limit names."""
    keys = {key[0]: key for key in _keys(guild_id, member_id)}
    cells = {(limit.scope, limit.per) for limit in limits}
    values: list[str | int] = []
    for scope, per in sorted(cells):
        values += [*keys[scope], per, to_ms(_window(scope, per, now, zone).start)]
    wanted = ", ".join(["(?, ?, ?, ?, ?)"] * len(cells)) or "(NULL, NULL, NULL, NULL, NULL)"
    # Joined in this order: with `IN (VALUES …)` SQLite reads the whole table instead.
    return (
        f"WITH wanted (scope, guild_id, member_id, per, starts_at) AS (VALUES {wanted})"
        " SELECT balance.* FROM wanted CROSS JOIN balance USING (scope, guild_id, member_id, per, starts_at)",
        values,
    )


def _stand(limits: Sequence[Limit], found: Iterable[Row], zone: tzinfo, now: datetime) -> list[Use]:
    balances = {(row["scope"], row["per"]): row for row in found}
    standing: list[Use] = []
    for limit in limits:
        row = balances.get((limit.scope, limit.per))
        column = _COLUMN[limit.unit]
        standing.append(
            Use(
                limit=limit,
                window=_window(limit.scope, limit.per, now, zone),
                used=row[f"used_{column}"] if row else 0,
                held=row[f"held_{column}"] if row else 0,
            )
        )
    return standing


async def _enter(writing: Writing, reservation_id: str, kind: str, amount: Amount, now: datetime) -> None:
    await writing.execute(
        "INSERT INTO entry (reservation_id, kind, videos, seconds, micros, at) VALUES (?, ?, ?, ?, ?, ?)",
        (reservation_id, kind, amount.videos, amount.seconds, amount.micros, to_ms(now)),
    )
