"""Discord's own clock, as its answers tell it: this machine's may be wrong, and may be put right between two starts.

An id of Discord's says when it was made, by the same clock.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median_low

from bot.domain.contact import dated

READINGS = 20  # answers
READING_SECONDS = 600.0
_EPOCH_MS = 1_420_070_400_000  # the beginning of 2015, from which Discord's ids count


class DiscordClock:
    """The time by the `Date` of answers, carried on by a clock that nobody sets. monotonic: seconds by that clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        # When an answer came, and what must be added to the monotonic clock, or a little less: `Date` is cut to a second, and
        # the answer was on its way.
        self._readings: deque[tuple[float, float]] = deque(maxlen=READINGS)

    def heard(self, date: str | None) -> None:
        """An answer came with this `Date`; what is none is passed over."""
        if (there := dated(date)) is not None:
            now = self._monotonic()
            self._readings.append((now, there.timestamp() - now))

    def now(self) -> datetime | None:
        """The time by the latest answer, or None before the first. Right to about a second."""
        if not self._readings:
            return None
        return datetime.fromtimestamp(self._monotonic() + self._readings[-1][1], UTC)

    def age(self, snowflake: int) -> float | None:
        """How many seconds ago Discord gave an id, at least; None while that is not known.

        By most of the latest answers: the `Date` of one may be a proxy's.
        """
        if not self._readings:
            return None
        now = self._monotonic()
        recent = [offset for at, offset in self._readings if now - at <= READING_SECONDS]
        offset = median_low(recent or [self._readings[-1][1]])
        return now + offset - ((snowflake >> 22) + _EPOCH_MS) / 1000


def moved(snowflake: int, by: timedelta) -> int:
    """The id that Discord would have given so much later."""
    return max(0, snowflake + ((by // timedelta(milliseconds=1)) << 22))


def at(moment: datetime) -> int:
    """The smallest id that Discord gives at a moment of its own clock."""
    return max(0, int(moment.timestamp() * 1000) - _EPOCH_MS) << 22
