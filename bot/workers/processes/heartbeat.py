"""The heartbeat of a process that shares its database, and what it learns by it.

Each is one transaction: it says that this process lives, asks for one more term as leader, and brings the database's
time, the other processes and the facts that all share. The clocks of this process follow the database's, so that the due
times and leases of several machines agree. A process without a row was declared dead, and ends.

The leader declares dead whom nobody has seen for thirty seconds. That is measured by looking: a row that did not change
while this process could read it, by its own clock. So neither a clock that jumps nor an outage of the database makes
anybody dead: after a pause between two looks, the thirty seconds begin anew.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.errors import StoreUnavailable
from bot.domain.processes.process import ACTS_FOR, BEAT, DEAD_AFTER, TERM, Beat, Process, Role
from bot.domain.queue.claims import Work
from bot.runtime.alerts import TOLD_FOR
from bot.runtime.context import ServiceContext
from bot.runtime.own_process import uptime
from bot.runtime.shared_facts import take_over
from bot.system.clocks import Clocks
from bot.system.log import log

ANSWERED_IN = 5.0  # seconds
AGAIN = 1.0  # seconds after a heartbeat that failed
SWEEP = 60.0  # seconds between two looks for leases of the dead: a claim may have been committed right after its process's end


class Unseen:
    """Which processes have not been seen for thirty seconds of looking. Times are uptimes, in seconds."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[Process, float]] = {}
        self._looked_at: float | None = None

    def look(self, others: Sequence[Process], at: float) -> list[Process]:
        """Compare the rows with those of the look before; returns who has been unseen for long enough."""
        paused = self._looked_at is None or at - self._looked_at >= ACTS_FOR.total_seconds()
        self._looked_at = at
        before, self._since = ({} if paused else self._since), {}
        for one in others:
            same, since = before.get(one.id, (one, at))
            self._since[one.id] = (one, since if same == one else at)
        limit = DEAD_AFTER.total_seconds()
        return [one for one, since in self._since.values() if at - since >= limit]


class Heartbeat:
    """Beats every five seconds, from before the first claim until the last lease has ended."""

    def __init__(self, context: ServiceContext, clocks: Clocks, declared_dead: asyncio.Event) -> None:
        """declared_dead: set once this process has no row any more."""
        self._context = context
        self._clocks = clocks
        self._declared_dead = declared_dead
        self._unseen = Unseen()
        self._failed = False
        self._swept_at = uptime()
        self.deaths = asyncio.Event()
        """Set when a process was declared dead: its unanswered cards are to be looked for."""

    async def run(self) -> None:
        """Beat until cancelled, or until this process is declared dead."""
        while not self._context.process.dead:
            pause = BEAT.total_seconds()
            try:
                await self.beat()
                self._failed = False
            except (StoreUnavailable, TimeoutError) as error:
                if not self._failed:
                    log.warning("heartbeat_failed", error=error)
                self._failed, pause = True, AGAIN
            except Exception:  # noqa: BLE001 - without a heartbeat this process does nothing, which is safe
                log.exception("heartbeat_failed")
            await asyncio.sleep(pause)

    async def beat(self) -> None:
        """Beat once. Raises StoreUnavailable, TimeoutError; then nothing is confirmed."""
        context, process = self._context, self._context.process
        began, now, asked_at = uptime(), datetime.now(UTC), context.catalog.told
        async with asyncio.timeout(ANSWERED_IN):
            beat = await context.store.beat(
                process.id, now=now, term=None if process.role is Role.GATEWAY else TERM, told_within=TOLD_FOR
            )
        if beat is None:
            process.declare_dead()
            log.error("declared_dead", process=process.id)
            self._declared_dead.set()
            return
        led = process.leads
        process.confirm(began=began, leads=beat.leads)
        if process.leads and not led:
            log.info("leads", process=process.id)
        self._clocks.follow(beat.at, asked_at=now, took=timedelta(seconds=uptime() - began))
        take_over(context, beat, asked_at=asked_at)
        await self._declare_dead(beat)

    async def _declare_dead(self, beat: Beat) -> None:
        """Every process looks, so that a new leader knows how long the one before has not been seen."""
        context = self._context
        unseen = self._unseen.look(beat.others, uptime())
        if not context.process.leads or context.process.alone or not (unseen or uptime() - self._swept_at >= SWEEP):
            return
        self._swept_at = uptime()
        dead = await context.store.declare_dead(unseen, now=context.clock.now())
        for one in dead:
            log.warning("process_dead", process=one, seconds=DEAD_AFTER.total_seconds())
        if dead:
            self.deaths.set()
            context.wake_signals.send(*Work)
