"""Alerts to the operator: at most one per hour for each cause, over all processes that share the database."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.errors import StoreUnavailable
from bot.ports.notices import Notices
from bot.ports.system import Clock
from bot.runtime.own_process import OwnProcess
from bot.system.log import log

TOLD_FOR = timedelta(hours=1)
LAST_SECONDS = 1.0  # for the alert that is being posted when the bot stops


class Told(Protocol):
    """What the operator has been told, by whichever process."""

    async def tell_once(self, cause: str, *, within: timedelta, now: datetime) -> bool:
        """Whether the operator is to be told now."""
        ...

    async def forget_told(self, cause: str) -> None:
        """This cause has ended."""
        ...


class SharedAlerts:
    """Asks the database whether another process has told the operator already."""

    def __init__(self, told: Told, clock: Clock, process: OwnProcess) -> None:
        self._told = told
        self._clock = clock
        self._process = process

    async def first(self, cause: str) -> bool:
        """Whether this process is to tell. While the database is not available, it is the last leader."""
        try:
            return await self._told.tell_once(cause, within=TOLD_FOR, now=self._clock.now())
        except StoreUnavailable:
            return self._process.led

    async def ended(self, cause: str) -> None:
        """The next time, it is told at once."""
        try:
            await self._told.forget_told(cause)
        except StoreUnavailable as error:  # it is told again after an hour
            log.info("not_forgotten", cause=cause, error=error)


class Alerts:
    """Sends alerts to the operator, at most once an hour for each cause: to the log at once, to Discord when Discord allows.

    `tell` never waits. A caller stores what happened first, then sends the alert and goes on.
    """

    name = "alerts"
    finishes = False

    def __init__(self, notices: Notices, steady: Clock, shared: SharedAlerts | None = None) -> None:
        """shared: None where no other process tells the operator."""
        self._notices = notices
        self._steady = steady
        self._shared = shared
        self._told: dict[str, float] = {}
        self._waiting: asyncio.Queue[tuple[str, str | None]] = asyncio.Queue(
            maxsize=100
        )  # no text: the cause has ended
        self.told: frozenset[str] = frozenset()
        """The causes that any process has told within the hour, as far as this one knows."""

    def tell(self, cause: str, text: str) -> None:
        """Send an alert, unless one with this cause was sent within the hour."""
        now = self._steady.now().timestamp()
        if now - self._told.get(cause, -3600) < 3600:
            return
        self._told[cause] = now
        log.warning("operator_told", cause=cause, text=text)
        self._queue(cause, text)

    def clear(self, cause: str) -> None:
        """Forget that this cause was sent, because it has ended: if it returns, the next alert is sent at once."""
        known = self._told.pop(cause, None) is not None or cause in self.told
        if known and self._shared:
            self.told -= {cause}
            self._queue(cause, None)

    async def run(self) -> None:
        """Post the queued alerts one by one, until cancelled."""
        while True:
            await self.post_next()

    async def post_next(self) -> None:
        """Wait for one alert, and post it unless another process has."""
        cause, text = await self._waiting.get()
        if text is None:
            if self._shared:
                await self._shared.ended(cause)
            return
        posting = asyncio.ensure_future(self._post(cause, text))
        try:
            await asyncio.shield(posting)
        except asyncio.CancelledError:  # the bot stops; another process, or the next start, tells what is cut off
            await asyncio.wait({posting}, timeout=LAST_SECONDS)
            if not posting.done():
                posting.cancel()
                if self._shared:
                    await self._shared.ended(cause)
            raise

    async def _post(self, cause: str, text: str) -> None:
        """A crash between the two loses the alert for an hour; the log has it."""
        if self._shared is None or await self._shared.first(cause):
            await self._notices.tell_operator(text)

    def stop(self) -> None:
        """Nothing to do: every queued alert is in the log."""

    def _queue(self, cause: str, text: str | None) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait((cause, text))
