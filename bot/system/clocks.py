"""The clocks of a process: the time of day, which may be wrong and may jump, and a monotonic one.

Where several processes share a database, both follow its clock, so that times which one has stored mean the same to all.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

SLOW = timedelta(seconds=1)  # an answer that took longer says too little about the time
EXACT = timedelta(milliseconds=50)  # a smaller difference is that of the way
JUMP = timedelta(minutes=1)  # a larger difference is a clock that was set, which no lease is to feel


def whole_ms(at: datetime) -> datetime:
    """Return a time without the parts of a millisecond, which are not stored."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class SystemClock:
    """The time of day, as this machine has it. offset: what is added, to agree with the clock of the database."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC) + self.offset


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

    def shift(self, by: timedelta) -> None:
        """Move the clock, to agree with that of the database."""
        self._began += by


@dataclass(slots=True)
class Clocks:
    """The two clocks of this process. Without `follow`, they are this machine's own."""

    system: SystemClock = field(default_factory=SystemClock)
    steady: SteadyClock = field(default_factory=SteadyClock)
    _followed: bool = False

    def follow(self, at: datetime, *, asked_at: datetime, took: timedelta) -> None:
        """Agree with the database's clock. at: its time; asked_at: this machine's time of day just before; took: since then.

        The steady clock takes over its time at first, and afterwards small differences only: leases outlast a clock that
        is set.
        """
        if took > SLOW and self._followed:
            return
        offset = at - (asked_at + took / 2)
        if abs(offset - self.system.offset) > EXACT:
            self.system.offset = offset
        apart = self.system.now() - self.steady.now()
        if not self._followed or EXACT < abs(apart) < JUMP:
            self.steady.shift(apart)
        self._followed = True
