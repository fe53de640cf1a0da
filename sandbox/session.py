"""One sandbox from start to end: the UniAll stand-in, SimCord, the bot with its services, and the driver between them.

Promise: everything is on loopback and in a temporary folder, and nothing of it outlives `open_session`. The order is
the measured one (`facts/libraries.md`): SimCord first, the services afterwards and outside its ownership.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import discord
from simcord.env import Env

from sandbox.driver import Driver
from sandbox.uniall import UniAllStandIn
from sandbox.world import World, build_world


class Application(Protocol):
    """What the sandbox needs of `bot.app.App`."""

    @property
    def bot(self) -> discord.Client: ...

    async def open(self) -> None:
        """Database and UniAll client; before the bot logs in."""

    def start_services(self) -> None:
        """Start the background loops; after the bot logged in."""

    async def close(self) -> None:
        """Stop everything; may be called twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A running sandbox."""

    uniall: UniAllStandIn
    world: World
    driver: Driver


@asynccontextmanager
async def open_session(
    make_application: Callable[[UniAllStandIn, Path], Application], *, seconds: float
) -> AsyncGenerator[Session]:
    """seconds: how long a rendering takes. Turns go on in the background while the block runs.

    `make_application` gets the stand-in and a temporary folder for the database and the videos.
    """
    with tempfile.TemporaryDirectory(prefix="sora-sandbox-", ignore_cleanup_errors=True) as folder:
        async with UniAllStandIn(seconds=seconds) as uniall:
            application = make_application(uniall, Path(folder))
            sharded = isinstance(application.bot, discord.AutoShardedClient)
            env = Env(application.bot, shard_count=1 if sharded else None)
            world = build_world(env)
            try:
                await application.open()
                await env.start()
                with env.time_context():
                    async with _driven(application, Driver(env)) as driver:
                        yield Session(uniall=uniall, world=world, driver=driver)
            finally:
                await application.close()  # again: where the bot did not come up, this is the first time
                await env.shutdown()


@asynccontextmanager
async def _driven(application: Application, driver: Driver) -> AsyncGenerator[Driver]:
    try:
        application.start_services()
        steps = asyncio.create_task(driver.run(), name="sandbox driver")
        try:
            yield driver
        finally:
            steps.cancel()
            await asyncio.gather(steps, return_exceptions=True)
    finally:
        await application.close()
