"""A consistent, checked copy of a SQLite file in another one, while the bot may be writing. It never overwrites anything."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.domain.errors import Unusable
from bot.storage.sqlite.connection import is_damage, open_beside
from bot.system.files import close_to_others, part_of, put_in_place


def snapshot(source: Path, target: Path) -> None:
    """Write a compact copy of one committed state, without the free pages in which deleted text might remain.

    Blocking. Raises Unusable; then there is no `target`.
    """
    if target.exists():
        raise Unusable(f"{target} exists already; choose another name, a backup never overwrites anything")
    if not source.is_file():
        raise Unusable(f"{source} cannot be copied to {target}: there is no such file")
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        discard(part)
    except OSError as error:
        raise Unusable(f"{target} cannot be written: {error.strerror}") from error
    try:
        with closing(open_beside(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        with closing(open_beside(part)) as connection:
            [[verdict], *_] = connection.execute("PRAGMA integrity_check").fetchall()
        if verdict != "ok":
            raise Unusable(f"the copy of {source} is damaged: {verdict}")
        keep(part, target)
    except OSError as error:
        raise Unusable(f"{target} cannot be written: {error.strerror}") from error
    except sqlite3.Error as error:
        # SQLite's own text is about the copy, also where the fault is in the source.
        why = "it is damaged, or no database of SQLite" if is_damage(error) else error
        raise Unusable(f"{source} cannot be copied to {target}: {why}") from error
    finally:
        discard(part)


def keep(part: Path, target: Path) -> None:
    """Give a finished file its name; it is on the disk then. Raises OSError."""
    close_to_others([part])
    put_in_place(part, target)


def discard(part: Path) -> None:
    """Remove a half-written file and the files that SQLite keeps beside it. Raises OSError."""
    for suffix in ("", "-wal", "-shm", "-journal", ".lock"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)
