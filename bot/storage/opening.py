"""Opens a database on the engine that its address names. The engines are interchangeable behind `bot.storage.database`."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.storage.database import Database
from bot.storage.sqlite.database import SqliteDatabase

_SQLITE = "sqlite:///"


def sqlite_path(where: Path | str) -> Path | None:
    """Return the file that an address names; None where it names PostgreSQL. Three slashes are relative, four absolute."""
    if isinstance(where, Path):
        return where
    return Path(where.removeprefix(_SQLITE)) if where.startswith(_SQLITE) else None


def database_name(where: Path | str) -> str:
    """Return what a message calls a database: the file, or the server and the database on it. Never a user or a password."""
    if path := sqlite_path(where):
        return str(path)
    parts = urlsplit(str(where))
    given = parse_qs(parts.query)
    hosts = parts.netloc.rpartition("@")[2] or ",".join(given.get("host", ()))
    return f"postgresql://{hosts}/{parts.path.lstrip('/') or ','.join(given.get('dbname', ()))}"


async def upgrade(where: Path | str) -> int:
    """Bring a schema up to date, or create it; returns its version. Raises Unusable, for SQLite also while a bot runs."""
    if not sqlite_path(where):
        from bot.storage.postgres import schema  # of an extra

        return await schema.upgrade(str(where), database_name(where))
    database = await open_database(where)
    try:
        [[version]] = await database.read("PRAGMA user_version")
    finally:
        await database.close()
    return version


async def check_place(where: Path | str) -> None:
    """Raise OperatorNeeded where a PostgreSQL database was restored from a backup, and `db restored` has not been told."""
    if not sqlite_path(where):
        from bot.storage.postgres import identity  # of an extra

        await identity.check_place(str(where), database_name(where))


async def open_database(where: Path | str) -> Database:
    """Open a database by its `DATABASE_URL`, or a SQLite file by its path. Raises Unusable, which says what to do."""
    if path := sqlite_path(where):
        return await SqliteDatabase.open(path)
    from bot.storage.postgres.database import PostgresDatabase  # of an extra, which the settings have looked for

    return await PostgresDatabase.open(str(where), database_name(where))
