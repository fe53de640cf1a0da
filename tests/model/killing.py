"""What SIGKILL leaves of a SQLite file: its pages and its log as they are, and no word of goodbye."""

import shutil
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from bot.storage.store import SqliteStore


def leave_as_killed(path: Path, image: Path) -> None:
    """Copy the database as a process killed now would leave it. Nothing may be running on its threads."""
    image.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{image}{suffix}")


async def killed_within(store: SqliteStore, number: int, path: Path, image: Path, write: Awaitable[None]) -> None:
    """Do a write; the image is of the moment just before its nth statement."""
    writer: Any = store.db._writer
    original = writer._execute
    count = 0

    async def execute(*args: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            leave_as_killed(path, image)
        return await original(*args)

    writer._execute = execute
    await write
    writer._execute = original
    assert count >= number, "the write was over before that statement"
