"""How workers wake each other instead of waiting for their next poll of the database."""

import asyncio
from collections.abc import Callable, Collection

from bot.domain.queue.claims import Work


class WakeSignals:
    """One signal for each kind of work. Code that leaves work behind sends it, so that the worker starts at once."""

    def __init__(self) -> None:
        self._events = {work: asyncio.Event() for work in Work}
        self.elsewhere: Callable[[Collection[Work]], None] | None = None
        """Passes signals on to the other processes that share the database; never waits. None where there are none."""

    def send(self, *works: Work) -> None:
        """Wake the workers of these kinds of work, in every process: there may be an item for them.

        Sent once what they are to find is committed.
        """
        self.wake(*works)
        if self.elsewhere:
            self.elsewhere(works)

    def wake(self, *works: Work) -> None:
        """Wake the workers of this process alone."""
        for work in works:
            self._events[work].set()

    async def wait(self, work: Work, seconds: float) -> bool:
        """Wait until the signal is sent, at most this many seconds; returns whether it was sent."""
        try:
            async with asyncio.timeout(seconds):
                await self._events[work].wait()
        except TimeoutError:
            return False
        self._events[work].clear()
        return True
