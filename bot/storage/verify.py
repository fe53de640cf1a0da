"""`db verify`: the audit of the ledger on one consistent snapshot, also while a bot runs. It changes nothing."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.domain.errors import OperatorNeeded, StoreUnavailable, Unusable
from bot.storage.database import reading
from bot.storage.opening import database_name, sqlite_path
from bot.storage.quota.ledger_audit import audit
from bot.storage.sqlite.connection import SqliteWriting, open_beside, run_through, unusable
from bot.storage.sqlite.schema import migrations, newer, refuse_foreign


async def differences(where: Path | str) -> list[str]:
    """Return the differences in a database; empty if all is well.

    where: the `DATABASE_URL`, or the path of a SQLite file, of a database with this version's schema. The bot may be running
    on it. Raises Unusable.
    """
    if path := sqlite_path(where):
        return await asyncio.to_thread(_differences, path)
    from bot.storage.postgres.database import PostgresDatabase  # of an extra

    database = await PostgresDatabase.open(str(where), database_name(where))
    try:
        return await database.reading_apart(audit)
    except StoreUnavailable as error:
        raise Unusable(f"the database {database_name(where)} cannot be read: {error.detail}") from error
    finally:
        await database.close()


def _differences(path: Path) -> list[str]:
    try:
        with closing(open_beside(path)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")  # one snapshot for all reads below, whatever is written meanwhile
            [[version]] = connection.execute("PRAGMA user_version")
            refuse_foreign(connection, path)
            if version > len(migrations()):
                raise OperatorNeeded(newer(path, version, len(migrations())))
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
        raise unusable(path, error) from error
