"""Wake signals between processes, by NOTIFY: what one has committed, the others look for at once.

They only save time: what is missed while a connection is down is found by the next poll, a few seconds later. NOTIFY takes
a lock of the whole server at its commit, so it is never part of another transaction, and each kind of work is sent at most
every 50 ms, however often it was asked for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import psycopg

from bot.storage.postgres.connection import Connection, Parameters, connect
from bot.system.log import log

CHANNEL = "sora_bot"
GAP = 0.05  # seconds between two notifications
QUIET = 10.0  # seconds without a notification until the connection is tried
AGAIN = 2.0  # seconds until the next attempt to connect


class PostgresSignals:
    """Sends the kinds of work that this process has left to the others, and hears theirs."""

    def __init__(self, given: Parameters, sender: str, heard: Callable[[Collection[str]], None]) -> None:
        """sender: this process, which does not hear itself. heard: is called with the kinds of work of another one."""
        self._given = given
        self._sender = sender
        self._heard = heard
        self._waiting: set[str] = set()
        self._asked = asyncio.Event()

    def send(self, kinds: Collection[str]) -> None:
        """Tell the other processes that there may be work of these kinds. Never waits."""
        self._waiting.update(kinds)
        self._asked.set()

    async def run(self) -> None:
        """Send and hear until cancelled. A connection that is lost is made anew."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again(self._listen), name="signals-heard")
            group.create_task(self._again(self._notify), name="signals-sent")

    async def _again(self, use: Callable[[Connection], Awaitable[None]]) -> None:
        """Use one connection after the other."""
        while True:
            try:
                connection = await connect(self._given)
                try:
                    await use(connection)
                finally:
                    await connection.close()
            except (psycopg.Error, OSError) as error:  # its text may hold a password
                log.info("signals_lost", error=type(error).__name__)
            await asyncio.sleep(AGAIN)

    async def _listen(self, connection: Connection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        while True:
            async for found in connection.notifies(timeout=QUIET):
                sender, *kinds = found.payload.split(" ")
                if sender != self._sender:
                    self._heard(kinds)
            await connection.execute(
                "SELECT 1"
            )  # whether it is still there: a connection that only listens hears of nothing

    async def _notify(self, connection: Connection) -> None:
        await connection.execute("SET synchronous_commit = off")
        while True:
            await self._asked.wait()
            self._asked.clear()
            kinds, self._waiting = self._waiting, set()
            payload = " ".join((self._sender, *sorted(kinds)))
            await connection.execute("SELECT pg_notify($1, $2)", (CHANNEL, payload))
            await asyncio.sleep(GAP)
