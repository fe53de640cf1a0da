"""The files in the media folder and the space that is left, read from the disk each time and never cached.

Only this bot's own files count (`<id>.mp4`, `<id>-reference.png`, `<id>-end.png`, and what is made from them). Any
other file that an operator keeps there is neither counted nor touched. A file that disappears meanwhile counts as
absent.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.processes.media_inventory import FileRole, KeptFile, MediaInventory

MOST_RESERVE = 200_000_000
_OURS = re.compile(r"(?P<id>[0-9a-z]{20})(?P<rest>[.-].+)")
_IMAGE = re.compile(r"-(?:reference|end)\.[a-z]+")


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk for this process. Raises OSError."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The limit of the folder. most: bytes of all files. free: returns the disk's free bytes; a test replaces it."""

    most: int
    free: Callable[[Path], int] = free_bytes

    @property
    def reserve(self) -> int:
        """Return the bytes to keep free for the database and running videos: a tenth of the budget, up to 200 MB."""
        return min(MOST_RESERVE, self.most // 10)


def read_inventory(folder: Path, budget: Budget) -> MediaInventory:
    """List every file. Raises OSError if the folder cannot be read."""
    return MediaInventory(
        files=tuple(files(folder)), most=budget.most, free=max(0, budget.free(folder)), reserve=budget.reserve
    )


def files(folder: Path) -> Iterator[KeptFile]:
    """Yield every file of our own in the folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name) is None:
                continue
            try:
                if not entry.is_file(follow_symlinks=False):
                    continue
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if file := kept_file(entry.name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)):
                yield file


def kept_file(name: str, size: int, written_at: datetime) -> KeptFile | None:
    """Return what a file is by its name; None where it is not one of ours."""
    found = _OURS.fullmatch(name)
    if found is None:
        return None
    return KeptFile(name=name, generation_id=found["id"], part=_part(found["rest"]), size=size, written_at=written_at)


def _part(rest: str) -> FileRole:
    if rest == ".mp4":
        return FileRole.VIDEO
    return FileRole.IMAGE if _IMAGE.fullmatch(rest) else FileRole.MADE


def try_writing(folder: Path, size: int) -> None:
    """Write `size` bytes and remove them again. Raises OSError if there is not enough space.

    Besides a full disk, a quota or a limit of the process can prevent the write.
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
