"""Runs one sandbox from start to end: the UniAll stand-in, SimCord, the bot with its services, and the driver between
them.

Everything is on loopback and in a temporary folder, and nothing outlives `open_session`. The bot's loops start after
SimCord and outside its ownership; otherwise its clock would drive them.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import discord
from simcord.env import Env

from sandbox.driver import Driver
from sandbox.placeholders import let_deleted_placeholders_go
from sandbox.server import DemoServer, build_servers
from sandbox.uniall import UniAllStandIn


class Application(Protocol):
    """What the sandbox needs of `bot.app`: an open bot that is not logged in."""

    @property
    def bot(self) -> discord.Client: ...

    def start_loops(self) -> None:
        """Start the background loops, after the bot has logged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A running sandbox."""

    uniall: UniAllStandIn
    servers: tuple[DemoServer, ...]
    driver: Driver

    @property
    def server(self) -> DemoServer:
        """Return the first server."""
        return self.servers[0]


@asynccontextmanager
async def open_session(
    open_application: Callable[[UniAllStandIn, Path], AbstractAsyncContextManager[Application]], *, seconds: float
) -> AsyncGenerator[Session]:
    """Open a sandbox. seconds: how long a rendering takes. Turns go on in the background while the block runs.

    `open_application` receives the stand-in and a temporary folder for the database and the videos.
    """
    with tempfile.TemporaryDirectory(prefix="sora-sandbox-", ignore_cleanup_errors=True) as folder:
        async with UniAllStandIn(seconds=seconds) as uniall, AsyncExitStack() as opened:
            application = await opened.enter_async_context(open_application(uniall, Path(folder)))
            sharded = isinstance(application.bot, discord.AutoShardedClient)
            env = Env(application.bot, shard_count=1 if sharded else None)
            let_deleted_placeholders_go(env.backend)
            servers = build_servers(env)
            uniall.pictures = env.backend.cdn.get
            try:
                await env.start()
                with env.time_context():
                    async with _driven(application, opened, Driver(env)) as driver:
                        yield Session(uniall=uniall, servers=servers, driver=driver)
            finally:
                await opened.aclose()  # the first time if the bot did not start, else the second
                await env.shutdown()


@asynccontextmanager
async def _driven(application: Application, opened: AsyncExitStack, driver: Driver) -> AsyncGenerator[Driver]:
    try:
        application.start_loops()
        steps = asyncio.create_task(driver.run(), name="sandbox driver")
        try:
            yield driver
        finally:
            steps.cancel()
            await asyncio.gather(steps, return_exceptions=True)
    finally:
        await opened.aclose()  # before SimCord, which answers the bot's last edits
