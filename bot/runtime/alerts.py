"""What the operator is told."""

import asyncio

from bot.ports.notices import Notices
from bot.ports.system import Clock
from bot.runtime.log import log


class Alerts:
    """What the operator must know, once an hour for each cause: in the log at once, where they want it as Discord allows.

    Telling never waits: whoever has something to tell first stores what happened, and goes on.
    """

    name = "alerts"
    finishes = False

    def __init__(self, notices: Notices, steady: Clock) -> None:
        self._notices = notices
        self._steady = steady
        self._told: dict[str, float] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue(maxsize=100)

    def tell(self, cause: str, text: str) -> None:
        """Say it, unless this cause was told within the hour."""
        now = self._steady.now().timestamp()
        if now - self._told.get(cause, -3600) < 3600:
            return
        self._told[cause] = now
        log.warning("operator_told", cause=cause, text=text)
        if not self._waiting.full():
            self._waiting.put_nowait(text)

    def over(self, cause: str) -> None:
        """The cause has gone: the next time it is told again."""
        self._told.pop(cause, None)

    async def run(self) -> None:
        """Post what waits, one by one, until cancelled."""
        while True:
            await self._notices.tell_operator(await self._waiting.get())

    def stop(self) -> None:
        """What waits is in the log."""
