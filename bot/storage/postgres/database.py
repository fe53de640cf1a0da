"""A PostgreSQL database: connections that write, others that read, and what is done when one is lost.

A write is READ COMMITTED, in a task that no cancellation of its caller can leave half-way, and committed means on the disk
(`synchronous_commit`). It runs again where another transaction came between (a deadlock, a row that was inserted meanwhile)
and where its connection was lost before COMMIT. After one that was lost during COMMIT, the transaction's mark is looked for:
where it is committed, the result is in hand; where it is not, the write runs again; where nobody can tell, it is refused and
never repeated, because a grant would count twice.

While PostgreSQL is away, every call raises StoreUnavailable within about two seconds, five where its connections are open and
silent, and the first call after its return succeeds.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Hashable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Self, TypeVar, cast
from uuid import uuid4
from weakref import WeakKeyDictionary

import psycopg

from bot.domain.errors import SoraBotError, StoreFault, StoreUnavailable
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.storage.database import Read, Row, Values, Writing
from bot.storage.failover import NOTE, SYNCHRONOUS, same
from bot.storage.postgres import schema
from bot.storage.postgres.connection import Connection, Connections, Parameters, connect, parameters, unusable
from bot.storage.postgres.faults import collided, lost, stale, unavailable
from bot.storage.postgres.signals import PostgresSignals
from bot.storage.postgres.silence import ServerProbe
from bot.storage.postgres.transaction import CommitUnknown, committed, fetch, snapshot

T = TypeVar("T")
PATIENCE = 1.5  # seconds: after that nothing is tried again, as a command must be answered within three
QUEUE_SECONDS = 10.0  # for a connection that others of this process use: a burst is worked off, as on SQLite
PAUSES = (0.02, 0.2)  # seconds, between two attempts
SETTLE_SECONDS = 8.0  # for the question whether a COMMIT took place; a stop may take ten
WRITERS = 8
READERS = 4
# The history that a server writes: after a failover to a copy, another one. None where it is a copy that only reads.
HISTORY = (
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
    f" || CASE current_setting('synchronous_standby_names') WHEN '' THEN '' ELSE '{SYNCHRONOUS}' END END"
)
# The number that the next transaction gets. They only grow, and one that is committed stays used through any crash.
_FOLLOWING = "CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)"
# The row in which a transaction leaves its number: see `bot.storage.postgres.transaction`.
MARK = "commit:"
_STATUS = "SELECT pg_xact_status(CAST(? AS xid8))"
_LEFT = "SELECT 1 FROM value WHERE name = ? AND value = ?"
_OLD_MARKS = (
    f"DELETE FROM value WHERE CASE WHEN name LIKE '{MARK}%'"
    f" THEN CAST(value AS BIGINT) < {_FOLLOWING} - CAST(? AS BIGINT) ELSE false END"
)
MARKS_KEPT = 1_000_000  # transactions: nobody asks any more about one that long ago, of a process that is gone
_PUT_BACK = "UPDATE value SET value = 'put back' WHERE name = $1"


class PostgresDatabase:
    """The database and its connections. Use `open`, and always `close`."""

    shared = True

    def __init__(self, given: Parameters) -> None:
        self._given = given
        self._probe = ServerProbe(given)
        self._histories: WeakKeyDictionary[Connection, str] = WeakKeyDictionary()
        self._writers = Connections(self._open_writer, WRITERS, QUEUE_SECONDS)
        self._readers = Connections(partial(connect, given, self._probe), READERS, QUEUE_SECONDS)
        self._running: set[asyncio.Task[Any]] = set()
        self._apart: set[asyncio.Task[Any]] = set()
        self._marks: list[str] = []  # that no transaction uses
        self._latest = 0  # the highest number of a transaction that was committed here
        self._closing = False
        self._away = False  # the last attempt had no connection: nobody else waits for the next one
        self.watch: Callable[[StoreUnavailable | None], None] | None = None
        """Is told what a write or a read failed of, and None for every write that is on the disk."""

    @classmethod
    async def open(cls, address: str, name: str) -> Self:
        """Open a database of a schema that this code knows; an empty one gets its tables. Raises Unusable.

        name: what a message calls it, without user and password.
        """
        given = parameters(address)
        try:
            connection = await connect(given)
            try:
                await schema.check(connection, name)
            finally:
                await connection.close()
        except psycopg.Error as error:
            raise unusable(error, name) from None
        return cls(given)

    async def close(self) -> None:
        """Wait for writes in progress, then close everything, even if the caller is cancelled meanwhile."""
        self._closing = True
        for task in self._apart:
            task.cancel()
        try:
            if self._running:
                await asyncio.wait(self._running)
        finally:
            await self._writers.close()
            await self._readers.close()

    async def read(self, sql: str, values: Values = ()) -> list[Row]:
        """Return rows as last committed; never waits for a write. Raises StoreUnavailable."""

        async def once() -> list[Row]:
            async with self._readers.one() as connection:
                return await fetch(connection, sql, values)

        return await self._attempts(once, reading=True)

    async def reading(self, work: Callable[[Read], Awaitable[T]]) -> T:
        """Run several reads of one committed state, as `read` does. `work` awaits nothing but its reads."""

        async def once() -> T:
            async with self._readers.one() as connection:
                return await snapshot(connection, work)

        return await self._attempts(once, reading=True)

    async def kept(self, tables: frozenset[str], key: Hashable, work: Callable[[Read], Awaitable[T]]) -> T:
        """Read it each time: other processes write too."""
        return await self.reading(work)

    async def read_apart(self, sql: str, values: Values = ()) -> list[Row]:
        """Read as `read` does, on a connection of its own and for as long as it takes.

        If the caller is cancelled, or the database is closed, the query is cancelled in the server.
        """
        task = asyncio.ensure_future(self._attempts(partial(self._read_apart, sql, values), reading=True))
        self._apart.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if self._closing and task.cancelled() and not _cancelling():
                raise Refusal(RefusalCode.RESTARTING) from None
            raise
        finally:
            self._apart.discard(task)

    async def _read_apart(self, sql: str, values: Values) -> list[Row]:
        async with self._unhurried() as connection:
            return await fetch(connection, sql, values)

    async def reading_apart(self, work: Callable[[Read], Awaitable[T]]) -> T:
        """Run several reads of one committed state, as `reading` does, for as long as they take."""

        async def once() -> T:
            async with self._unhurried() as connection:
                return await snapshot(connection, work)

        return await self._attempts(once, reading=True)

    @asynccontextmanager
    async def _unhurried(self) -> AsyncGenerator[Connection]:
        """Open a connection of its own, without the limits that keep one query from delaying others."""
        connection = await connect(self._given, self._probe)
        try:
            connection.longest = None
            await connection.execute("SET statement_timeout = 0")
            await connection.execute("SET idle_in_transaction_session_timeout = 0")
            yield connection
        finally:
            await connection.close()

    async def write(self, work: Callable[[Writing], Awaitable[T]]) -> T:
        """Run `work` in one transaction. When this returns, it is on the disk.

        When it raises, nothing happened, except where StoreUnavailable says that this is not known. `work` may run again. A
        cancelled caller does not cancel the transaction: it ends by itself, either way.
        """
        task = asyncio.ensure_future(self._write(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_abandoned)
            raise

    def signals(self, sender: str, heard: Callable[[Collection[str]], None]) -> PostgresSignals:
        """Return the wake signals between processes."""
        return PostgresSignals(self._given, sender, heard)

    async def scrub(self) -> None:
        """Do nothing: VACUUM, which the server runs by itself, removes deleted text from the tables."""

    async def trim(self) -> int:
        """Delete the marks of transactions long ago. Returns 0: the server keeps its own log."""
        with suppress(StoreUnavailable):  # the next time
            await self.write(lambda writing: writing.execute(_OLD_MARKS, (MARKS_KEPT,)))
        return 0

    async def _write(self, work: Callable[[Writing], Awaitable[T]]) -> T:
        async def once() -> tuple[T, str | None]:
            nonlocal history
            async with self._writers.one() as connection:
                history = self._histories[connection]
                mark = self._marks.pop() if self._marks else f"{MARK}{uuid4().hex}"
                try:
                    done = await committed(connection, work, history, mark)
                except CommitUnknown:  # it is looked for by its mark, which nobody else gets
                    raise
                except BaseException:
                    self._marks.append(mark)
                    raise
                self._marks.append(mark)
                return done

        history = ""
        while True:
            try:
                result, number = await self._attempts(once, reading=False)
            except CommitUnknown as unknown:
                if not await self._took_place(unknown, history):
                    continue
                result, number = cast(T, unknown.result), unknown.number
            self._latest = max(self._latest, int(number or 0))
            if self.watch:
                self.watch(None)
            return result

    async def _open_writer(self) -> Connection:
        connection = await connect(self._given, self._probe)
        latest = self._latest  # as it is before the question: meanwhile others commit
        try:
            [[history, following]] = await fetch(connection, f"SELECT ({HISTORY}), {_FOLLOWING}")
            if history is None:
                raise psycopg.OperationalError("the server only reads")
            if following <= latest:  # what was committed here is not there: the server was put back
                await connection.execute(_PUT_BACK.encode(), (NOTE,))
                self._latest = 0
            self._histories[connection] = history
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _attempts(self, once: Callable[[], Awaitable[T]], *, reading: bool) -> T:
        """Run it until it ends, as long as its errors pass. Raises StoreUnavailable, CommitUnknown."""
        until = asyncio.get_running_loop().time() + PATIENCE
        pause, most = PAUSES
        while True:
            try:
                result = await once()
                self._away = False
                return result
            except psycopg.Error as error:
                passing = collided(error) or stale(error) or (lost(error) and not self._away and not self._closing)
                if stale(error):
                    await self._writers.discard()
                    await self._readers.discard()
                if passing and asyncio.get_running_loop().time() < until:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, most)
                    continue
                if not (told := unavailable(error, reading=reading)):
                    raise
                self._away = self._away or lost(error)
                raise self._noted(told) from error
            except TimeoutError as error:
                detail = "no connection became free in time"
                raise self._noted(StoreUnavailable(StoreFault.BUSY, detail, reading=reading)) from error

    def _noted(self, error: StoreUnavailable) -> StoreUnavailable:
        if self.watch:
            self.watch(error)
        return error

    async def _took_place(self, unknown: CommitUnknown, history: str) -> bool:
        """Return whether a transaction whose COMMIT was cut off is committed. Raises StoreUnavailable if nobody can tell.

        A server that was promoted meanwhile is not asked: the one before it may still run, and commit it.
        """
        until = asyncio.get_running_loop().time() + SETTLE_SECONDS
        pause, most = PAUSES
        while asyncio.get_running_loop().time() < until:
            with suppress(psycopg.Error, TimeoutError):
                async with self._writers.one() as connection:
                    if not same(self._histories[connection], history):
                        break
                    if not await _in_progress(connection, unknown.number):  # it is visible by now, or never will be
                        return bool(await fetch(connection, _LEFT, (unknown.mark, unknown.number)))
            await asyncio.sleep(pause)
            pause = min(pause * 2, most)
        detail = "it is not known whether a commit took place"
        raise self._noted(StoreUnavailable(StoreFault.UNAVAILABLE, detail, unclear=True))


async def _in_progress(connection: Connection, number: str) -> bool:
    """Return whether a transaction with this number runs."""
    try:
        [[status]] = await fetch(connection, _STATUS, (number,))
    except psycopg.errors.InvalidParameterValue:  # no transaction has it yet: a crash took it back
        return False
    return bool(status == "in progress")


def _abandoned(task: asyncio.Task[Any]) -> None:
    """End a write that nobody waits for any more: an outage concerns nobody then, and is told by `watch`; a defect is logged."""
    if not task.cancelled() and (error := task.exception()) and not isinstance(error, SoraBotError):
        task.get_loop().call_exception_handler(
            {"message": "a write failed whose caller was cancelled", "exception": error, "task": task}
        )


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
