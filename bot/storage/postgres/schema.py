"""The tables on PostgreSQL, created by the migrations. A released migration never changes.

Each has the number of SQLite's migration to the same tables; the first one is all of them up to its number. `schema_version`
notes each with the oldest code that works on its tables, so that an upgrade comes first and the processes follow one by one:
code whose own number is at least that one may run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import psycopg

from bot.domain.errors import OperatorNeeded, Unusable
from bot.storage.postgres.connection import Connection, connect, parameters, unusable
from bot.storage.postgres.transaction import fetch

_HEAD = re.compile(r"-- Oldest code: (\d+)\.")
LOCK_TIMEOUT = "2s"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('sora-bot schema', 0))"
_VERSIONS = """
CREATE TABLE schema_version (
    version     BIGINT PRIMARY KEY,
    applied_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    oldest_code BIGINT NOT NULL CHECK (oldest_code <= version)
)
"""


class MadeByNewer(OperatorNeeded):
    """The database needs newer code than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema. oldest_code: the oldest schema number whose code works on the tables after this step."""

    number: int
    oldest_code: int
    script: str


def migrations() -> Sequence[Migration]:
    """Return every migration in order."""
    folder = resources.files("bot.storage.postgres") / "migrations"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return [_migration(int(item.name[:4]), item.read_text(encoding="utf-8")) for item in files]


def _migration(number: int, script: str) -> Migration:
    found = _HEAD.match(script)
    if not found:
        raise ValueError(f"migration {number} does not begin with '-- Oldest code: NUMBER.'")
    return Migration(number=number, oldest_code=int(found[1]), script=script)


async def check(connection: Connection, name: str) -> None:
    """Raise Unusable unless this code can run on the database. One without any tables of it gets them."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Unusable(f"the database {name} is in {encoding}; make one in UTF8")
    version, oldest_code = await version_of(connection)
    if version == 0:
        version = await migrate(connection)
        oldest_code = 0
    known = migrations()[-1].number
    if version < known:
        raise OperatorNeeded(
            f"the database {name} has schema {version}, and this sora-bot needs {known}; run `sora-bot db upgrade` first"
        )
    if oldest_code > known:
        raise MadeByNewer(
            f"the database {name} was made by a newer sora-bot (schema {version}, for code that knows {oldest_code};"
            f" this one knows {known})"
        )


async def upgrade(address: str, name: str) -> int:
    """Bring the schema up to date, or create it; returns its number. Processes may be running. Raises Unusable."""
    try:
        connection = await connect(parameters(address))
        try:
            return await migrate(connection)
        finally:
            await connection.close()
    except psycopg.errors.LockNotAvailable:
        raise Unusable(f"the database {name} is in use by long transactions, or is being upgraded; try again") from None
    except psycopg.Error as error:
        raise unusable(error, name) from None


async def migrate(connection: Connection) -> int:
    """Apply every migration that the database lacks, each in a transaction of its own; returns the schema's number.

    Only one process does so at a time; the others wait for it, for two seconds at most, as for the tables themselves.
    """
    await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'".encode())
    await connection.execute("SET statement_timeout = 0")
    connection.longest = None
    version, _ = await version_of(connection)
    for migration in migrations():
        if migration.number > version:
            async with connection.transaction():
                await connection.execute(_LOCK)
                version, _ = await version_of(connection)
                if migration.number > version:
                    await _apply(connection, migration)
                    version = migration.number
    return version


async def _apply(connection: Connection, migration: Migration) -> None:
    [[there]] = await fetch(connection, "SELECT to_regclass('schema_version') IS NOT NULL")
    if not there:
        await connection.execute(_VERSIONS)
    await connection.execute(migration.script.encode())
    await connection.execute(
        "INSERT INTO schema_version (version, oldest_code) VALUES ($1, $2)", (migration.number, migration.oldest_code)
    )


async def version_of(connection: Connection) -> tuple[int, int]:
    """Return the schema's number and the oldest code that works on it; zeros where there are no tables."""
    [[there]] = await fetch(connection, "SELECT to_regclass('schema_version') IS NOT NULL")
    if not there:
        return 0, 0
    found = await fetch(connection, "SELECT version, oldest_code FROM schema_version ORDER BY version DESC LIMIT 1")
    return (found[0]["version"], found[0]["oldest_code"]) if found else (0, 0)
