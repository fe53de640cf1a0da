"""Files and folders of the bot: readable by its own user only, and on the disk when they are said to be.

The database has what members wrote, the media folder what they made. What an earlier version left readable for everybody is
closed at the start; where the bot does not own it, or the system has no such modes, it stays as it is.
"""

import os
import stat
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077


@contextmanager
def private() -> Generator[None]:
    """Whatever this process makes meanwhile is its user's alone."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def close_to_others(paths: Iterable[Path]) -> None:
    """Take every right of others from these, where they exist and are this user's; links are not followed."""
    if os.name != "posix":
        return
    for path in paths:
        with suppress(OSError):
            status = path.lstat()
            if status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode) and status.st_mode & OTHERS:
                path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def close_folder_to_others(folder: Path, ours: Callable[[Path], bool]) -> None:
    """The same for a folder, where all that is in it is the bot's: one that others use too is left to them."""
    with suppress(OSError):
        shared = folder.stat().st_mode & stat.S_ISVTX or folder.resolve() in (Path.cwd(), Path.home())
        if not shared and all(ours(path) for path in folder.iterdir()):
            close_to_others([folder])


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk: a file's own sync does not. Raises OSError."""
    if os.name != "posix":  # elsewhere a folder cannot be synced
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def part_of(target: Path) -> Path:
    """What the target is called until it is whole."""
    return target.with_name(f"{target.name}.part")


def put_in_place(part: Path, target: Path) -> None:
    """Give a finished file its name: its content is on the disk before it has it, and the name before this returns.

    A crash leaves the part, or the whole target. Raises OSError.
    """
    with part.open("rb+") as content:
        os.fsync(content.fileno())
    part.replace(target)
    sync_folder(target.parent)


@contextmanager
def atomic_file(target: Path) -> Generator[Path]:
    """The path to write instead of `target`: where the block ends well, `put_in_place`; where it raises, nothing is left.

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
