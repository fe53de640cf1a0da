"""The clocks of a process: the time of day, which may be wrong and may jump, and one that only goes forward."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The time of day, as this machine has it."""

    def now(self) -> datetime:
        """Now, UTC."""
        return datetime.now(UTC)


class SteadyClock:
    """Begins at the time of day and only goes forward from there, whatever becomes of that: for leases and pauses."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._at = time.monotonic()

    def now(self) -> datetime:
        """So long after it began."""
        return self._began + timedelta(seconds=time.monotonic() - self._at)
