"""The lock that makes one process the only one on a database file."""

import sqlite3
from pathlib import Path

from bot.domain.errors import Unusable
from bot.system.files import close_to_others


def hold_lock(path: Path) -> sqlite3.Connection:
    """Take the lock that makes this the only process on the file; the system releases it even after SIGKILL.

    Creates the folder if it is missing. Close the returned connection to release the lock. Raises Unusable.
    """
    lock: sqlite3.Connection | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _may_be_ours(path):
            close_to_others(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal", ".lock"))
        # Resolved: the same file by another name is the same file.
        lock = sqlite3.connect(f"{path.resolve()}.lock", timeout=0, isolation_level=None, check_same_thread=False)
        lock.execute("BEGIN EXCLUSIVE")
    except (OSError, sqlite3.Error) as error:
        if lock is not None:
            lock.close()
        if isinstance(error, OSError):
            raise Unusable(f"the data folder {path.parent} cannot be written: {error.strerror}") from error
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise Unusable(f"another sora-bot is running on {path}; stop it first") from error
        raise Unusable(f"the data folder {path.parent} cannot be written: {error}") from error
    return lock


def _may_be_ours(path: Path) -> bool:
    """Return whether there is nothing yet, or a SQLite file: a folder or a file of others keeps its permissions."""
    if not path.exists():
        return True
    try:
        with path.open("rb") as file:
            return file.read(16) in (b"", b"SQLite format 3\0")
    except OSError:  # a folder, or not to be read: opening the database says so
        return False
