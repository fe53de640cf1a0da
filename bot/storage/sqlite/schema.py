"""The tables, created by the migrations. A released migration never changes."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib import resources
from pathlib import Path

from bot.domain.errors import OperatorNeeded
from bot.storage.sqlite.connection import Connection


def migrations() -> Sequence[str]:
    """Return the SQL of every migration in order; a file's `user_version` is the number of those applied."""
    folder = resources.files("bot.storage.sqlite") / "migrations"
    scripts = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return [script.read_text(encoding="utf-8") for script in scripts]


def tables(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all tables in a file."""
    return {name for [name] in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def tables_of(version: int) -> set[str]:
    """Return the tables of a database with this schema version."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in migrations()[:version]:
            connection.executescript(script)
        return tables(connection)


async def migrate(connection: Connection, path: Path) -> None:
    """Apply every migration that this file lacks, each in a transaction of its own. Raises Unusable, sqlite3.Error."""
    [[version]] = await connection.fetch("PRAGMA user_version")
    scripts = migrations()
    if version > len(scripts):
        raise OperatorNeeded(
            f"the database {path} was made by a newer sora-bot (schema {version}, this one knows {len(scripts)})"
        )
    for number, script in enumerate(scripts, start=1):
        if number > version:
            await connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
