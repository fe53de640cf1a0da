"""How workers wake each other instead of waiting for their next look."""

import asyncio

from bot.domain.claims import Work


class WakeSignals:
    """One event for each kind of work: whoever leaves work behind sets it, so that its worker does not wait for the next look."""

    def __init__(self) -> None:
        self._events = {work: asyncio.Event() for work in Work}

    def send(self, *works: Work) -> None:
        """There may be work of these kinds."""
        for work in works:
            self._events[work].set()

    async def wait(self, work: Work, seconds: float) -> None:
        """Until there may be work of this kind, at most so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._events[work].wait()
        except TimeoutError:
            return
        self._events[work].clear()
