"""SimCord's clock and its single lock.

Promised: whatever drives SimCord (a click on a page, a step of the clock, a command of `--once`) takes a turn here, one
at a time; SimCord refuses two operations that overlap. Each turn begins by setting the virtual clock to the real time.
Changes that the bot's services made in between appear on every open page a quarter of a second later, or slightly more
with many open tabs.

The bot's services run outside SimCord's ownership, in real time. They are started from this
side, inside `env.time_context()`, never from `setup_hook` or a command.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from simcord.backend.errors import SetupError
from simcord.env import Env

log = structlog.stdlib.get_logger()

TICK = 0.25
REST = 3.0  # relative times and ephemeral messages change without an event
_REST_SHARE = 3  # SimCord takes about 0.1 s for a tab with a full channel: leave time for clicks and services
_LONGEST_JOURNAL = 2000

Listener = Callable[[], Awaitable[None]]


class Driver:
    """Serialises the turns of one running Env.

    `listener` is called, in a turn, after any change and every few seconds.
    """

    def __init__(self, env: Env) -> None:
        self.env = env
        self.listeners: list[Listener] = []
        self._lock = asyncio.Lock()
        self._seen = 0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Hold SimCord for one operation. Not re-entrant."""
        async with self._lock:
            gone = (datetime.now(UTC) - self.env.now()).total_seconds()
            if gone > 0.01:
                try:
                    await self.env.advance_time(gone)
                except TimeoutError as error:
                    _complain("advance the clock", error)
            yield

    async def run(self) -> None:
        """Run steps until cancelled."""
        loop = asyncio.get_running_loop()
        ended = took = 0.0
        while True:
            await asyncio.sleep(max(TICK, took * _REST_SHARE))
            if len(self.env.backend.transcript) == self._seen and loop.time() - ended < REST:
                continue
            begun = loop.time()
            await self.step()
            ended = loop.time()
            took = ended - begun

    async def step(self) -> None:
        """Run one step: the clock, then every listener. A command that does not settle in time only delays a step."""
        async with self.turn():
            self._trim()
            for listener in self.listeners:
                try:
                    await listener()
                except (SetupError, TimeoutError) as error:
                    _complain("refresh the page", error)

    def _trim(self) -> None:
        """Drop recorded requests and events, which SimCord keeps for tests: a page may stay open for days."""
        backend = self.env.backend
        for journal in (backend.transcript, backend.http_requests):
            del journal[:-_LONGEST_JOURNAL]
        self._seen = len(backend.transcript)


def _complain(what: str, error: Exception) -> None:
    log.warning("page_fault", text=f"The page could not {what}", why=str(error).partition("\n")[0])
