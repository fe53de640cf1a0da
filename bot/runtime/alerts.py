"""Alerts to the operator: at most one per hour for each cause."""

import asyncio

from bot.ports.notices import Notices
from bot.ports.system import Clock
from bot.runtime.log import log


class Alerts:
    """Sends alerts to the operator, at most once an hour for each cause: to the log at once, to Discord when Discord allows.

    `tell` never waits. A caller stores what happened first, then sends the alert and goes on.
    """

    name = "alerts"
    finishes = False

    def __init__(self, notices: Notices, steady: Clock) -> None:
        self._notices = notices
        self._steady = steady
        self._told: dict[str, float] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue(maxsize=100)

    def tell(self, cause: str, text: str) -> None:
        """Send an alert, unless one with this cause was sent within the hour."""
        now = self._steady.now().timestamp()
        if now - self._told.get(cause, -3600) < 3600:
            return
        self._told[cause] = now
        log.warning("operator_told", cause=cause, text=text)
        if not self._waiting.full():
            self._waiting.put_nowait(text)

    def clear(self, cause: str) -> None:
        """Forget that this cause was sent, because it has ended: if it returns, the next alert is sent at once."""
        self._told.pop(cause, None)

    async def run(self) -> None:
        """Post the queued alerts one by one, until cancelled."""
        while True:
            await self._notices.tell_operator(await self._waiting.get())

    def stop(self) -> None:
        """Nothing to do: every queued alert is in the log."""
