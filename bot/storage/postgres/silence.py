"""A server that no longer answers, although its connection is open: noticed within seconds.

TCP alone does not tell: a proxy, a load balancer or a stopped machine acknowledges what it never passes on. So when nothing
has come for two seconds, the server is asked on another connection what it does with this one. If it does not answer, or
does nothing, the answer is lost: the connection is shut, and everything goes on as after any lost connection. While it works
(a long statement, a lock), it is waited for.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

from bot.storage.postgres.faults import lost

T = TypeVar("T")
SILENCE = 2.0  # seconds without an answer until the server is asked
ANSWERED_IN = 5.0  # seconds for the question, to all addresses of the server
GRACE = 0.5  # seconds for an answer that was on its way when the server was asked
# Seconds for one answer, whatever the server does: longer than `statement_timeout`, which does not end a COMMIT that waits
# for a synchronous copy.
LONGEST = 40.0
_STATE = "SELECT state FROM pg_stat_activity WHERE pid = %s"


class Found(Enum):
    """What a server does for a connection: a statement, nothing; or it does not answer at all."""

    WORKING = auto()
    IDLE = auto()
    SILENT = auto()


class ServerProbe:
    """Asks a server what it does with a connection; one question at a time."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """given: how to connect, with a `connect_timeout`."""
        self._given = given
        self._asking = asyncio.Lock()
        self._failed_at = float("-inf")

    async def look(self, pid: int) -> Found:
        """Return what the server does for a connection. pid: of its process there."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        async with self._asking:
            if self._failed_at >= asked_at:  # one that asked before has heard nothing: nor would this one
                return Found.SILENT
            try:
                async with asyncio.timeout(ANSWERED_IN):
                    async with await psycopg.AsyncConnection.connect(**self._given, autocommit=True) as connection:
                        found = await (await connection.execute(_STATE, (pid,))).fetchone()
            except (psycopg.Error, TimeoutError, OSError) as error:
                if isinstance(error, psycopg.Error) and _refused(error):
                    return Found.WORKING  # as far as one can tell
                self._failed_at = loop.time()
                return Found.SILENT
            return Found.IDLE if found is None or str(found[0]).startswith("idle") else Found.WORKING


def _refused(error: psycopg.Error) -> bool:
    """Return whether a server has answered, but takes no more connections, say. One that starts or ends has lost the others."""
    if error.sqlstate:
        return not lost(error)
    return "FATAL:" in str(error) and "the database system is" not in str(error)  # all that libpq has of a connection


class WatchedConnection(psycopg.AsyncConnection[T]):
    """A connection each of whose answers is watched. probe: where none is set, nothing is watched."""

    probe: ServerProbe | None = None
    longest: float | None = LONGEST
    """Seconds for one answer; None where a statement may take as long as it needs."""

    async def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer, as psycopg does for every exchange with the server. A `timeout` is a watch of its own."""
        if self.probe is None or timeout is not None:
            return await super().wait(gen, interval, timeout)
        watching: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        timer = loop.call_later(SILENCE, lambda: watching.append(loop.create_task(self._watch())))
        try:
            return await super().wait(gen, interval, timeout)
        finally:
            timer.cancel()
            for task in watching:
                task.cancel()

    async def _watch(self) -> None:
        """Shut the connection once its answer is lost. Cancelled when the answer comes."""
        loop = asyncio.get_running_loop()
        until = None if self.longest is None else loop.time() - SILENCE + self.longest
        while self.probe:
            found = await self.probe.look(self.info.backend_pid)
            if found is Found.WORKING and (until is None or loop.time() < until):
                await asyncio.sleep(SILENCE)
                continue
            if found is Found.IDLE:
                await asyncio.sleep(GRACE)
            break
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.pgconn.socket)) as wire:
            wire.shutdown(socket.SHUT_RDWR)
