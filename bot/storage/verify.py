"""`db verify`: the audit of the ledger on one consistent snapshot, also while a bot runs. It changes nothing."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.domain.errors import Unusable
from bot.storage.database import reading
from bot.storage.ledger_audit import audit
from bot.storage.sqlite.connection import SqliteWriting, open_beside, run_through
from bot.storage.sqlite.schema import migrations


async def differences(path: Path) -> list[str]:
    """Return the differences in this SQLite file; empty if all is well.

    path: an existing database with this version's schema. The bot may be running on it. Raises Unusable.
    """
    return await asyncio.to_thread(_differences, path)


def _differences(path: Path) -> list[str]:
    try:
        with closing(open_beside(path)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")  # one snapshot for all reads below, whatever is written meanwhile
            [[version]] = connection.execute("PRAGMA user_version")
            if version != len(migrations()):
                raise Unusable(
                    f"the database {path} has schema {version}, not {len(migrations())}: run `sora-bot db upgrade`"
                )
            if damage := [text for [text] in connection.execute("PRAGMA integrity_check") if text != "ok"]:
                return damage
            dangling = [
                f"{table} row {row} refers to a {parent} that does not exist"
                for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check")
            ]
            return dangling + run_through(audit(reading(SqliteWriting(connection))))
    except sqlite3.Error as error:
        raise Unusable(f"the database {path} cannot be read: {error}") from error
