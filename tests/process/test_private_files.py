"""Whatever the bot makes, and what an earlier version left, is readable by its own user only."""

import os
import sys
from pathlib import Path

import pytest

from bot.media.files.folder import LocalMediaFolder
from bot.system import files
from tests.process.conftest import picture
from tests.process.stage import play, play_waiting, staged
from tests.standins.discord import Upload

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")


def modes(folder: Path) -> dict[str, int]:
    """Files and folders below it that others may read or write."""
    found = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder.parent)): path.stat().st_mode & files.OTHERS for path in found}


@pytest.mark.sqlite_only("the modes of its files")
async def test_database_media_backups_and_their_folders_are_closed_to_others_also_those_of_an_earlier_version(
    tmp_path: Path,
) -> None:
    data, media = tmp_path / "data", tmp_path / "data" / "media"
    media.mkdir(parents=True)
    old, foreign = media / f"{'0' * 20}.mp4", media / "the-operators-own.txt"
    for file in (old, foreign, data / "sora-bot.db.lock"):
        file.touch()
    for path in (tmp_path, data, media, old, foreign):
        path.chmod(0o755)
    env = {"DATABASE_URL": f"sqlite:///{data}/sora-bot.db", "MEDIA_DIR": str(media)}
    async with staged(tmp_path, start=False, **env) as studio:
        studio.bot.database, studio.bot.media = data / "sora-bot.db", media
        await studio.start()
        await (await play(studio, "a fox", image=Upload(data=picture()))).done()
        running = await play_waiting(studio, "an owl")
        await studio.command("db", "backup", str(tmp_path / "backups" / "monday.db"))
        await running.person.slash("privacy delete").answer()
        (data / "sora-bot.db-wal").stat()  # it is open
        seen = modes(data)
        assert len([name for name in seen if name.endswith((".mp4", "-reference.png"))]) == 3
        assert seen.pop(f"data/media/{foreign.name}") == 0o055
        assert not any(seen.values()), seen
        assert not any(modes(tmp_path / "backups").values())
        running.go.set()
        await running.done()


def test_a_folder_that_others_use_too_is_left_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    files.close_folder_to_others(tmp_path, lambda path: path.name != "site")
    assert tmp_path.stat().st_mode & files.OTHERS == 0
    tmp_path.chmod(0o755)
    (tmp_path / "site").mkdir()
    files.close_folder_to_others(tmp_path, lambda path: path.name != "site")
    assert tmp_path.stat().st_mode & files.OTHERS == 0o055


async def test_a_kept_picture_is_on_the_disk_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    await LocalMediaFolder(tmp_path).keep_image("a.png", b"picture")
    assert synced == [path.stat().st_ino for path in (tmp_path / "a.png", tmp_path)]
