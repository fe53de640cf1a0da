"""What belongs to others keeps its permissions, also where a setting names it by mistake."""

import os
import stat
from pathlib import Path

import pytest

from bot.domain.errors import Unusable
from bot.media.files.folder import LocalMediaFolder
from bot.storage.sqlite.database import SqliteDatabase

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="there are no such permissions"),
    pytest.mark.sqlite_only("it is about SQLite's file"),
]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_folder_or_a_foreign_file_that_is_named_as_the_database_keeps_its_permissions(tmp_path: Path) -> None:
    folder, file = tmp_path / "shared", tmp_path / "notes.txt"
    folder.mkdir()
    folder.chmod(0o1777)
    file.write_text("not a database, and longer than its header")
    file.chmod(0o644)
    for path in (folder, file):
        with pytest.raises(Unusable):
            await SqliteDatabase.open(path)
    assert (mode(folder), mode(file)) == (0o1777, 0o644)


async def test_our_own_file_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    await (await SqliteDatabase.open(path)).close()
    path.chmod(0o644)
    await (await SqliteDatabase.open(path)).close()
    assert mode(path) == 0o600


def test_a_media_folder_is_closed_to_others_but_not_one_like_tmp(tmp_path: Path) -> None:
    for name, before, after in (("shared", 0o1777, 0o1777), ("own", 0o755, 0o700)):
        folder = tmp_path / name
        folder.mkdir()
        folder.chmod(before)
        LocalMediaFolder(folder).prepare()
        assert mode(folder) == after
