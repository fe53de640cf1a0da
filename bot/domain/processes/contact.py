"""Whether the other side of a network responds, since when it does not, and what time it is there.

A time that the other side wrote is compared with its own clock, never with this machine's. Its clock is known from the
`Date` of its responses; between two of them, it advances as this machine's clocks do, as long as both of those agree.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

AGREEMENT = 5.0  # seconds by which the two clocks of this machine may differ before neither is trusted


@lru_cache(maxsize=8)  # it changes once a second, however many responses there are
def dated(text: str | None) -> datetime | None:
    """The time in a `Date` header; None where it is not a valid one, since any proxy may have written it."""
    try:
        at = parsedate_to_datetime(text or "")
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if 2000 <= at.year < 2200 else None


class Contact:
    """The state of the connection to the other side, and its clock.

    steady, of_day: functions that return seconds, by a monotonic clock and by the time of day.
    """

    def __init__(self, steady: Callable[[], float], of_day: Callable[[], float]) -> None:
        self._steady = steady
        self._of_day = of_day
        self._began = steady()
        self._called_at: float | None = None
        self._answered_at: float | None = None
        self._failed_at: float | None = None  # of the first failure since the last response
        self._dated: tuple[float, float, float] | None = None  # there, steady, time of day

    def answered(self, dated: datetime | None = None) -> None:
        """Record a response. dated: the time there, as the response gives it."""
        now = self._steady()
        self._called_at = self._answered_at = now
        self._failed_at = None
        if dated is not None:
            self._dated = (dated.timestamp(), now, self._of_day())

    def unanswered(self) -> None:
        """Record a call that got no response, or one from a proxy."""
        self._called_at = now = self._steady()
        if self._failed_at is None:
            self._failed_at = now

    @property
    def away(self) -> float | None:
        """For how many seconds there has been no response while calls fail; None while no call has failed since the
        last response.
        """
        if self._failed_at is None:
            return None
        return self._steady() - (self._began if self._answered_at is None else self._answered_at)

    @property
    def failing(self) -> float:
        """For how many seconds calls have been made without one response."""
        return 0.0 if self._failed_at is None else self._steady() - self._failed_at

    @property
    def silent(self) -> float | None:
        """For how many seconds there has been no response; None before the first one."""
        return None if self._answered_at is None else self._steady() - self._answered_at

    @property
    def idle(self) -> float:
        """For how many seconds no call has been made."""
        return self._steady() - (self._began if self._called_at is None else self._called_at)

    def answered_within(self, seconds: float) -> bool:
        """Whether there was a response within the last `seconds`."""
        return self._answered_at is not None and self._steady() - self._answered_at <= seconds

    def now(self) -> datetime | None:
        """The time there. None before the first response that gives it, and after this machine slept or its clock was
        set: then it is unknown how old that response is.
        """
        if self._dated is None:
            return None
        there, steady, of_day = self._dated
        elapsed = self._steady() - steady
        if abs((self._of_day() - of_day) - elapsed) > AGREEMENT:
            return None
        return datetime.fromtimestamp(there, UTC) + timedelta(seconds=elapsed)
