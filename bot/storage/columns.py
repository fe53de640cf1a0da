"""How times and lengths of time are stored: whole milliseconds, times since the epoch in UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(at: datetime) -> int:
    """Milliseconds since the epoch, as stored."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """An aware UTC time from what is stored."""
    return _EPOCH + timedelta(milliseconds=ms)


def maybe_ms(at: datetime | None) -> int | None:
    """`to_ms`, or None for None."""
    return None if at is None else to_ms(at)


def maybe_time(ms: int | None) -> datetime | None:
    """`from_ms`, or None for None."""
    return None if ms is None else from_ms(ms)


# Due, or further ahead than the gap that was set between two tries: then the clock has been set back since. Needs :now.
DUE = "(due_at <= :now OR due_at - gap_ms > :now)"


def gap_ms(due: datetime, now: datetime) -> int:
    """How far ahead of now a due time is set, as stored beside it."""
    return max(0, to_ms(due) - to_ms(now))


def length_ms(length: timedelta) -> int:
    """A length of time in milliseconds, as stored."""
    return length // timedelta(milliseconds=1)
