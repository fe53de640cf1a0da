"""Runs one statement on one SQLite connection, and translates SQLite's errors."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import aiosqlite

from bot.domain.errors import StoreFault, StoreUnavailable

Row = sqlite3.Row
Writing = aiosqlite.Connection
Values = Sequence[Any] | Mapping[str, Any]
Read = Callable[[str, Values], Awaitable[list[Row]]]  # all rows of one statement, inside or outside a transaction
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
        # Errors of the sqlite3 module itself have no code.
        code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if (kind := _FAULTS.get(code & 0xFF)) is None:
            raise
        detail = f"{error} ({getattr(error, 'sqlite_errorname', code)})"
        raise StoreUnavailable(kind, detail, reading=reading) from error


async def fetch(connection: Writing, sql: str, values: Values = ()) -> list[Row]:
    """Return all rows of one statement, in one hop to the connection's thread.

    It always fetches everything in one hop. A half-read RETURNING keeps the write lock, and a half-read SELECT keeps
    its snapshot, which another read on the same connection would share, however old it is.
    """
    return list(await connection.execute_fetchall(sql, cast(Any, values)))  # its type hints lack named values


def reading(writing: Writing) -> Read:
    """Return a function that reads inside a write's own transaction."""
    return partial(fetch, writing)


async def connect(path: Path) -> Writing:
    """Open a connection in autocommit mode.

    If it cannot be opened, its thread has ended before this raises: the thread calls back into this loop, which must
    still run.
    """
    connection = aiosqlite.connect(path, isolation_level=None)
    try:
        return await connection
    except sqlite3.Error:
        await asyncio.to_thread(connection._thread.join)
        raise


def open_beside(path: Path) -> sqlite3.Connection:
    """Open a plain connection to an existing file, to read all of it while a bot runs: no lock, no migration.

    Raises sqlite3.Error if there is no such file. Always close it.
    """
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5, isolation_level=None)
