"""Looks at a database as it lies there, for `sora-bot check`: no lock, no migration, no file, no row."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.domain.provider import Fault
from bot.storage.columns import from_ms
from bot.storage.processes.watched import BACKUP_AT, FIRST_START
from bot.storage.sqlite.connection import unusable
from bot.storage.sqlite.schema import migrations, refuse_foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDatabase:
    """What was found. version: of its schema, 0 where there is none yet; known: of this code's.

    unfunded: jobs that wait for funds.
    """

    version: int
    known: int
    running: bool = False
    last_backup: datetime | None = None
    first_start: datetime | None = None
    unfunded: int = 0


def look_at_file(path: Path) -> FoundDatabase:
    """Return what a SQLite file holds; blocking. Raises Unusable where it cannot be read, or belongs to another program."""
    known = len(migrations())
    running = _is_held(path)
    if not path.exists():
        return FoundDatabase(version=0, known=known, running=running)
    # Without a log nobody writes, and without this SQLite would make one to read the file.
    alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{alone}", uri=True, timeout=2)) as connection:
            [[version]] = connection.execute("PRAGMA user_version")
            refuse_foreign(connection, path)
            readable = 0 < version <= known  # newer code may have other tables
            times = {name: _time(connection, name) for name in (BACKUP_AT, FIRST_START)} if readable else {}
            return FoundDatabase(
                version=version,
                known=known,
                running=running,
                last_backup=times.get(BACKUP_AT),
                first_start=times.get(FIRST_START),
                unfunded=_unfunded(connection) if readable else 0,
            )
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def _time(connection: sqlite3.Connection, name: str) -> datetime | None:
    found = connection.execute("SELECT value FROM value WHERE name = ?", (name,)).fetchone()
    return from_ms(int(found[0])) if found else None


def _unfunded(connection: sqlite3.Connection) -> int:
    [count] = connection.execute(
        "SELECT count(*) FROM generation WHERE finished_at IS NULL AND hold = ?", (Fault.INSUFFICIENT_FUNDS,)
    ).fetchone()
    return int(count)


def _is_held(path: Path) -> bool:
    """Return whether a process holds the lock on the file. The lock is looked at, not taken."""
    lock = Path(f"{path.resolve()}.lock")
    if lock.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{lock.as_uri()}?mode=ro", uri=True, timeout=0)) as held:
            try:
                held.execute("SELECT 1 FROM sqlite_schema").fetchall()
            except sqlite3.OperationalError as error:
                return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False
