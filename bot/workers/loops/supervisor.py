"""Keeps the loops running, and stops them in order.

A loop that fails (the disk, the database) is logged and started again after a pause. `drain` is for SIGTERM: no new
claims; submits and posts in progress finish and are stored; everything else is cancelled and continues at the next
start.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.domain.errors import StoreUnavailable
from bot.system.log import log

PAUSE = 2.0  # seconds before a failed loop starts again
TRUSTED_AFTER = 10.0  # seconds after a failure, the pause included, until the loop counts as alive again


class Running(Protocol):
    """A loop. finishes: whether a stop waits for what it has begun."""

    name: str
    finishes: bool

    async def run(self) -> None:
        """Run until `stop`, or until cancelled."""
        ...

    def stop(self) -> None:
        """Start nothing new."""
        ...


class Supervisor:
    """Runs loops as tasks of its own. early: those that may run before the rest."""

    def __init__(self, loops: Sequence[Running], *, early: Sequence[Running] = ()) -> None:
        self._early = early
        self._loops = (*early, *loops)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failed_at: dict[str, float] = {}
        self._draining = False

    @property
    def started(self) -> bool:
        """Return whether all loops run."""
        return len(self._tasks) == len(self._loops) and not self._draining

    def alive(self) -> dict[str, bool]:
        """Return for each started loop whether it runs or waits, and has not ended, just failed, or hung.

        A stop in progress ends loops as it should: none counts as dead because of it.
        """
        now = asyncio.get_running_loop().time()
        return {
            loop.name: self._draining
            or not (
                self._tasks[loop.name].done()
                or now - self._failed_at.get(loop.name, -TRUSTED_AFTER) < TRUSTED_AFTER
                or getattr(loop, "stuck", False)
            )
            for loop in self._loops
            if loop.name in self._tasks
        }

    def start_early(self) -> None:
        """Start the loops that need not wait for the rest."""
        self._begin(self._early)

    def start(self) -> None:
        """Start every loop that does not run yet."""
        self._begin(self._loops)

    def _begin(self, loops: Sequence[Running]) -> None:
        for loop in loops:
            if loop.name not in self._tasks and not self._draining:
                self._tasks[loop.name] = asyncio.create_task(self._keep(loop), name=loop.name)

    async def drain(self, seconds: float) -> None:
        """Stop every loop within `seconds`; idempotent."""
        self._draining = True
        for loop in self._loops:
            loop.stop()
        for loop in self._loops:
            if not loop.finishes and loop.name in self._tasks:
                self._tasks[loop.name].cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _keep(self, loop: Running) -> None:
        while not self._draining:
            try:
                await loop.run()
            except StoreUnavailable as error:  # it waits until the database is available again, and is not dead
                log.warning("loop_waits", loop=loop.name, error=error.code, again_in=PAUSE)
                await asyncio.sleep(PAUSE)
            except Exception:  # noqa: BLE001 - a supervisor outlives every failure below it; all is logged
                log.exception("loop_failed", loop=loop.name, again_in=PAUSE)
                self._failed_at[loop.name] = asyncio.get_running_loop().time()
                await asyncio.sleep(PAUSE)
