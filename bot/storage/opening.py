"""Opens a database on the engine that its address names. The engines are interchangeable behind `bot.storage.database`."""

from pathlib import Path

from bot.domain.errors import WrongSettings
from bot.storage.database import Database
from bot.storage.sqlite.database import SqliteDatabase

_SQLITE = "sqlite:///"


def sqlite_path(where: Path | str) -> Path | None:
    """Return the file that an address names; None where it names PostgreSQL. Three slashes are relative, four absolute."""
    if isinstance(where, Path):
        return where
    return Path(where.removeprefix(_SQLITE)) if where.startswith(_SQLITE) else None


async def open_database(where: Path | str) -> Database:
    """Open a database by its `DATABASE_URL`, or a SQLite file by its path. Raises Unusable, which says what to do."""
    path = sqlite_path(where)
    if path is None:
        raise WrongSettings("DATABASE_URL names PostgreSQL: not yet, use sqlite:///path/to/file.db")
    return await SqliteDatabase.open(path)
