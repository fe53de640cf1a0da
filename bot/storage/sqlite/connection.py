"""A SQLite connection with a thread of its own: a whole piece of work takes one hop to it. Translates SQLite's errors.

Work is a coroutine function that awaits nothing but the statements of its connection. Here these never wait:
the work runs from its first to its last line in the connection's thread, while the event loop goes on. A hop costs more
than most statements, so this is what makes a transaction of many statements cheap.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from bot.domain.errors import OperatorNeeded, StoreFault, StoreUnavailable, Unusable
from bot.storage.database import Read, Row, Values, reading
from bot.storage.sqlite.dialect import in_sqlite, tables_written
from bot.storage.sqlite.kept_reads import KeptReads

T = TypeVar("T")
STATEMENTS = 512  # kept prepared: more than the bot has
# Errors that pass or that the operator fixes, and that the statement did not cause. By SQLite's primary result code.
_FAULTS = {
    sqlite3.SQLITE_FULL: StoreFault.FULL,
    sqlite3.SQLITE_BUSY: StoreFault.BUSY,
    sqlite3.SQLITE_LOCKED: StoreFault.BUSY,
    sqlite3.SQLITE_PROTOCOL: StoreFault.BUSY,
    **dict.fromkeys(
        (
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_PERM,
            sqlite3.SQLITE_NOMEM,
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
        ),
        StoreFault.UNAVAILABLE,
    ),
}


@contextmanager
def faults(*, reading: bool = False) -> Generator[None]:
    """Translate SQLite's errors of the disk and of locks to StoreUnavailable.

    Its other errors are bugs of this project.
    """
    try:
        yield
    except sqlite3.Error as error:
        if told := unavailable(error, reading=reading):
            raise told from error
        raise


def unavailable(error: BaseException, *, reading: bool = False) -> StoreUnavailable | None:
    """Return what an error of the disk or of a lock means; None for any other."""
    if not isinstance(error, sqlite3.Error):
        return None
    if (kind := _FAULTS.get(_code(error))) is None:
        return None
    name = getattr(error, "sqlite_errorname", _code(error))
    return StoreUnavailable(kind, f"{error} ({name})", reading=reading)


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether SQLite says that a file is damaged, or no database."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code. Errors of the sqlite3 module itself have none."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def locked(path: Path | str) -> str:
    """Return what the operator is told of a database that another program holds."""
    return (
        f"another program holds the database {path} locked, such as a backup tool or a database browser; end it first"
    )


def unusable(path: Path, error: sqlite3.Error) -> Unusable:
    """Return what a file that cannot be opened or read means to the operator, and what to do about it."""
    match _code(error):
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return OperatorNeeded(
                f"the database {path} is damaged ({error}); keep a copy of its folder, move {path} away, and run"
                " `sora-bot db restore FILE` with the newest backup"
            )
        case sqlite3.SQLITE_FULL:
            return Unusable(f"the disk of {path} is full; make room on it")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unusable(locked(path))
        case sqlite3.SQLITE_CANTOPEN if not path.exists():
            return Unusable(
                f"there is no database {path}; `sora-bot run` makes it, or name another one in DATABASE_URL"
            )
        case sqlite3.SQLITE_CANTOPEN if path.is_dir():
            return Unusable(f"the database {path} is a folder; name a file in it in DATABASE_URL")
        case _:
            return Unusable(f"the database {path} cannot be used: {error}")


class SqliteWriting:
    """The statements of one transaction, in the connection's thread. Its methods are awaited and never wait.

    written: takes the names of the tables that they write. kept: what the writer keeps between transactions, of tables that
    nothing has written since.
    """

    history: str | None = None

    def __init__(
        self, connection: sqlite3.Connection, written: set[str] | None = None, kept: KeptReads | None = None
    ) -> None:
        self._connection = connection
        self._written = set[str]() if written is None else written
        self._kept = kept

    async def execute(self, sql: str, values: Values = ()) -> None:
        """Run one statement for its effect."""
        self._written |= tables_written(sql)
        self._connection.execute(in_sqlite(sql), values)

    async def executemany(self, sql: str, rows: Iterable[Values]) -> None:
        """Run one statement for each row of values."""
        self._written |= tables_written(sql)
        self._connection.executemany(in_sqlite(sql), cast(Any, rows))  # its type hints lack named values

    async def fetch(self, sql: str, values: Values = ()) -> list[Row]:
        """Return all rows of one statement.

        A half-read RETURNING would keep the write lock, and a half-read SELECT its snapshot, however old it is.
        """
        self._written |= tables_written(sql)
        return self._connection.execute(in_sqlite(sql), values).fetchall()

    async def kept(self, tables: frozenset[str], key: Hashable, work: Callable[[Read], Awaitable[T]]) -> T:
        """See `Writing.kept`. What this commit has written of these tables may not stay: it is read each time."""
        if self._kept is None or not tables.isdisjoint(self._written):
            return await work(reading(self))
        return await self._kept.get(tables, key, lambda: work(reading(self)))

    async def lock(self, *names: str) -> None:
        """Do nothing: the one writer holds everything."""


def run_through(work: Awaitable[T]) -> T:
    """Run a coroutine that never waits, from its first to its last line, in this thread."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return cast(T, end.value)
    steps.close()
    raise AssertionError("a transaction waits for nothing but its own statements")


class Connection(aiosqlite.Connection):
    """An open connection in autocommit mode, and its thread."""

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function in the connection's thread: one hop, however many statements."""
        thread = cast(Any, self)  # aiosqlite has no public name for a hop, nor type hints for the one it has
        return cast(T, await thread._execute(work, self._conn))

    async def fetch(self, sql: str, values: Values = ()) -> list[Row]:
        """Return all rows of one statement that is a transaction of its own."""
        return await self.run(lambda connection: connection.execute(in_sqlite(sql), values).fetchall())

    async def read(self, work: Callable[[Read], Awaitable[T]]) -> T:
        """Run several reads of one snapshot."""

        def at_once(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN")
            try:
                return run_through(work(reading(SqliteWriting(connection))))
            finally:
                connection.rollback()  # also where an interrupt has ended it

        return await self.run(at_once)


async def connect(path: Path) -> Connection:
    """Open a connection.

    If it cannot be opened, its thread has ended before this raises: the thread calls back into this loop, which must
    still run.
    """

    def opened() -> sqlite3.Connection:
        made = sqlite3.connect(path, isolation_level=None, cached_statements=STATEMENTS)
        made.create_function("clock_ms", 1, int)  # this machine's clock is the database's
        return made

    connection = Connection(opened, iter_chunk_size=64)
    try:
        await connection
    except sqlite3.Error:
        await asyncio.to_thread(connection._thread.join)
        raise
    return connection


def open_beside(path: Path) -> sqlite3.Connection:
    """Open a plain connection to an existing file, to read all of it while a bot runs: no lock, no migration.

    Raises sqlite3.Error if there is no such file. Always close it.
    """
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5, isolation_level=None)
