"""A PostgreSQL server of this test run's own, on a private socket, and empty databases on it."""

import asyncio
import fcntl
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psycopg

from bot.storage.postgres import schema
from bot.storage.postgres.connection import Connection, connect, parameters
from sandbox.cluster.postgres import SETTINGS, PostgresFiles
from sandbox.cluster.postgres import programs as programs

_MEMORY = Path("/dev/shm")
_HOME = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
_PREFIX = "sora-pg-"
_SETTINGS = {**SETTINGS, "autovacuum": "off", "max_connections": "200", "shared_buffers": "32MB"}
DURABLE = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "128MB"}
_EMPTY = "empty"  # the database that has the tables and nothing in them

# What empties each table and restarts each sequence. `schema_version` and the row of `queue_turn` are in an empty database too.
_FILLED = b"""
SELECT 'DELETE FROM ' || relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
 AND relname NOT IN ('schema_version', 'queue_turn')
UNION ALL SELECT format('SELECT setval(%L, %s, false)', sequencename, start_value) FROM pg_sequences
UNION ALL SELECT 'UPDATE queue_turn SET turn = 0, claims = 0'
"""


def _remove_orphans() -> None:
    """Stop the servers of test runs that were killed, and so could not."""
    homes = {_HOME, Path(tempfile.gettempdir())}
    for owner in (found for home in homes for found in home.glob(f"{_PREFIX}*/owner")):
        with suppress(OSError, ValueError):
            try:
                os.kill(int(owner.read_text()), 0)
            except ProcessLookupError:
                PostgresServer(owner.parent).stop()


async def empty(connection: Connection) -> None:
    """Delete everything in a database, so that it is as new."""
    rows = await (await connection.execute(_FILLED)).fetchall()
    changes = "; ".join(change for (change,) in rows)
    # Without the triggers, which would forbid it.
    await connection.execute(
        f"BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off; {changes}; COMMIT".encode()
    )


class PostgresServer:
    """A server, started; always `stop` it."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = _SETTINGS) -> None:
        self._folder = folder
        self._files = PostgresFiles(folder, settings)
        self._made = 0
        self._empty: asyncio.Future[None] | None = None
        self._free: list[str] = []

    @classmethod
    def start(cls, *, durable: bool = False, shared: Path | None = None) -> "PostgresServer":
        """Make the files of a server and start it. durable: it writes as one that members rely on, for a measurement.

        shared: a folder of the processes of this run, in which the first keeps the new files; the others copy them.
        """
        _remove_orphans()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=tempfile.gettempdir() if durable else _HOME))
        (folder / "owner").write_text(str(os.getpid()))
        server = cls(folder, {**_SETTINGS, **DURABLE} if durable else _SETTINGS)
        if shared:
            server._make_or_copy(shared)
        else:
            server._files.make()
        folder.chmod(0o711)  # also a bot in a user namespace, which a disk of its own takes, gets to the socket
        server.up()
        return server

    def _make_or_copy(self, shared: Path) -> None:
        kept = shared / "postgres"
        with (shared / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                self._files.make()
                subprocess.run(["cp", "-a", self._folder, shared / "postgres.new"], check=True)
                (shared / "postgres.new").rename(kept)
                return
        subprocess.run(["cp", "-a", f"{kept}/.", self._folder], check=True)
        (self._folder / "owner").write_text(str(os.getpid()))  # the copy has that of the other

    def up(self) -> None:
        """Start it, again after `down`; returns once it takes connections."""
        log = self._folder / "log"
        options = shlex.join(self._files.options)
        self._files.run("pg_ctl", "-w", "-D", self._files.data, "-o", options, "-l", log, "start")

    def down(self, how: str = "fast") -> None:
        """Stop it: `fast` ends connections, `immediate` is as a crash."""
        self._files.run("pg_ctl", "-w", "-D", self._files.data, "-m", how, "stop")

    def stop(self) -> None:
        """Stop it for good, and remove its files."""
        with suppress(RuntimeError):  # it has ended already
            self.down("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def address(self, database: str) -> str:
        """Return the address of a database on it."""
        return self._files.address(database)

    @property
    def pid(self) -> int:
        """Its process id; its connections are processes that it has started."""
        return int((self._files.data / "postmaster.pid").read_text().splitlines()[0])

    @property
    def socket(self) -> Path:
        """The socket at which it listens."""
        return self._files.socket

    async def bare(self) -> str:
        """Return the address of a new database without any tables."""
        self._made += 1
        await self._command(f'CREATE DATABASE "bare{self._made}"')
        return self.address(f"bare{self._made}")

    async def take(self) -> str:
        """Return the address of a database with empty tables; give it back."""
        if self._free:
            return self._free.pop()
        if self._empty is None:  # several are taken at the same time
            self._empty = asyncio.ensure_future(self._make_empty())
        await self._empty
        self._made += 1
        name = f"test{self._made}"
        await self._command(f'CREATE DATABASE "{name}" TEMPLATE "{_EMPTY}"')
        return self.address(name)

    async def _make_empty(self) -> None:
        await self._command(f'CREATE DATABASE "{_EMPTY}"')
        await schema.upgrade(self.address(_EMPTY), _EMPTY)

    async def copy(self, address: str) -> str:
        """Return the address of a copy of a database, as a restored backup is one. Nobody may be connected to it."""
        self._made += 1
        name = address.removeprefix("postgresql://sora@/").partition("?")[0]
        await self._command(f'CREATE DATABASE "copy{self._made}" TEMPLATE "{name}"')
        return self.address(f"copy{self._made}")

    async def dump(self, address: str) -> Path:
        """Save a database with `pg_dump`, while a bot may run on it; returns the file."""
        self._made += 1
        file = self._folder / f"dump{self._made}"
        await asyncio.to_thread(self._files.run, "pg_dump", "-Fc", "-f", file, "-d", address)
        return file

    async def restore(self, file: Path) -> str:
        """Return the address of a new database that `pg_restore` has filled from a dump."""
        address = await self.bare()
        await asyncio.to_thread(self._files.run, "pg_restore", "--exit-on-error", "-d", address, file)
        return address

    async def give_back(self, address: str) -> None:
        """Empty a database for the next test, which is quicker than to make a new one."""
        async with await self.connect(address) as connection:
            await empty(connection)
        self._free.append(address)

    @staticmethod
    async def connect(address: str) -> Connection:
        """Return a connection of a test's own."""
        return await connect(parameters(address))

    async def _command(self, sql: str) -> None:
        async with await psycopg.AsyncConnection.connect(self.address("postgres"), autocommit=True) as connection:
            await connection.execute(sql.encode())
