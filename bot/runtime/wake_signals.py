"""How workers wake each other instead of waiting for their next look."""

import asyncio

from bot.domain.claims import Work


class WakeSignals:
    """One signal for each kind of work: whoever leaves work behind sends it, so that nobody waits for the next look."""

    def __init__(self) -> None:
        self._events = {work: asyncio.Event() for work in Work}

    def send(self, *works: Work) -> None:
        """There may be work of these kinds."""
        for work in works:
            self._events[work].set()

    async def wait(self, work: Work, seconds: float) -> None:
        """Until the signal is sent, or so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._events[work].wait()
        except TimeoutError:
            return
        self._events[work].clear()
