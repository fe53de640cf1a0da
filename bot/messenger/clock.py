"""Discord's clock, read from its answers: this machine's clock may be wrong, and may be corrected between two starts.

A Discord id contains its creation time by the same clock.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.domain.processes.contact import dated

READINGS = 20  # answers
READING_SECONDS = 600.0
_EPOCH_MS = 1_420_070_400_000  # the beginning of 2015, from which Discord's ids count


class DiscordClock:
    """The time from the `Date` of answers, continued by a monotonic clock.

    monotonic: seconds of a clock that nobody sets.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        # When an answer came, and the offset to the monotonic clock. The offset is slightly too small: `Date` is cut to
        # a second, and the answer took time to arrive.
        self._readings: deque[tuple[float, float]] = deque(maxlen=READINGS)

    def record(self, date: str | None) -> None:
        """Record the `Date` of an answer. A malformed one is ignored."""
        if (there := dated(date)) is not None:
            now = self._monotonic()
            self._readings.append((now, there.timestamp() - now))

    def now(self) -> datetime | None:
        """Return the time by the latest answer, or None before the first. Correct to about a second."""
        if not self._readings:
            return None
        return datetime.fromtimestamp(self._monotonic() + self._readings[-1][1], UTC)

    def age(self, snowflake: int) -> float | None:
        """Return the minimum age of a Discord id in seconds; None while that is unknown.

        It is judged by the majority of the latest answers, because the `Date` of one may be a proxy's.
        """
        if not self._readings:
            return None
        now = self._monotonic()
        recent = [offset for at, offset in self._readings if now - at <= READING_SECONDS]
        ordered = sorted(recent or [self._readings[-1][1]])
        offset = ordered[(len(ordered) - 1) // 2]  # the lower median
        return now + offset - ((snowflake >> 22) + _EPOCH_MS) / 1000


def moved(snowflake: int, by: timedelta) -> int:
    """Return the id that Discord would have assigned that much later."""
    return max(0, snowflake + ((by // timedelta(milliseconds=1)) << 22))


def at(moment: datetime) -> int:
    """Return the smallest id that Discord assigns at a moment of its own clock."""
    return max(0, int(moment.timestamp() * 1000) - _EPOCH_MS) << 22
