"""Opens a database on the engine that its address names. The engines are interchangeable behind `bot.storage.database`."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.domain.errors import WrongSettings
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


async def open_database(where: Path | str) -> Database:
    """Open a database by its `DATABASE_URL`, or a SQLite file by its path. Raises Unusable, which says what to do."""
    if path := sqlite_path(where):
        return await SqliteDatabase.open(path)
    try:
        from bot.storage.postgres.database import PostgresDatabase
    except ImportError as error:
        raise WrongSettings(f"DATABASE_URL names PostgreSQL, and {error.name} is not installed") from error
    return await PostgresDatabase.open(str(where), database_name(where))
