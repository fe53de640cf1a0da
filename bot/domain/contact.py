"""Whether the other side of a network answers at all, since when it does not, and what time it is there.

What the other side dates is compared with its own clock, never with this machine's. Its clock is known from the `Date` of its
answers; between two of them it is as much later there as it is here, as long as both of this machine's clocks say the same.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

AGREEMENT = 5.0  # seconds by which the two clocks of this machine may differ before neither is believed


def dated(text: str | None) -> datetime | None:
    """The time that a `Date` names; None for what is none, as anybody in between may have written it."""
    try:
        at = parsedate_to_datetime(text or "")
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if 2000 <= at.year < 2200 else None


class Contact:
    """What is known of the other side. steady, of_day: seconds by a clock that only goes forward, and by the time of day."""

    def __init__(self, steady: Callable[[], float], of_day: Callable[[], float]) -> None:
        self._steady = steady
        self._of_day = of_day
        self._began = steady()
        self._called_at: float | None = None
        self._answered_at: float | None = None
        self._failed_at: float | None = None  # of the first failure since the last answer
        self._dated: tuple[float, float, float] | None = None  # there, steady, time of day

    def answered(self, dated: datetime | None = None) -> None:
        """A call was answered; dated: what the answer says of the time there."""
        now = self._steady()
        self._called_at = self._answered_at = now
        self._failed_at = None
        if dated is not None:
            self._dated = (dated.timestamp(), now, self._of_day())

    def unanswered(self) -> None:
        """A call was not, or by something in between."""
        self._called_at = now = self._steady()
        if self._failed_at is None:
            self._failed_at = now

    @property
    def away(self) -> float | None:
        """For how many seconds nothing has been answered, while calls fail; None while nothing is known against it."""
        if self._failed_at is None:
            return None
        return self._steady() - (self._began if self._answered_at is None else self._answered_at)

    @property
    def failing(self) -> float:
        """For how many seconds calls have been made and not one was answered."""
        return 0.0 if self._failed_at is None else self._steady() - self._failed_at

    @property
    def idle(self) -> float:
        """For how many seconds nobody has called."""
        return self._steady() - (self._began if self._called_at is None else self._called_at)

    def answered_within(self, seconds: float) -> bool:
        """Whether anything was answered in the last so many seconds."""
        return self._answered_at is not None and self._steady() - self._answered_at <= seconds

    def now(self) -> datetime | None:
        """The time there. None before the first answer that says it, and where this machine has slept or its clock was set
        since: how long ago that answer was is then unknown."""
        if self._dated is None:
            return None
        there, steady, of_day = self._dated
        elapsed = self._steady() - steady
        if abs((self._of_day() - of_day) - elapsed) > AGREEMENT:
            return None
        return datetime.fromtimestamp(there, UTC) + timedelta(seconds=elapsed)
