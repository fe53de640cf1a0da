"""Keeps the loops running, and stops them in order.

A loop that fails (the disk, the database) is logged and started again after a pause. `drain` is for SIGTERM: no new claims,
submits and posts under way finish and are stored, everything else is cut off and continues at the next start.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.services.world import log

PAUSE = 2.0  # seconds before a failed loop starts again


class Running(Protocol):
    """A loop. finishes: whether what it has begun is worth waiting for at a stop."""

    name: str
    finishes: bool

    async def run(self) -> None:
        """Until `stop`, or until cancelled."""
        ...

    def stop(self) -> None:
        """Begin nothing new."""
        ...


class Supervisor:
    """Runs loops as tasks of its own."""

    def __init__(self, loops: Sequence[Running]) -> None:
        self._loops = loops
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._draining = False

    def start(self) -> None:
        """Start every loop."""
        for loop in self._loops:
            self._tasks[loop.name] = asyncio.create_task(self._keep(loop), name=loop.name)

    async def drain(self, seconds: float) -> None:
        """Stop every loop, within so many seconds; idempotent."""
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
            except Exception:  # noqa: BLE001 - a supervisor outlives whatever fails below it; it is all in the log
                log.exception("loop_failed", loop=loop.name, again_in=PAUSE)
                await asyncio.sleep(PAUSE)
