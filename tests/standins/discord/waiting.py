"""Waiting for something to come true."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Seconds. What comes at all comes within these also on a machine that has ten other things to do.
PATIENCE = 60.0
_OUTSIDE = 0.05


class TooLate(AssertionError):
    """What a test waited for did not happen in time."""


class Pulse:
    """Beats at every change of the stand-in, and whoever waits looks again.

    What the stand-in cannot see (a file, a table of the bot's) is looked at every 50 ms as well.
    """

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def beat(self) -> None:
        """Something changed."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def until(self, look: Callable[[], T | None], what: Callable[[], str], timeout: float = PATIENCE) -> T:
        """The first truthy answer of `look`; `TooLate` with what `what` says after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (found := look()):
            left = deadline - loop.time()
            if left <= 0:
                raise TooLate(f"not within {timeout:g} s: {what()}")
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait({future}, timeout=min(left, _OUTSIDE))
            finally:
                self._waiting.discard(future)
        return found
