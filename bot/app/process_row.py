"""The row of this process, from its start to its stop: it is stored before anything is claimed, and goes once nothing is.

On a database of its own there are no heartbeats: the lock on the file keeps others out, and a start finds every earlier
process dead.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TypeVar

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.domain.processes.process import Process, Role
from bot.domain.queue.claims import Work
from bot.ports.database.store import Store
from bot.runtime.context import ServiceContext
from bot.runtime.own_process import OwnProcess, uptime
from bot.runtime.persist import persist
from bot.system.clocks import Clocks
from bot.system.ids import RandomIds
from bot.workers.processes.heartbeat import Heartbeat

T = TypeVar("T")

LOCK_SECONDS = 5.0
LEAVE_SECONDS = 1.5  # of the ten that a stop may take


@asynccontextmanager
async def own_process(store: Store, clocks: Clocks, role: Role, shards: str) -> AsyncGenerator[OwnProcess]:
    """Store that this process runs, and void the leases of those that are dead; at the end, give up all that it holds.

    The clocks agree with the database's from here on. Raises StoreUnavailable.
    """
    process = OwnProcess(RandomIds().new(), alone=not store.shared, role=role)
    began, now = uptime(), datetime.now(UTC)
    row = Process(id=process.id, role=role, shards=shards, version=version("sora-bot"), started_at=now, seen_at=now)
    at = await _unlocked(lambda: store.enter(row, now=now))
    process.confirm(began=began, leads=False)
    if not process.alone:
        clocks.follow(at, asked_at=now, took=timedelta(seconds=uptime() - began))
    await _unlocked(lambda: store.void_leases(now=clocks.system.now()))
    try:
        yield process
    finally:
        if not process.alone:
            with suppress(StoreUnavailable, TimeoutError):  # then it is declared dead a little later
                async with asyncio.timeout(LEAVE_SECONDS):
                    await store.leave(process.id, now=clocks.system.now())


@asynccontextmanager
async def heartbeats(
    context: ServiceContext, clocks: Clocks, declared_dead: asyncio.Event
) -> AsyncGenerator[asyncio.Event | None]:
    """Send the heartbeats and the wake signals of this process, if it shares its database.

    Yields what is set at each death of another process.
    """
    if context.process.alone:
        yield None
        return
    heartbeat = Heartbeat(context, clocks, declared_dead)
    running = [asyncio.create_task(heartbeat.run(), name="heartbeat")]
    if signals := context.store.signals(context.process.id, lambda kinds: _wake(context, kinds)):
        context.wake_signals.elsewhere = signals.send
        running.append(asyncio.create_task(signals.run(), name="signals"))
    try:
        yield heartbeat.deaths
    finally:
        context.wake_signals.elsewhere = None
        for task in running:
            task.cancel()
        await asyncio.wait(running)


def _wake(context: ServiceContext, kinds: Collection[str]) -> None:
    """Wake the workers of what another process has left. One of another version may name kinds that this one lacks."""
    context.wake_signals.wake(*(work for work in Work if work in kinds))


async def _unlocked(write: Callable[[], Awaitable[T]]) -> T:
    """Write at a start. Another program's lock is waited for, at most LOCK_SECONDS, as at the opening."""
    try:
        return await write()
    except StoreUnavailable as error:
        if error.kind is not StoreFault.BUSY:
            raise
        try:
            async with asyncio.timeout(LOCK_SECONDS):
                return await persist(write)
        except TimeoutError:
            raise error from None
