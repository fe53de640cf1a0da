"""The connections of a store that is known to be on SQLite, for tests of what SQLite itself does."""

from bot.storage.sqlite.database import SqliteDatabase
from bot.storage.store import SqlStore


def sqlite(store: SqlStore) -> SqliteDatabase:
    """Return the SQLite engine behind a store."""
    assert isinstance(store.db, SqliteDatabase)
    return store.db
