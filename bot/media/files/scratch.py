"""The copies beside a bucket: each can be downloaded again, so those that nothing has used for a while are deleted.

A file is used when it is written, and when `touch` finds it. One that was used within IN_USE stays, whatever the disk
says: a post, or a picture that is being sent, may still read it.
"""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain.processes.media_inventory import KeptFile, MediaInventory
from bot.media.files import budget
from bot.media.files.budget import Budget

MOST = 2 * 10**9  # bytes of all copies, unless MEDIA_BUDGET is smaller
KEPT_FOR = timedelta(minutes=45)
IN_USE = timedelta(minutes=15)  # longer than one attempt to post


def touch(path: Path) -> bool:
    """Return whether the copy is there; it counts as used now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def sweep(root: Path, room: Budget, *, also: int = 0) -> MediaInventory:
    """Delete old copies, and further ones, the least used first, while there are too many. Return what is left.

    also: bytes that are about to be written. Raises OSError.
    """
    inventory = budget.read_inventory(root, room)
    lacking = max(0, inventory.size + also - inventory.most, inventory.reserve + also - inventory.free)
    gone: set[str] = set()
    for file, unused in _unused(inventory.files):
        if unused <= KEPT_FOR and (lacking <= 0 or unused <= IN_USE):
            continue
        (root / file.name).unlink(missing_ok=True)
        gone.add(file.name)
        lacking -= file.size
    return budget.read_inventory(root, room) if gone else inventory


def _unused(files: tuple[KeptFile, ...]) -> Iterator[tuple[KeptFile, timedelta]]:
    """Yield the copies with for how long each was not used, the longest first. A clock that was set makes a copy old."""
    now = datetime.fromtimestamp(time.time(), UTC)
    ages = [(file, abs(now - file.written_at)) for file in files]
    yield from sorted(ages, key=lambda pair: pair[1], reverse=True)
