"""The tables, created by the migrations. A released migration never changes: the checksums of those that were applied are
noted in the database and compared at each opening. A database that holds something is backed up before it is changed.
"""

import asyncio
import hashlib
import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from importlib import resources
from pathlib import Path

from bot.domain.errors import OperatorNeeded, WrongSettings
from bot.storage.sqlite.connection import Connection
from bot.storage.sqlite.former_schemas import lacking
from bot.storage.sqlite.upgrade_backups import newest_backup, save_before_upgrade

CHECKSUMS = "schema-checksums"  # the name of the value that has them, by number
OLDEST_TABLE = "generation"  # every schema has it
_NOTE = "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_COMMENT = re.compile(r"--[^\n]*")


@cache
def migrations() -> Sequence[str]:
    """Return the SQL of every migration in order; a file's `user_version` is the number of those applied.

    A number without a file changes nothing.
    """
    folder = resources.files("bot.storage.sqlite") / "migrations"
    files = {int(item.name[:4]): item for item in folder.iterdir() if item.name.endswith(".sql")}
    numbers = range(1, max(files) + 1)
    return tuple(files[number].read_text(encoding="utf-8") if number in files else "" for number in numbers)


def tables(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all tables in a file."""
    return {name for [name] in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def tables_of(version: int) -> set[str]:
    """Return the tables of a database with this schema version."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in migrations()[:version]:
            connection.executescript(script)
        return tables(connection)


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raise WrongSettings where the file belongs to another program. Litestream's tables may be there before ours."""
    names = tables(connection)
    if OLDEST_TABLE not in names and any(not name.startswith(("sqlite_", "_litestream")) for name in names):
        raise WrongSettings(f"{path} is a database of another program; name another file in DATABASE_URL")


async def migrate(connection: Connection, path: Path, *, saved: bool = False) -> None:
    """Apply every migration that this file lacks, each in a transaction of its own. Raises Unusable, sqlite3.Error.

    What it holds is backed up first, unless it is `saved` already.
    """
    [[version]] = await connection.fetch("PRAGMA user_version")
    scripts = migrations()
    if version > len(scripts):
        raise OperatorNeeded(newer(path, version, len(scripts)))
    noted = await _noted(connection) if version else {}
    known = {str(number): checksum(script) for number, script in enumerate(scripts, start=1) if script}
    if other := [number for number, noted_sum in noted.items() if known.get(number) != noted_sum]:
        raise OperatorNeeded(
            f"the database {path} was made with another migration {', '.join(other)} than this sora-bot has, so its tables may"
            " differ; install the version that made it again"
        )
    if 0 < version < len(scripts) and not saved:
        await asyncio.to_thread(save_before_upgrade, path, version)
    if 0 < version < len(scripts) and not noted:
        version += await _fill_gaps(connection, version, scripts)
    for number, script in enumerate(scripts, start=1):
        if number > version:
            await connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
    if noted != known:
        await connection.execute(_NOTE, (CHECKSUMS, json.dumps(known)))


async def _fill_gaps(connection: Connection, version: int, scripts: Sequence[str]) -> int:
    """Apply what a database lacks below its highest migration, in one transaction; returns how many that were."""
    missing = await connection.run(lambda opened: lacking(opened, version, scripts))
    if missing:
        filled = "\n".join(scripts[number - 1] for number in missing)
        highest = version + len(missing)
        await connection.executescript(f"BEGIN IMMEDIATE;\n{filled}\nPRAGMA user_version = {highest};\nCOMMIT;")
    return len(missing)


@cache
def checksum(script: str) -> str:
    """Return what identifies a migration: its statements, without comments and layout."""
    return hashlib.sha256(" ".join(_COMMENT.sub("", script).split()).encode()).hexdigest()[:16]


async def _noted(connection: Connection) -> dict[str, str]:
    """Return the checksums of the applied migrations; none in a database of before they were noted."""
    rows = await connection.fetch("SELECT value FROM value WHERE name = ?", (CHECKSUMS,))
    return json.loads(rows[0][0]) if rows else {}


def newer(path: Path, version: int, known: int) -> str:
    """Return what the operator is told of a database that newer code has upgraded, with the way back."""
    text = f"the database {path} was made by a newer sora-bot (schema {version}, this one knows {known})"
    if backup := newest_backup(path, known):
        return (
            f"{text}; install that one again, or go back to before its upgrade: move {path} away and run"
            f" `sora-bot db restore {backup}`"
        )
    return f"{text}; install that one again"
