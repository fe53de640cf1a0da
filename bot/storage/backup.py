"""Backs up a SQLite database while the bot runs, and restores it.

A backup is an ordinary database file, checked and on the disk before it gets its name. It never overwrites anything. A
restored database is older than what has happened since: what it records as unsent may have been sent, so exactly that
is put in doubt.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from bot.domain.errors import StoreFault, StoreUnavailable, Unusable
from bot.storage import restored
from bot.storage.columns import to_ms
from bot.storage.processes.watched import BACKUP_AT, SET_VALUE
from bot.storage.sqlite.connection import open_beside
from bot.storage.sqlite.database import SqliteDatabase
from bot.storage.sqlite.former_schemas import lacking
from bot.storage.sqlite.locking import hold_lock
from bot.storage.sqlite.schema import migrations, refuse_foreign, tables, tables_of
from bot.storage.sqlite.snapshot import discard as _discard
from bot.storage.sqlite.snapshot import keep as _keep
from bot.storage.sqlite.snapshot import snapshot as _snapshot
from bot.storage.verify import differences
from bot.system.files import part_of


async def backup(path: Path, file: Path, *, now: datetime | None = None) -> None:
    """Write a consistent, checked snapshot of the database `path` to `file`; the bot may be running.

    now: is left in the database as the time of its newest backup. Raises Unusable.
    """
    await asyncio.to_thread(_refuse_foreign, path)
    await asyncio.to_thread(_snapshot, path, file)
    if now is not None:
        await asyncio.to_thread(_mark, path, to_ms(now))


def _refuse_foreign(path: Path) -> None:
    """Raise WrongSettings where the file belongs to another program: its copy would be no backup of the bot."""
    with suppress(sqlite3.Error), closing(open_beside(path)) as connection:  # the copy says what is wrong
        refuse_foreign(connection, path)


def _mark(path: Path, at: int) -> None:
    """Record a backup. One that cannot be recorded is a backup all the same."""
    with suppress(sqlite3.Error), closing(open_beside(path)) as connection:
        connection.execute(SET_VALUE, (BACKUP_AT, str(at)))


async def restore(file: Path, path: Path, *, now: datetime, lists: Sequence[Path] = ()) -> None:
    """Create the database `path` from a backup, upgraded, with everything in doubt that may have happened since.

    Raises Unusable, also if `path` is not empty, a bot runs on it, or the ledger of `file` is inconsistent: one line
    for each difference. A crash leaves no database, only a `.part`. What members have deleted since the backup is
    deleted in it too, by the list beside `path` and in the folders `lists`.
    """
    lock = hold_lock(path)
    part = part_of(path)
    try:
        for suffix in ("", "-wal", "-journal"):
            there = path.with_name(path.name + suffix)
            if there.exists():
                raise Unusable(f"{there} exists already; move it away first, a restore never overwrites anything")
        _discard(part)
        await asyncio.to_thread(_snapshot, file, part)
        await asyncio.to_thread(_check_ours, part, file)
        database = await SqliteDatabase.open(part, saved=True)
        try:
            await database.write(lambda writing: restored.doubt(writing, to_ms(now)))
            await restored.forget_again(database, (path.parent, *lists))
        finally:
            await database.close()
        await asyncio.to_thread(_rewrite, part)
        if wrong := await differences(part):
            raise Unusable("\n".join([f"{file} is not restored, its books do not agree:", *wrong]))
        if part.with_name(f"{part.name}-wal").exists():  # closing failed to merge it into the database
            raise Unusable(f"{part} could not be finished; is the disk full?")
        _keep(part, path)
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror}") from error
    except StoreUnavailable as error:
        why = "the disk is full" if error.kind is StoreFault.FULL else error.detail
        raise Unusable(f"{path} cannot be written: {why}") from error
    finally:
        _discard(part)
        lock.close()


def _check_ours(part: Path, file: Path) -> None:
    """Raise Unusable if this copy of `file` is not a whole database of this project, of whatever schema."""
    with closing(open_beside(part)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        absent = tables_of(version) - tables(connection)
        if absent and lacking(connection, version, migrations()):  # of the migrations that its upgrade applies
            absent.clear()
    if version < 1 or absent:
        why = f": it lacks {', '.join(sorted(absent))}" if absent else ""
        raise Unusable(f"{file} is not restored, it is no database of sora-bot{why}")


def _rewrite(part: Path) -> None:
    """Rewrite every page, so that no deleted data remains in the free part of one."""
    with closing(open_beside(part)) as connection:
        connection.execute("VACUUM")
