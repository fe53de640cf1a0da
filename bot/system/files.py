"""The bot's files and folders: readable by its own user only, and on the disk when a function says so.

The database contains what members wrote, the media folder what they made. Files that an earlier version left readable
for others are closed at the start; where the bot does not own them, or the system has no such modes, they stay as they
are.
"""

import os
import stat
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077


@contextmanager
def private() -> Generator[None]:
    """Files that this process creates inside the block are accessible to its own user only."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def close_to_others(paths: Iterable[Path]) -> None:
    """Remove all permissions of other users from these paths, where they exist and belong to this user.

    Links are not followed.
    """
    if os.name != "posix":
        return
    for path in paths:
        with suppress(OSError):
            status = path.lstat()
            if status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode) and status.st_mode & OTHERS:
                path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def close_folder_to_others(folder: Path, ours: Callable[[Path], bool]) -> None:
    """Do the same for a folder, if everything in it is the bot's. A folder that others use too is left alone."""
    with suppress(OSError):
        shared = folder.stat().st_mode & stat.S_ISVTX or folder.resolve() in (Path.cwd(), Path.home())
        if not shared and all(ours(path) for path in folder.iterdir()):
            close_to_others([folder])


def sync_folder(folder: Path) -> None:
    """Flush a folder's file names to the disk, which a file's own sync does not do. Raises OSError."""
    if os.name != "posix":  # elsewhere a folder cannot be synced
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def part_of(target: Path) -> Path:
    """The temporary name of the target until it is complete."""
    return target.with_name(f"{target.name}.part")


def put_in_place(part: Path, target: Path) -> None:
    """Rename a complete file to its target: its content is on the disk before that, the name before this returns.

    A crash leaves the part, or the whole target. Raises OSError.
    """
    with part.open("rb+") as content:
        os.fsync(content.fileno())
    part.replace(target)
    sync_folder(target.parent)


@contextmanager
def atomic_file(target: Path) -> Generator[Path]:
    """Yields a path to write instead of `target`, and calls `put_in_place` at the end. Where the block raises, nothing is left.

    What an earlier crash left under that path is removed first. Blocking; raises OSError.
    """
    part = part_of(target)
    part.unlink(missing_ok=True)
    try:
        yield part
        put_in_place(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
