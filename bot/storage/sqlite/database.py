"""One SQLite file: opened, locked and migrated; many readers, one writer.

A write is a function passed to `write`. It runs as one transaction in the writer's thread, which no cancellation of its
caller can leave half-way. Writes that come while one is committed share the next commit. Committed means on the disk
(`synchronous=FULL`).

SQLite's errors of the disk and of other programs' locks become `StoreUnavailable`. A write waits for a lock outside of
the writer's thread, and not for long, because members are waiting for replies. A caller that must write keeps its data
and retries.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Hashable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.storage.database import Read, Row, Values, Work, Writing
from bot.storage.sqlite import write_ahead_log
from bot.storage.sqlite.connection import Connection, connect, faults, unavailable, unusable
from bot.storage.sqlite.group_commit import GroupCommit, Outcome
from bot.storage.sqlite.kept_reads import KeptReads
from bot.storage.sqlite.locking import hold_lock
from bot.storage.sqlite.schema import migrate, refuse_foreign
from bot.system.files import close_to_others

T = TypeVar("T")
# Seconds to wait for another program's lock: a command must be answered within three, after two writes.
LOCK_PATIENCE = 0.8
LOCK_PAUSES = (0.01, 0.1)
READ_PATIENCE_MS = 500
MOST_TOGETHER = 64  # writes that share a commit: the first waits for the last of them
PROGRESS_STEPS = 50_000  # of SQLite, a few milliseconds: how often a long read checks whether it was cancelled


class SqliteDatabase:
    """The file and its two connections. Use `open`, and always `close`: an open one keeps the process alive."""

    shared = False

    def __init__(self, path: Path, writer: Connection, reader: Connection, lock: sqlite3.Connection) -> None:
        self._path = path
        self._writer = writer
        self._reader = reader
        self._lock_file = lock
        self._waiting: list[_Write] = []
        self._committing: asyncio.Task[None] | None = None
        self._running: set[asyncio.Future[Any]] = set()
        self._commits = GroupCommit()
        self._kept = KeptReads()
        self.watch: Callable[[StoreUnavailable | None], None] | None = None
        """Is told what a write or a read failed of, and None for every write that is on the disk."""
        self._apart: set[asyncio.Event] = set()
        self._log = write_ahead_log.WriteAheadLog(path, writer)

    @classmethod
    async def open(cls, path: Path, *, saved: bool = False) -> Self:
        """Open, lock and migrate the file, after a backup of it. Raises Unusable, which says what to do.

        saved: it is itself a copy, which needs no backup.
        """
        lock = hold_lock(path)
        opened: list[Connection] = []
        try:
            # Not in a thread of the connection: that of a failed connect may outlive the loop, and ends with a traceback.
            sqlite3.connect(path).close()
            for _ in range(2):
                opened.append(await connect(path))
            await opened[0].run(partial(refuse_foreign, path=path))  # before anything is changed
            for connection in opened:
                connection.row_factory = sqlite3.Row
                for pragma in (
                    "journal_mode=WAL",
                    "synchronous=FULL",
                    "foreign_keys=ON",
                    "secure_delete=ON",
                    "busy_timeout=5000",
                    "cache_size=-16000",  # KiB: keeps the upper pages of every index in memory
                    f"journal_size_limit={write_ahead_log.LOG_KEPT}",
                    f"wal_autocheckpoint={write_ahead_log.LOG_COPIED}",
                ):
                    await connection.execute(f"PRAGMA {pragma}")
            await migrate(opened[0], path, saved=saved)
            await opened[0].execute("PRAGMA shrink_memory")  # what the migrations took
            for connection, patience in zip(opened, (0, READ_PATIENCE_MS), strict=True):
                await connection.execute(f"PRAGMA busy_timeout={patience}")
            close_to_others(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", ".lock"))
        except BaseException as error:
            for connection in opened:
                await connection.close()
            lock.close()
            if isinstance(error, sqlite3.Error):
                raise unusable(path, error) from error
            raise
        return cls(path, opened[0], opened[1], lock)

    async def close(self) -> None:
        """Wait for writes in progress, then close everything, even if the caller is cancelled meanwhile."""
        for broken_off in self._apart:
            broken_off.set()
        await self._log.close()
        async with AsyncExitStack() as closing:
            closing.callback(self._lock_file.close)
            closing.push_async_callback(self._writer.close)
            closing.push_async_callback(self._reader.close)
            if self._running:
                await asyncio.wait(self._running)

    async def read(self, sql: str, values: Values = ()) -> list[Row]:
        """Return rows as last committed; never waits for a write. Raises StoreUnavailable."""
        try:
            with faults(reading=True):
                return await self._reader.fetch(sql, values)
        except StoreUnavailable as error:
            if self.watch:
                self.watch(error)
            raise

    async def reading(self, work: Callable[[Read], Awaitable[T]]) -> T:
        """Run several reads of one committed state, as `read` does. `work` awaits nothing but its reads."""
        try:
            with faults(reading=True):
                return await self._reader.read(work)
        except StoreUnavailable as error:
            if self.watch:
                self.watch(error)
            raise

    async def kept(self, tables: frozenset[str], key: Hashable, work: Callable[[Read], Awaitable[T]]) -> T:
        """Read as `reading` does, once: what it returns is kept until a write names one of these tables.

        This is the only process that writes the file.
        """
        return await self._kept.get(tables, key, partial(self.reading, work))

    async def read_apart(self, sql: str, values: Values = ()) -> list[Row]:
        """Read as `read` does, on a connection of its own: for a long query that must not delay others.

        If the caller is cancelled, or the database is closed, the query is interrupted.
        """
        connection = await connect(self._path)
        broken_off = asyncio.Event()
        self._apart.add(broken_off)
        try:
            connection.row_factory = sqlite3.Row
            await connection.set_progress_handler(broken_off.is_set, PROGRESS_STEPS)
            return await connection.fetch(sql, values)
        except asyncio.CancelledError:
            broken_off.set()
            raise
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise Refusal(RefusalCode.RESTARTING) from error
            with faults(reading=True):
                raise
        finally:
            self._apart.discard(broken_off)
            await connection.close()
            self._log.trim_soon()

    async def write(self, work: Callable[[Writing], Awaitable[T]]) -> T:
        """Run `work` in one transaction. When this returns, it is on the disk; when it raises, nothing happened.

        Raises StoreUnavailable if the disk or another program's lock prevents it, which passes and is no bug. `work`
        runs in the connection's thread, awaits nothing but its statements, and may run again (after such a lock, or
        where a transaction that shared the commit ended it). A cancelled caller does not cancel the transaction: it ends
        by itself, either way.
        """
        write = _Write(work)
        self._running.add(write.done)
        self._take(write)
        return cast(T, await asyncio.shield(write.done))

    def signals(self, sender: str, heard: Callable[[Collection[str]], None]) -> None:
        """Return nothing: there is no other process."""

    async def scrub(self) -> None:
        """See `Database.scrub`, and `write_ahead_log.WriteAheadLog.empty`."""
        await self._log.empty()

    async def trim(self) -> int:
        """See `Database.trim`, and `write_ahead_log.WriteAheadLog.trim`."""
        return await self._log.trim()

    def _take(self, write: "_Write") -> None:
        self._waiting.append(write)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting(), name="commits")

    async def _commit_waiting(self) -> None:
        """Commit until nothing waits: what has come in the meantime goes together."""
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                works, written = [write.work for write in together], set[str]()
                try:
                    outcomes = await self._writer.run(partial(self._commits.run, works=works, written=written))
                except Exception as error:  # noqa: BLE001 - the connection is closed: nothing of them happened
                    outcomes = [Outcome(error=error)] * len(works)
                self._kept.drop(written)
                for write, outcome in zip(together, outcomes, strict=True):
                    self._end(write, outcome)
        finally:
            self._committing = None

    def _end(self, write: "_Write", outcome: Outcome) -> None:
        """Answer a write, or put it in line again where another program's lock was in its way."""
        error = outcome.error
        if error is not None and (told := unavailable(error)):
            if told.kind is StoreFault.BUSY and asyncio.get_running_loop().time() < write.until:
                asyncio.get_running_loop().call_later(write.next_pause(), self._take, write)
                return
            told.__cause__, error = error, told
        if self.watch and (error is None or isinstance(error, StoreUnavailable)):
            self.watch(error)
        self._running.discard(write.done)
        if write.done.done():  # its caller's task was cancelled with the loop
            return
        if error is None:
            write.done.set_result(outcome.result)
        else:
            write.done.set_exception(error)
            write.done.exception()  # taken: where its caller was cancelled nobody asks for it, and asyncio would log it


class _Write:
    """A write that waits for its commit. until: how long another program's lock is waited for."""

    __slots__ = ("_pause", "done", "until", "work")

    def __init__(self, work: Work[Any]) -> None:
        loop = asyncio.get_running_loop()
        self.work = work
        self.done: asyncio.Future[Any] = loop.create_future()
        self.until = loop.time() + LOCK_PATIENCE
        self._pause = LOCK_PAUSES[0]

    def next_pause(self) -> float:
        """Return the seconds until the next try."""
        pause, self._pause = self._pause, min(self._pause * 2, LOCK_PAUSES[1])
        return pause
