"""A loop that runs a check at intervals, and at once when it is woken."""

import asyncio
from collections.abc import Awaitable, Callable

Every = float | None | Callable[[], float | None]


class Periodic:
    """Calls `look` again and again, for the supervisor. A stop does not wait for a check in progress.

    every: seconds between two checks, or a function that returns them after each; None means only when woken. wake: an
    event, set whenever there is a reason to check now. It is cleared before the check, so that a reason that comes up
    during one leads to another. at_once: whether the first check comes before the first wait. An error of a check ends
    `run`: the supervisor starts it again.
    """

    finishes = False

    def __init__(
        self,
        name: str,
        look: Callable[[], Awaitable[object]],
        *,
        every: Every,
        wake: asyncio.Event | None = None,
        at_once: bool = True,
    ) -> None:
        self.name = name
        self._look = look
        self._every = every
        self._wake = asyncio.Event() if wake is None else wake
        self._at_once = at_once
        self._stopping = False

    async def run(self) -> None:
        """Run until `stop`, or until cancelled."""
        self._stopping = False
        if not self._at_once:
            await self._wait()
        while not self._stopping:
            self._wake.clear()
            await self._look()
            if not self._stopping:
                await self._wait()

    def stop(self) -> None:
        """Begin no further check."""
        self._stopping = True
        self._wake.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._every() if callable(self._every) else self._every):
                await self._wake.wait()
        except TimeoutError:
            return
