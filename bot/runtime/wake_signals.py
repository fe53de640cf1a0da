"""How workers wake each other instead of waiting for their next poll of the database."""

import asyncio

from bot.domain.claims import Work


class WakeSignals:
    """One signal for each kind of work. Code that leaves work behind sends it, so that the worker starts at once."""

    def __init__(self) -> None:
        self._events = {work: asyncio.Event() for work in Work}

    def send(self, *works: Work) -> None:
        """Wake the workers of these kinds of work: there may be an item for them."""
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
