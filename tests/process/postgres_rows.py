"""The questions of `tests.process.database` to a PostgreSQL database."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.process.database import Rows

_CONNECTIONS: dict[tuple[str, str | None], psycopg.Connection[tuple[Any, ...]]] = {}


@dataclass(frozen=True, slots=True)
class PostgresRows(Rows):
    """Questions to one PostgreSQL database; `path` is its address."""

    def select(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        connection = _connection(str(self.path), self.server)
        return connection.execute(*_bound(sql, values)).fetchall()

    def contents(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of each of these tables."""
        return {table: self.select(f"SELECT * FROM {table}") for table in tables}  # noqa: S608

    def change(self, sql: str, *values: object) -> None:
        """Change the database from outside."""
        _connection(str(self.path), None).execute(*_bound(sql, values))

    @contextmanager
    def locked(self) -> Generator[None]:
        """A program that changes or saves tables holds all of them, but for those by which processes know each other."""
        with psycopg.connect(str(self.path)) as other:
            found = other.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                " AND relname NOT IN ('process', 'leader')"
            )
            other.execute(f"LOCK TABLE {', '.join(name for [name] in found.fetchall())} IN SHARE MODE".encode())
            yield

    def exists(self) -> bool:
        """Whether there is a database: the test has made it."""
        return True


def _bound(sql: str, values: tuple[object, ...]) -> tuple[bytes, dict[str, object]]:
    """A statement with its values by name, which are put in here: so the server needs to infer no type."""
    count = iter(range(1, len(values) + 1))
    marked = re.sub(r"\?(\d*)", lambda found: f"%(v{found[1] or next(count)})s", sql.replace("%", "%%"))
    return marked.encode(), {f"v{number}": value for number, value in enumerate(values, start=1)}


def _connection(address: str, server: str | None) -> psycopg.Connection[tuple[Any, ...]]:
    """Return the connection for an address and a server, opened once."""
    if (address, server) not in _CONNECTIONS:
        _CONNECTIONS[address, server] = _connected(address, server)
    return _CONNECTIONS[address, server]


def _connected(address: str, server: str | None) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that sees what belongs to one server only: views of its own stand before the tables."""
    connection = psycopg.connect(address, autocommit=True, cursor_factory=psycopg.ClientCursor)
    if server:
        columns = connection.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
            " WHERE table_schema = 'public' GROUP BY table_name"
        )
        for table, names in columns.fetchall():
            part = _part(server, names)
            if part:
                connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM public.{table} WHERE {part}".encode())  # noqa: S608
    return connection


def _part(server: str, names: list[str]) -> str:
    if "guild_id" in names:
        return f"guild_id = '{server}'"
    if "generation_id" in names:
        return f"generation_id IN (SELECT id FROM public.generation WHERE guild_id = '{server}')"  # noqa: S608
    return ""


def forget(address: str) -> None:
    """Close every connection to a database whose test has ended."""
    for key in [key for key in _CONNECTIONS if key[0] == address]:
        _CONNECTIONS.pop(key).close()
