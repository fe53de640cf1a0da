"""What lies in the media folder, as the disk says: only files of our own, and never more than just these are removed."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.processes.media_inventory import FileRole
from bot.media.files.budget import Budget, free_bytes, read_inventory, try_writing
from bot.media.files.folder import LocalMediaFolder

ONE, TWO = "0123456789abcdefghjk", "0123456789abcdefghjm"
PLENTY = Budget(most=1000, free=lambda _: 10**12)


def write(folder: Path, name: str, size: int = 10) -> Path:
    path = folder / name
    path.write_bytes(bytes(size))
    return path


def test_each_file_is_what_its_name_says(tmp_path: Path) -> None:
    wanted = {
        f"{ONE}.mp4": FileRole.VIDEO,
        f"{ONE}-reference.png": FileRole.IMAGE,
        f"{ONE}-reference.jpg": FileRole.IMAGE,
        f"{TWO}-reference.webp": FileRole.IMAGE,
        f"{ONE}-reference-1280x720.png": FileRole.MADE,
        f"{ONE}-small.mp4": FileRole.MADE,
        f"{ONE}-small.mp4.part": FileRole.MADE,
        f"{TWO}.mp4.part": FileRole.MADE,
    }
    for number, name in enumerate(wanted):
        os.utime(write(tmp_path, name, number), (10**9, 10**9))
    inventory = read_inventory(tmp_path, PLENTY)
    assert {file.name: file.part for file in inventory.files} == wanted
    assert all(file.name.startswith(file.generation_id) for file in inventory.files)
    assert {file.written_at for file in inventory.files} == {datetime.fromtimestamp(10**9, UTC)}
    assert inventory.size == sum(range(len(wanted)))


def test_what_is_not_ours_is_neither_counted_nor_known(tmp_path: Path) -> None:
    for name in (
        *(
            "sora-bot.db",
            "notes.txt",
            ".probe",
            ".room",
            "holiday.mp4",
            f"{ONE}",
            f"my-{ONE}.mp4",
            f"{ONE.upper()}.mp4",
        ),
    ):
        write(tmp_path, name)
    (tmp_path / f"{ONE}.mp4").mkdir()
    (tmp_path / f"{TWO}.mp4").symlink_to(write(tmp_path.parent, "elsewhere.mp4"))
    assert read_inventory(tmp_path, PLENTY).files == ()


@pytest.mark.parametrize(
    ("size", "free", "lacking"),
    [(0, 10**12, 0), (1000, 100, 0), (1001, 10**12, 1), (500, 99, 1), (500, 0, 100), (1500, 0, 500), (1000, -5, 100)],
)
def test_what_is_lacking_is_what_passes_the_budget_or_the_reserve_of_the_disk(
    tmp_path: Path, size: int, free: int, lacking: int
) -> None:
    write(tmp_path, f"{ONE}.mp4", size)
    assert read_inventory(tmp_path, Budget(most=1000, free=lambda _: free)).lacking == lacking


def test_the_reserve_is_a_tenth_and_bounded() -> None:
    assert Budget(most=1000).reserve == 100
    assert Budget(most=5 * 10**9).reserve == 200_000_000
    assert Budget(most=1).reserve == 0


def test_the_disk_itself_is_asked(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) == pytest.approx(os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize, rel=0.2)
    with pytest.raises(OSError, match="No such file"):
        read_inventory(tmp_path / "gone", PLENTY)


def test_a_trial_takes_the_room_and_leaves_nothing(tmp_path: Path) -> None:
    try_writing(tmp_path, 3 * 2**20)
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError, match=r"No space|too large"):
        try_writing(tmp_path, 2**62)
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError, match="No such file"):
        try_writing(tmp_path / "gone", 1)


async def test_just_the_named_files_are_removed(tmp_path: Path) -> None:
    for name in (f"{ONE}.mp4", f"{ONE}-small.mp4", f"{ONE}-reference.png", f"{TWO}.mp4"):
        write(tmp_path, name)
    (tmp_path / "folder").mkdir()
    folder = LocalMediaFolder(tmp_path, PLENTY)
    await folder.remove([f"{ONE}.mp4", "gone.mp4", "folder", f"{TWO}.mp4"])
    assert sorted(os.listdir(tmp_path)) == sorted([f"{ONE}-small.mp4", f"{ONE}-reference.png", "folder"])
    assert (await folder.inventory()).size == 20


async def test_a_picture_that_the_disk_does_not_take_whole_is_not_there(
    tmp_path: Path, no_file_over: Callable[[int], None]
) -> None:
    folder = LocalMediaFolder(tmp_path)
    no_file_over(1000)
    await folder.keep_image("small.png", bytes(1000))
    with pytest.raises(OSError, match="too large"):
        await folder.keep_image("large.png", bytes(5000))
    with pytest.raises(OSError, match="too large"):
        await folder.try_writing(5000)
    assert os.listdir(tmp_path) == ["small.png"]
