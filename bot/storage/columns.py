"""How times and durations are stored: whole milliseconds, times since the epoch in UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
LAST_MS = 253_402_300_799_999  # the last time that a datetime can hold


def to_ms(at: datetime) -> int:
    """Return a time as stored: milliseconds since the epoch."""
    return (at - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """Return a stored time as an aware UTC time."""
    return _EPOCH + timedelta(milliseconds=ms)


def maybe_ms(at: datetime | None) -> int | None:
    """`to_ms`, or None for None."""
    return None if at is None else to_ms(at)


def maybe_time(ms: int | None) -> datetime | None:
    """`from_ms`, or None for None."""
    return None if ms is None else from_ms(ms)


# Due, or further ahead than the gap that was set between two tries: then the clock has been set back since. Needs :now.
DUE = "(due_at <= :now OR due_at - gap_ms > :now)"


def later_of(one: str, other: str) -> str:
    """Return SQL for the later of two times, which is the one where the other is NULL.

    SQLite has `max` of two values for it, PostgreSQL `greatest`: this is SQL for both.
    """
    return f"CASE WHEN {other} > {one} THEN {other} ELSE {one} END"


def total(column: str, name: str) -> str:
    """Return SQL for the sum of whole numbers, as a column of this name. PostgreSQL's own sum of them is no whole number."""
    return f"CAST(sum({column}) AS BIGINT) AS {name}"


def gap_ms(due: datetime, now: datetime) -> int:
    """Return the gap from now to a due time, as it is stored beside the due time."""
    return max(0, to_ms(due) - to_ms(now))


def length_ms(length: timedelta) -> int:
    """Return a duration as stored: milliseconds."""
    return length // _MS
