"""The clocks of a process: the time of day, which may be wrong and may jump, and a monotonic one."""

import time
from datetime import UTC, datetime, timedelta


def whole_ms(at: datetime) -> datetime:
    """Return a time without the parts of a millisecond, which are not stored."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class SystemClock:
    """The time of day, as this machine has it."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)


class SteadyClock:
    """Starts at the time of day and then advances with the monotonic clock, whatever happens to the time of day.

    For leases and pauses.
    """

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._at = time.monotonic()

    def now(self) -> datetime:
        """The start time plus the monotonic time since."""
        return self._began + timedelta(seconds=time.monotonic() - self._at)
