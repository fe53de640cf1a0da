"""Deletes files from the media folder with everything that was made from them."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from bot.system.files import part_of

log = structlog.stdlib.get_logger()

_FITTED = re.compile(r"(?P<stem>.+)-[^-]*x[^-]*\.png")  # an image cut to a size: see `LocalMediaFolder.fit_image`


def smaller(root: Path, name: str) -> tuple[Path, Path]:
    """Return the path of a video's smaller copy, and of its unfinished file."""
    target = root / f"{Path(name).stem}-small.mp4"
    return target, part_of(target)


def discard(root: Path, name: str) -> None:
    """Delete one file. Raises OSError."""
    for path in (root / name, *_fitted(root, [name]).get(Path(name).stem, ()), *smaller(root, name)):
        path.unlink(missing_ok=True)


def discard_all(root: Path, names: Sequence[str]) -> list[str]:
    """Delete these files; returns those that are gone. The folder, which may have many others, is read once."""
    fitted = _fitted(root, names)
    return [
        name for name in names if _gone(name, (root / name, *fitted.get(Path(name).stem, ()), *smaller(root, name)))
    ]


def _gone(name: str, paths: Sequence[Path]) -> bool:
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("not_discarded", file=name, error=error)
        return False
    return True


def _fitted(root: Path, names: Sequence[str]) -> dict[str, list[Path]]:
    """Return the images that were cut to a size, by the stem of the image they were made from."""
    wanted = {Path(name).stem for name in names}
    found: dict[str, list[Path]] = {}
    for entry in _names(root):
        if (fitted := _FITTED.fullmatch(entry)) and fitted["stem"] in wanted:
            found.setdefault(fitted["stem"], []).append(root / entry)
    return found


def _names(root: Path) -> Iterator[str]:
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                yield entry.name
    except FileNotFoundError:  # the folder itself is gone, and so are its files
        return
