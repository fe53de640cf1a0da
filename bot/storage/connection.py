"""One statement on one SQLite connection, and what SQLite's errors mean."""

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
Read = Callable[[str, Values], Awaitable[list[Row]]]  # all rows of one statement, inside a transaction or beside it
# What passes by itself or is mended by the operator, and is no fault of the statement. By SQLite's primary result code.
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
    """What SQLite says of the disk and of locks as StoreUnavailable; its other errors are faults of this project."""
    try:
        yield
    except sqlite3.Error as error:
        code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # sqlite3's own errors have none
        if (kind := _FAULTS.get(code & 0xFF)) is None:
            raise
        detail = f"{error} ({getattr(error, 'sqlite_errorname', code)})"
        raise StoreUnavailable(kind, detail, reading=reading) from error


async def fetch(connection: Writing, sql: str, values: Values = ()) -> list[Row]:
    """All rows of one statement, in one hop to the connection's thread.

    Always all, and never in two hops: a half-read RETURNING keeps the write lock, and a half-read SELECT keeps its picture
    of the data, which a read that starts meanwhile on the same connection would share, however old it is.
    """
    return list(await connection.execute_fetchall(sql, cast(Any, values)))  # its hints know no named values


def reading(writing: Writing) -> Read:
    """Reads inside a write's own transaction."""
    return partial(fetch, writing)


async def connect(path: Path) -> Writing:
    """A connection in autocommit mode. Where it cannot be opened, its thread has ended too before this raises: it calls back
    into this loop, which must still run then.
    """
    connection = aiosqlite.connect(path, isolation_level=None)
    try:
        return await connection
    except sqlite3.Error:
        await asyncio.to_thread(connection._thread.join)
        raise


def open_beside(path: Path) -> sqlite3.Connection:
    """A plain connection to an existing file, for reading it whole beside a running bot: no lock, no migration.

    Raises sqlite3.Error where there is no such file. Always close it.
    """
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5, isolation_level=None)
