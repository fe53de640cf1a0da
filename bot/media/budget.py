"""What lies in the media folder, and how much room there still is: asked of the disk each time, never remembered.

Only files of our own count (`<id>.mp4`, `<id>-reference.png`, and what is made from them): whatever else an operator keeps
there is neither counted nor touched. A file that goes away meanwhile is not there.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.media_inventory import FileRole, KeptFile, MediaInventory

MOST_RESERVE = 200_000_000
_OURS = re.compile(r"(?P<id>[0-9a-z]{20})(?P<rest>[.-].+)")
_IMAGE = re.compile(r"-reference\.[a-z]+")


def free_bytes(folder: Path) -> int:
    """What its disk still has for this process; raises OSError."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """most: bytes for all files together. free: how the disk is asked, so that a test can say it is full."""

    most: int
    free: Callable[[Path], int] = free_bytes

    @property
    def reserve(self) -> int:
        """What the disk must keep free, for the database and the videos under way: a tenth, up to 200 MB."""
        return min(MOST_RESERVE, self.most // 10)


def take_stock(folder: Path, budget: Budget) -> MediaInventory:
    """Look at every file; raises OSError where the folder cannot be read."""
    return MediaInventory(
        files=tuple(files(folder)), most=budget.most, free=max(0, budget.free(folder)), reserve=budget.reserve
    )


def files(folder: Path) -> Iterator[KeptFile]:
    """Every file of our own that lies there."""
    with os.scandir(folder) as entries:
        for entry in entries:
            found = _OURS.fullmatch(entry.name)
            if found is None:
                continue
            try:
                if not entry.is_file(follow_symlinks=False):
                    continue
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield KeptFile(
                name=entry.name,
                generation_id=found["id"],
                part=_part(found["rest"]),
                size=status.st_size,
                written_at=datetime.fromtimestamp(status.st_mtime, UTC),
            )


def _part(rest: str) -> FileRole:
    if rest == ".mp4":
        return FileRole.VIDEO
    return FileRole.IMAGE if _IMAGE.fullmatch(rest) else FileRole.MADE


def try_writing(folder: Path, size: int) -> None:
    """Take so many bytes of the disk and give them back; raises OSError where there are not as many.

    Beside what the disk says is free, a quota or a limit of the process may stand in the way.
    """
    path = folder / ".room"
    try:
        with path.open("wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                for _ in range(size // 2**20):
                    file.write(bytes(2**20))
    finally:
        path.unlink(missing_ok=True)
