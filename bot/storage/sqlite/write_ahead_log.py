"""SQLite's write-ahead log beside the file: emptied after a deletion, and never long for good."""

import asyncio
from contextlib import closing, suppress
from pathlib import Path

from bot.domain.errors import StoreUnavailable
from bot.storage.sqlite.connection import Connection, faults, open_beside

EMPTY_AGAIN = 5.0  # seconds
LOG_KEPT = 64 * 2**20  # bytes of the log that stay for reuse: it is not made longer and shorter all the time
# Pages of 4 KiB in the log when the writer copies them into the file. It waits for the disk twice then, however little it
# copies, and so does whoever is answered after that commit: with SQLite's own 1,000 one accept in thirty.
LOG_COPIED = 8_000


class WriteAheadLog:
    """The log of one file. writer: the connection that writes to it."""

    def __init__(self, path: Path, writer: Connection) -> None:
        self._path = path
        self._writer = writer
        self._emptying: asyncio.Task[None] | None = None
        self._trimming: asyncio.Task[int] | None = None

    async def close(self) -> None:
        """End what is under way. Closing the last connection empties the log."""
        if self._emptying:
            self._emptying.cancel()
            await asyncio.wait([self._emptying])
        if self._trimming:
            await asyncio.wait([self._trimming])

    async def empty(self) -> None:
        """Merge the log into the file and empty it, so that deleted text is nowhere on the disk.

        While a backup, an audit or a report reads the file, part of the log must stay. So this is retried every few
        seconds until the log is empty, or until close, which empties it too. It never waits while it holds a lock:
        SQLite would block every write for as long as it waits for the readers. It is also retried if the disk prevents
        it: the deletion itself is committed either way.
        """
        if not await self._emptied() and self._emptying is None:
            self._emptying = asyncio.create_task(self._empty_later(), name="scrub")

    async def trim(self) -> int:
        """Shorten a log that has become long, and return its bytes.

        A read keeps SQLite from reusing its log, which grows by whatever is written meanwhile. Most of it is copied into
        the file by a connection of its own, while writes go on; what is left is little.
        """
        try:
            if self._bytes() > LOG_KEPT:
                with suppress(StoreUnavailable), faults():
                    await asyncio.to_thread(_copy_log, self._path)
                await self._emptied()
            return self._bytes()
        finally:
            self._trimming = None

    def trim_soon(self) -> None:
        """Trim it in the background, after a long read."""
        if self._trimming is None and self._bytes() > LOG_KEPT:
            self._trimming = asyncio.create_task(self.trim(), name="trim")

    async def _empty_later(self) -> None:
        try:
            while True:
                await asyncio.sleep(EMPTY_AGAIN)
                if await self._emptied():
                    return
        finally:
            self._emptying = None

    async def _emptied(self) -> bool:
        """Return whether the log is empty now.

        It does not wait for readers, nor inside SQLite for a write in progress.
        """
        try:
            with faults():
                [[busy, *_]] = await self._writer.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
        except StoreUnavailable:  # a failing disk raises at the next write
            return False
        return not busy

    def _bytes(self) -> int:
        try:
            return self._path.with_name(f"{self._path.name}-wal").stat().st_size
        except FileNotFoundError:
            return 0


def _copy_log(path: Path) -> None:
    with closing(open_beside(path)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
