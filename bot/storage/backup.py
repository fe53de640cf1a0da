"""Backs up the database while the bot runs, restores it, and upgrades its schema.

A backup is an ordinary database file, checked and on the disk before it gets its name. It never overwrites anything. A
restored database is older than what has happened since: what it records as unsent may have been sent, so exactly that
is put in doubt.
"""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bot.domain.errors import StoreFault, StoreUnavailable, Unusable
from bot.runtime.files import part_of
from bot.storage import forgotten
from bot.storage.columns import to_ms
from bot.storage.database import Database, Writing, fetch
from bot.storage.deliveries import MAYBE_POSTED, OPEN, RESTORED_AT
from bot.storage.failure_notices import OPEN_NOTICE
from bot.storage.sqlite.connection import open_beside
from bot.storage.sqlite.database import SqliteDatabase
from bot.storage.sqlite.locking import hold_lock
from bot.storage.sqlite.schema import tables, tables_of
from bot.storage.sqlite.snapshot import discard as _discard
from bot.storage.sqlite.snapshot import keep as _keep
from bot.storage.sqlite.snapshot import snapshot as _snapshot
from bot.storage.verify import differences


async def upgrade(path: Path) -> int:
    """Upgrade a database, or create an empty one; returns its schema version.

    Raises Unusable, also while a bot runs.
    """
    database = await SqliteDatabase.open(path)
    try:
        [[version]] = await database.read("PRAGMA user_version")
    finally:
        await database.close()
    return version


async def backup(path: Path, file: Path) -> None:
    """Write a consistent, checked snapshot of the database `path` to `file`; the bot may be running.

    Raises Unusable.
    """
    await asyncio.to_thread(_snapshot, path, file)


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
            await database.write(lambda writing: _doubt(writing, to_ms(now)))
            await _forget(database, (path.parent, *lists))
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
        lacking = tables_of(version) - tables(connection)
    if version < 1 or lacking:
        why = f": it lacks {', '.join(sorted(lacking))}" if lacking else ""
        raise Unusable(f"{file} is not restored, it is no database of sora-bot{why}")


async def _doubt(writing: Writing, at: int) -> None:
    """Mark as in doubt whatever may have been done since the backup, so that it is not repeated without a check.

    A reserved job of an old backup may have been sent and billed since, so it becomes `unknown`: it is searched for at
    UniAll and never sent again. The table of transitions has no such step, because a generation never takes it; this
    repairs the record. Its submit may have been at any time since it was accepted. An unsent delivery, and any that a
    restored generation will get (`POSTED_BEFORE`), counts an attempt, as does an unsent notice. An unsent post may be in any
    channel that it
    could have gone to, and is searched for there first.
    """
    await writing.execute(
        "UPDATE generation SET state = 'unknown', hold = NULL, lease_owner = NULL, lease_until = NULL,"
        " submitting_at = CASE state WHEN 'reserved' THEN accepted_at ELSE submitting_at END,"
        " sent_there = CASE state WHEN 'reserved' THEN NULL ELSE sent_there END,"
        " revision = revision + 1, card_due_at = ? WHERE finished_at IS NULL AND state IN ('reserved', 'submitting')",
        (at,),
    )
    await writing.execute(f"UPDATE delivery SET attempts = 1 WHERE attempts = 0 AND {OPEN}")
    await writing.execute(MAYBE_POSTED.format(which="delivery.state <> 'sent'"))
    await writing.execute(f"UPDATE failure_notice SET attempts = 1 WHERE attempts = 0 AND {OPEN_NOTICE}")
    # Later than anything in it, even if this machine's clock is behind that of the original one.
    [[latest]] = await fetch(writing, "SELECT max(accepted_at) FROM generation")
    await writing.execute(
        "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (RESTORED_AT, str(max(at, latest or 0))),
    )


async def _forget(database: Database, lists: Sequence[Path]) -> None:
    """Erase also those jobs that were running in the backup: they have ended since, and their text was deleted."""
    listed = await asyncio.to_thread(forgotten.read, lists)
    await database.write(lambda writing: forgotten.learn(writing, listed))
    await forgotten.unfinished(database)

    async def blank(writing: Writing) -> None:
        await forgotten.blank(writing, await forgotten.known(writing))

    await database.write(blank)


def _rewrite(part: Path) -> None:
    """Rewrite every page, so that no deleted data remains in the free part of one."""
    with closing(open_beside(part)) as connection:
        connection.execute("VACUUM")
