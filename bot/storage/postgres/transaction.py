"""One transaction in a pipeline: statements whose results nobody reads go with the next one whose result is read.

What cannot be seen from here is whether a COMMIT took place whose answer was lost. So each transaction that writes leaves its
number in a row, its mark: another connection can look whether it is there. The number alone proves nothing: a server that crashed
gives the numbers of what it had not committed to others, and then says that they are committed.

Each result is asked for with a Sync, not with a Flush: only then the server knows that nothing more is to come, counts the
session as idle in its transaction, and ends it after `idle_in_transaction_session_timeout`. A process that is stopped in the
middle of a transaction would else keep its locks for as long as it is stopped.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import psycopg

from bot.storage.database import Read, Row, Values, Writing, reading
from bot.storage.postgres.connection import Connection
from bot.storage.postgres.dialect import in_postgres
from bot.storage.postgres.faults import lost

T = TypeVar("T")
_NUMBER = "SELECT pg_current_xact_id_if_assigned()::text"
_LEAVE_MARK = "INSERT INTO value (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class CommitUnknown(Exception):
    """The connection was lost during COMMIT. number: the transaction's, and what its mark holds if it is committed.

    result: what it would have returned.
    """

    def __init__(self, mark: str, number: str, result: object) -> None:
        super().__init__()
        self.mark = mark
        self.number = number
        self.result = result


class PostgresWriting:
    """The statements of one transaction; see `bot.storage.database.Writing`."""

    def __init__(self, connection: Connection, pipeline: psycopg.AsyncPipeline, history: str) -> None:
        self.history: str | None = history
        self._connection = connection
        self._pipeline = pipeline
        self._unread = False  # statements were sent since the number was last asked for
        self.number: str | None = None
        """The transaction's; none as long as it has written nothing."""

    async def execute(self, sql: str, values: Values = ()) -> None:
        """Send one statement. What it fails of is raised by a later one, or by the commit."""
        await self._connection.execute(*in_postgres(sql, values))
        self._unread = True

    async def executemany(self, sql: str, rows: Iterable[Values]) -> None:
        """Send one statement for each row of values, as `execute` does."""
        for values in rows:
            await self.execute(sql, values)

    async def fetch(self, sql: str, values: Values = ()) -> list[Row]:
        """Return all rows of one statement."""
        cursor = await self._connection.execute(*in_postgres(sql, values))
        if self.number is not None:
            await self._pipeline.sync()
            return [*await cursor.fetchall()]
        number = await self._connection.execute(_NUMBER)  # goes with it: no wait of its own
        await self._pipeline.sync()
        rows = await cursor.fetchall()
        [[self.number]] = await number.fetchall()
        self._unread = False
        return [*rows]

    async def kept(self, tables: frozenset[str], key: Hashable, work: Callable[[Read], Awaitable[T]]) -> T:
        """Read it each time: other processes write too."""
        return await work(reading(self))

    async def lock(self, *names: str) -> None:
        """Wait for these names in this order, and hold them until the end of the transaction."""
        for name in names:
            await self.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))

    async def ready(self) -> None:
        """Learn the transaction's number, if it may have got one since the last result was read."""
        if self.number is None and self._unread:
            [[self.number]] = await (await self._connection.execute(_NUMBER)).fetchall()


async def committed(
    connection: Connection, work: Callable[[Writing], Awaitable[T]], history: str, mark: str
) -> tuple[T, str | None]:
    """Run work in one READ COMMITTED transaction and commit it; returns its result, and the number if it wrote anything.

    mark: a name that no other transaction uses until it is known what became of this one.
    Raises psycopg.Error, or what the work raises, where nothing of it has happened; CommitUnknown where that is not known.
    """
    results: list[T] = []
    writing: PostgresWriting | None = None
    try:
        async with connection.pipeline() as pipeline:
            writing = PostgresWriting(connection, pipeline, history)
            await connection.execute("BEGIN")
            results.append(await work(writing))
            await writing.ready()
            if writing.number is not None:
                await connection.execute(_LEAVE_MARK.encode(), (mark, writing.number))
            await connection.execute("COMMIT")
            await pipeline.sync()
    except Exception as error:
        gone = connection.closed or (isinstance(error, psycopg.Error) and lost(error))
        if writing and results and gone and writing.number is not None:  # COMMIT may have been sent
            raise CommitUnknown(mark, writing.number, results[0]) from error
        await _rolled_back(connection)
        raise
    return results[0], writing.number


async def snapshot(connection: Connection, work: Callable[[Read], Awaitable[T]]) -> T:
    """Run several reads of one committed state."""
    try:
        async with connection.pipeline() as pipeline:
            await connection.execute(_SNAPSHOT)
            result = await work(partial(_fetch_and_sync, connection, pipeline))
            await connection.execute("COMMIT")
            await pipeline.sync()
    except Exception:
        await _rolled_back(connection)
        raise
    return result


async def fetch(connection: Connection, sql: str, values: Values = ()) -> list[Row]:
    """Return all rows of one statement, in a transaction of its own where none is open."""
    cursor = await connection.execute(*in_postgres(sql, values))
    return [*await cursor.fetchall()]


async def _fetch_and_sync(
    connection: Connection, pipeline: psycopg.AsyncPipeline, sql: str, values: Values = ()
) -> list[Row]:
    cursor = await connection.execute(*in_postgres(sql, values))
    await pipeline.sync()
    return [*await cursor.fetchall()]


async def _rolled_back(connection: Connection) -> None:
    with suppress(psycopg.Error):  # of a lost connection, which the server rolls back
        await connection.rollback()
