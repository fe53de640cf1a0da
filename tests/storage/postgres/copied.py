"""A PostgreSQL database copied into a SQLite file, for the audit."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.storage.empty import put_empty
from tests.storage.postgres.server import PostgresServer


async def copied(address: str, path: Path) -> Path:
    """Copy every row; returns the path."""
    _make_empty(path)
    async with await PostgresServer.connect(address) as source:
        with closing(sqlite3.connect(path, isolation_level=None)) as target:
            triggers = target.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                target.execute(f"DROP TRIGGER {name}")
            tables = target.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            target.execute("BEGIN")
            for (table,) in tables:
                columns = [name for _, name, *_ in target.execute(f"PRAGMA table_info({table})")]
                names, marks = ", ".join(columns), ", ".join("?" * len(columns))
                found = await source.execute(f"SELECT {names} FROM {table}".encode())
                target.execute(f"DELETE FROM {table}")
                target.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", [tuple(row) for row in await found.fetchall()]
                )
            target.execute("COMMIT")
    return path


def _make_empty(path: Path) -> None:
    path.unlink(missing_ok=True)
    put_empty(path)
