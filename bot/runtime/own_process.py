"""This process among those that share the database: whether it may act, and whether it leads.

A process that was paused for a while may have been declared dead: what it had claimed is given back, and others may have
done it. So before each step that cannot be taken back (a paid call, a post) it asks `may_act`: the database must have
confirmed a heartbeat within the last ten seconds, and nobody is declared dead before thirty. Time is measured by a clock
that also advances while the machine is suspended.

A process that has its database to itself may always act, and always leads: the lock on the file keeps others out, and a
disk that is slow must not stop it.
"""

import asyncio
import time
from collections.abc import Callable

from bot.domain.processes.process import ACTS_FOR, TERM, Role

MARGIN = 1.0  # seconds by which a leader stops before its term is over


def uptime() -> float:
    """Seconds that only go forward, and that include a suspension of the machine where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class OwnProcess:
    """id: of its row. alone: no other process may use the database. uptime: seconds."""

    def __init__(
        self, process_id: str, *, alone: bool, role: Role = Role.RUN, uptime: Callable[[], float] = uptime
    ) -> None:
        self.id = process_id
        self.alone = alone
        self.role = role
        self.dead = False
        """It was declared dead: it stops, and does nothing more."""
        self.led = alone
        """Its last heartbeat made it the leader, however long ago that was."""
        self._uptime = uptime
        self._confirmed_at: float | None = None
        self._leads_until: float | None = None
        self._changed = asyncio.Event()

    def may_act(self) -> bool:
        """Whether what it has claimed is certainly still its own."""
        if self.alone:
            return True
        if self.dead or self._confirmed_at is None:
            return False
        return self._uptime() - self._confirmed_at < ACTS_FOR.total_seconds()

    @property
    def leads(self) -> bool:
        """Whether it does now what only one process is to do."""
        return self.alone or self.seconds_left > 0

    @property
    def seconds_left(self) -> float:
        """For how long it leads without another heartbeat; 0 where it does not lead."""
        if self.dead or self._leads_until is None:
            return 0.0
        return max(0.0, self._leads_until - self._uptime())

    def confirm(self, *, began: float, leads: bool) -> None:
        """The database has confirmed a heartbeat that began at this uptime, and whether this process leads."""
        self._confirmed_at, self.led = began, leads or self.alone
        self._leads_until = began + TERM.total_seconds() - MARGIN if leads else None
        self._changed.set()

    def declare_dead(self) -> None:
        """The database has no row of this process any more."""
        self.dead = True
        self._changed.set()

    async def until_leads(self) -> None:
        """Wait until it leads."""
        while not self.leads:
            self._changed.clear()
            await self._changed.wait()

    async def until_led(self) -> None:
        """Wait until it leads no longer."""
        while self.leads:
            self._changed.clear()
            try:
                async with asyncio.timeout(None if self.alone else self.seconds_left):
                    await self._changed.wait()
            except TimeoutError:
                continue


def only_process() -> OwnProcess:
    """A process that shares its database with nobody."""
    return OwnProcess("only", alone=True)
