"""What SIGKILL leaves of a SQLite file: its pages and its log as they are, and no word of goodbye."""

import shutil
from collections.abc import Awaitable
from pathlib import Path

from bot.storage.store import SqlStore
from tests.storage.sqlite_parts import sqlite


def leave_as_killed(path: Path, image: Path) -> None:
    """Copy the database as a process killed now would leave it. Nothing may be running on its threads."""
    image.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{image}{suffix}")


async def killed_within(store: SqlStore, number: int, path: Path, image: Path, write: Awaitable[None]) -> None:
    """Do a write; the image is of the moment just before its nth statement."""
    count = 0

    def trace(_: str) -> None:
        nonlocal count
        count += 1
        if count == number:
            leave_as_killed(path, image)

    await sqlite(store)._writer.run(lambda connection: connection.set_trace_callback(trace))
    await write
    await sqlite(store)._writer.run(lambda connection: connection.set_trace_callback(None))
    assert count >= number, "the write was over before that statement"
