"""Shrinking: the copy fits, plays and shows the same; what cannot be shrunk leaves nothing behind; the worker is alone."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import av
import pytest

from bot.media.files.folder import LocalMediaFolder
from bot.media.videos import shrink
from bot.media.videos.shrink import CannotShrink, Plan
from tests.media import clips
from tests.media.clips import FPS, damaged, padded, seen
from tests.tables import every_row

ROOM = 75_000  # of a second
KNOWN = dict(shrink.ENCODERS)
noisy = partial(clips.noisy, 1)


@pytest.fixture
def folder(tmp_path: Path) -> LocalMediaFolder:
    """An empty media folder."""
    return LocalMediaFolder(tmp_path)


def keep(folder: LocalMediaFolder, data: bytes) -> str:
    """The name of a video in the folder."""
    folder.video_path("v").write_bytes(data)
    return "v.mp4"


@pytest.mark.parametrize(
    ("clip", "size", "channels"),
    [
        (noisy, (640, 360), 1),
        (lambda: noisy(size=(360, 640)), (360, 640), 1),
        (lambda: noisy(sound=None), (640, 360), None),
        (lambda: noisy(sound="stereo"), (640, 360), 2),
        (lambda: noisy(kind="webm"), (640, 360), 1),
        (lambda: noisy(size=(854, 480), bits=6_000_000), (854, 480), 1),
    ],
    ids=["landscape", "portrait", "silent", "stereo", "webm", "480p"],
)
async def test_a_copy_fits_plays_to_its_end_and_shows_the_same(
    folder: LocalMediaFolder, clip: Callable[[], bytes], size: tuple[int, int], channels: int | None
) -> None:
    name = keep(folder, clip())
    copy = await folder.shrink(name, ROOM)
    assert copy
    data = copy.read_bytes()
    assert ROOM / 2 < len(data) <= ROOM < len(clip())
    shown, was = seen(data), seen(clip())
    assert (shown.codec, shown.pixels, shown.pictures) == ("h264", "yuv420p", FPS)
    assert shown.size[0] <= size[0]
    assert shown.size[0] / shown.size[1] == pytest.approx(size[0] / size[1], rel=0.02)
    assert shown.seconds == pytest.approx(1, abs=0.1)
    assert shown.left == pytest.approx(was.left, abs=25)
    assert shown.right < 25 < shown.left
    assert shown.sound == channels
    assert shown.heard == pytest.approx(1 if channels else 0, abs=0.1)
    assert data.index(b"moov") < data.index(b"mdat"), "it must play while it loads"
    await folder.check_video(copy)


async def test_the_original_stays_as_it_was_beside_its_copy(folder: LocalMediaFolder) -> None:
    name = keep(folder, noisy())
    copy = await folder.shrink(name, ROOM)
    assert sorted(path.name for path in folder.root.iterdir()) == ["v-small.mp4", "v.mp4"]
    assert copy == folder.path("v-small.mp4")
    assert folder.path(name).read_bytes() == noisy()


@pytest.mark.parametrize(
    ("data", "room"),
    [
        (noisy, 10_000),
        (lambda: damaged(noisy()), ROOM),
        (lambda: noisy()[: len(noisy()) // 2], ROOM),
        (lambda: noisy(front=True)[: len(noisy(front=True)) // 2], ROOM),
        (lambda: noisy(kind="webm")[: len(noisy(kind="webm")) // 2], ROOM),
        (lambda: padded(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", 200_000), ROOM),
        (lambda: b"<html>no video</html>" * 9999, ROOM),
    ],
    ids=["too small a room", "damaged", "cut short", "half of it", "half a webm", "empty boxes", "no video"],
)
async def test_what_cannot_be_shrunk_leaves_nothing_behind(
    folder: LocalMediaFolder, data: Callable[[], bytes], room: int
) -> None:
    name = keep(folder, data())
    assert await folder.shrink(name, room) is None
    assert os.listdir(folder.root) == [name]


async def test_trouble_with_the_disk_is_not_the_fault_of_the_video(tmp_path: Path) -> None:
    video = tmp_path / "v.mp4"
    video.write_bytes(noisy())
    with pytest.raises(OSError, match="No such file"):
        await shrink.shrink(video, tmp_path / "gone" / "v-small.mp4", ROOM)


# -- choosing a size


def planned(room: int, seconds: float = 8, *, size: tuple[int, int] = (1280, 720), sound: bool = True) -> Plan:
    return shrink.plan(width=size[0], height=size[1], rate=24, seconds=seconds, sound=sound, room=room)


@every_row("seconds", [4, 20, 60])
@every_row("room", [10 * 2**20, 2**20, 300_000])
@every_row("size", [(1920, 1080), (1080, 1920), (640, 360), (1000, 1000), (100, 60)])
def test_a_plan_fits_is_never_larger_than_its_source_and_keeps_its_shape(
    size: tuple[int, int], room: int, seconds: float
) -> None:
    try:
        plan = planned(room, seconds, size=size)
    except CannotShrink:
        assert room * 8 / seconds < shrink.LEAST_VIDEO + 64_000 + 20_000
        return
    assert (plan.video + plan.sound) * seconds / 8 < room
    assert plan.width <= size[0]
    assert plan.height <= size[1]
    assert (plan.width % 2, plan.height % 2) == (0, 0)
    assert plan.width / plan.height == pytest.approx(size[0] / size[1], rel=0.03)
    assert plan.sound in (64_000, 96_000)


def test_with_less_room_the_picture_gets_smaller_before_it_is_given_up() -> None:
    heights: list[int] = []
    for room in range(2_000_000, 0, -10_000):
        with contextlib.suppress(CannotShrink):
            heights.append(planned(room).height)
    assert heights == sorted(heights, reverse=True)
    assert (heights[0], heights[-1]) == (720, 240)
    with pytest.raises(CannotShrink, match="8 s do not fit into 100000 bytes"):
        planned(100_000)


def test_a_copy_that_is_still_too_large_is_made_once_more_with_fewer_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: list[int] = []
    sizes = [2000, 1000]

    def encode(_: Path, part: Path, room: int) -> None:
        rooms.append(room)
        part.write_bytes(bytes(sizes[len(rooms) - 1]))

    monkeypatch.setattr(shrink, "_encode", encode)
    shrink.make(tmp_path / "v.mp4", tmp_path / "small.mp4", 1000)
    assert (tmp_path / "small.mp4").stat().st_size == 1000
    assert rooms[1] < rooms[0] / 2 < 500
    (tmp_path / "small.mp4").unlink()
    rooms.clear()
    sizes[1] = 1001
    with pytest.raises(CannotShrink, match="still too large"):
        shrink.make(tmp_path / "v.mp4", tmp_path / "small.mp4", 1000)
    assert len(rooms) == 2
    assert not (tmp_path / "small.mp4").exists()


def test_without_the_first_encoder_another_one_does_it_and_without_any_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video, small = tmp_path / "v.mp4", tmp_path / "small.mp4"
    video.write_bytes(clips.noisy())
    monkeypatch.setattr(shrink, "ENCODERS", {"libnone": {}})
    with pytest.raises(CannotShrink, match=r"no H\.264 encoder"):
        shrink.make(video, small, ROOM)
    if "libopenh264" not in av.codecs_available:
        pytest.skip("this PyAV has no libopenh264")
    monkeypatch.setattr(shrink, "ENCODERS", {"libnone": {}, "libopenh264": KNOWN["libopenh264"]})
    shrink.make(video, small, 4 * ROOM)  # it cannot make so little of pure noise as the first one
    assert small.stat().st_size <= 4 * ROOM < video.stat().st_size
    assert (seen(small.read_bytes()).codec, seen(small.read_bytes()).pictures) == ("h264", 2 * FPS)


# -- copies of earlier tries


async def test_a_whole_copy_is_taken_again_and_one_that_does_not_fit_or_is_broken_is_made_anew(
    folder: LocalMediaFolder,
) -> None:
    name = keep(folder, noisy())
    copy = await folder.shrink(name, ROOM)
    assert copy
    first = copy.stat()
    assert await folder.shrink(name, ROOM) == copy
    assert (copy.stat().st_ino, copy.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    assert await folder.shrink(name, ROOM // 2) == copy
    assert copy.stat().st_size <= ROOM // 2
    copy.write_bytes(copy.read_bytes()[:-100])
    assert await folder.shrink(name, ROOM) == copy
    await folder.check_video(copy)


async def test_what_a_killed_worker_left_is_written_over(folder: LocalMediaFolder) -> None:
    name = keep(folder, noisy())
    folder.path("v-small.mp4.part").write_bytes(bytes(999_999))
    copy = await folder.shrink(name, ROOM)
    assert copy
    assert seen(copy.read_bytes()).pictures == FPS
    assert sorted(os.listdir(folder.root)) == ["v-small.mp4", "v.mp4"]


async def test_the_copy_goes_alone_or_with_its_video(folder: LocalMediaFolder) -> None:
    for forget in (folder.drop_smaller, folder.discard):
        for name in ("v.mp4", "v-small.mp4", "v-small.mp4.part", "vv-small.mp4"):
            folder.path(name).write_bytes(b"x")
        await forget("v.mp4")
        assert set(os.listdir(folder.root)) - {"v.mp4"} == {"vv-small.mp4"}
        assert folder.path("v.mp4").exists() is (forget == folder.drop_smaller)
        await forget("v.mp4")


# -- the worker

PART = ': > "$5.part"\n'  # as it leaves one when it dies


@pytest.fixture
def instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Runs a shell script in place of Python; answers its path."""

    def write(script: str) -> Path:
        path = tmp_path / "worker"
        path.write_text(f"#!/bin/sh\n{PART}{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))
        return path

    return write


async def made(tmp_path: Path, **more: float) -> None:
    await shrink.shrink(tmp_path / "v.mp4", tmp_path / "small.mp4", ROOM, **more)


async def test_the_worker_has_neither_token_nor_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instead: Callable[[str], Path]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a secret")
    monkeypatch.setenv("UNIALL_API_KEY", "a secret")
    instead('env > "$0.env"')
    await made(tmp_path)
    environment = (tmp_path / "worker.env").read_text()
    assert "PYTHONPATH=" in environment
    assert "secret" not in environment


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        ("exec cat", CannotShrink, "not done within 0.1 s"),
        ("kill -KILL $$", CannotShrink, "ended with -9"),
        ("kill -SEGV $$", CannotShrink, "ended with -11"),
        ("echo one; echo two; exit 1", CannotShrink, "^two$"),
        ("kill -TERM $$", OSError, "told to end"),
        ("echo no space; exit 4", OSError, "^no space$"),
    ],
)
async def test_a_worker_that_fails_is_named_and_leaves_nothing(
    tmp_path: Path, instead: Callable[[str], Path], script: str, error: type[Exception], says: str
) -> None:
    instead(script)
    with pytest.raises(error, match=says):
        await made(tmp_path, deadline=0.1 if "cat" in script else 30)
    assert os.listdir(tmp_path) == ["worker"]


async def test_a_worker_ends_when_nobody_waits_for_it_any_more(tmp_path: Path, instead: Callable[[str], Path]) -> None:
    instead('mkfifo "$0.fifo"; echo $$ > "$0.pid"; exec cat "$0.fifo"')
    task = asyncio.create_task(made(tmp_path))
    pid = tmp_path / "worker.pid"
    while not (pid.exists() and pid.read_text().strip()):  # noqa: ASYNC110 - what is awaited is another process
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert not (tmp_path / "small.mp4.part").exists()
