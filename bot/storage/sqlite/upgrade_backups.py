"""Backups that a start makes before it changes the schema: in `backups` beside the database, the last three.

Each is checked like any other, and named after the schema that it has, so that a newer database can be left for the one
before its upgrade: `sora-bot db restore FILE`.
"""

import itertools
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from bot.domain.errors import Unusable
from bot.storage.sqlite.snapshot import snapshot

FOLDER = "backups"
KEPT = 3
SPARE = 10 * 2**20  # bytes that stay free besides
_NAME = re.compile(r"-schema-(\d+)-\d{8}T\d{6}Z(?:-\d+)?\.db")


def save_before_upgrade(path: Path, version: int) -> Path:
    """Back up a database that has this schema; returns the backup. Blocking.

    Raises Unusable where there is no room for it and for the upgrade, or it cannot be made: then nothing may be changed.
    """
    folder = path.parent / FOLDER
    size = sum(file.stat().st_size for file in (path, path.with_name(f"{path.name}-wal")) if file.exists())
    free, needed = shutil.disk_usage(path.parent).free, 2 * size + SPARE
    if free < needed:
        raise Unusable(
            f"the database {path} is not upgraded: its backup and the upgrade need {_megabytes(needed)} on the disk, and"
            f" {_megabytes(free)} are free; make room on it"
        )
    file = _free_name(folder, f"{path.stem}-schema-{version}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    try:
        snapshot(path, file)
    except Unusable as error:
        raise Unusable(f"the database {path} is not upgraded, because it cannot be backed up first: {error}") from error
    for old in _backups(path)[:-KEPT]:
        with suppress(OSError):
            old.unlink()
    return file


def newest_backup(path: Path, version: int) -> Path | None:
    """Return the newest of these backups that code which knows this schema can use."""
    fitting = [file for file in _backups(path) if _schema(file) <= version]
    return fitting[-1] if fitting else None


def _backups(path: Path) -> list[Path]:
    """Return the backups of this database, the oldest first."""
    found = (path.parent / FOLDER).glob(f"{path.stem}-schema-*.db")
    ours = [file for file in found if _NAME.fullmatch(file.name.removeprefix(path.stem))]
    return sorted(ours, key=lambda file: (file.stat().st_mtime_ns, file.name))


def _schema(file: Path) -> int:
    found = _NAME.search(file.name)
    return int(found[1]) if found else 0


def _free_name(folder: Path, stem: str) -> Path:
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(file for name in names if not (file := folder / f"{name}.db").exists())


def _megabytes(count: int) -> str:
    return f"{count / 10**6:,.0f} MB"
