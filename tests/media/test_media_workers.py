"""Files are decoded in workers: one that takes too long or too much costs its worker, one clear word, and nobody else."""

import asyncio
import io
import os
import resource
import signal
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault
from bot.domain.refusals.refusal import Refusal
from bot.media.files.folder import LocalMediaFolder
from bot.media.pictures import image_checks
from bot.media.workers import worker
from bot.media.workers.worker_limits import IMAGES, Kind
from bot.media.workers.worker_pool import WorkerFailed, WorkerPool, WorkerTrouble
from tests.media.conftest import clip, declared, halves, opened, stored


@cache
def endless() -> bytes:
    """A progressive JPEG of 0.2 MB and 25 megapixels, whose many scans each go over all of them again."""
    plain = stored(Image.new("L", (5000, 5000), 90), "JPEG", progressive=True, quality=50)
    scans: list[bytes] = []
    at = 2
    while plain[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(plain[at + 2 : at + 4], "big")
        if plain[at + 1] == 0xDA:
            while plain[end] != 0xFF or plain[end + 1] == 0 or 0xD0 <= plain[end + 1] <= 0xD7:
                end += 1
            scans.append(plain[at:end])
        at = end
    return plain[:-2] + scans[3] * 1000 + b"\xff\xd9"


def kind(**changes: Any) -> Kind:
    known: dict[str, Any] = {
        "name": "images",
        "memory": IMAGES.memory,
        "processor": 10,
        "deadline": 30,
        "nice": 0,
        "most": 2,
    }
    return Kind(**(known | changes))


async def refused(work: Any) -> str:
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value.code


def watch_starts(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.subprocess.Process]:
    """Return the list of the processes that pools start from now on."""
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def watched(*command: Any, **how: Any) -> asyncio.subprocess.Process:
        started.append(await start(*command, **how))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    return started


def test_a_small_file_may_take_minutes() -> None:
    assert len(endless()) < 200_000
    assert (IMAGES.most, IMAGES.deadline, IMAGES.processor) == (2, 10, 10)


async def test_a_picture_that_takes_longer_than_its_seconds_is_refused_and_its_worker_ended(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path, keep_workers=60)
    media._images = media._image_checks._pool = WorkerPool(kind(deadline=0.3), keep=60)
    assert await refused(media.check_image(endless())) == "image_too_slow"
    assert media._images._idle == []


def test_each_file_has_so_many_seconds_of_the_processor_more(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[object] = []

    def keep(which: int, limit: tuple[int, int]) -> None:
        limits.append((which, limit))

    def known(_: int) -> tuple[int, int]:
        return 5, 99

    monkeypatch.setattr(resource, "setrlimit", keep)
    monkeypatch.setattr(resource, "getrlimit", known)
    monkeypatch.setattr(time, "process_time", lambda: 3.2)
    worker._begin(10)
    assert limits == [(resource.RLIMIT_CPU, (14, 99))]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGXCPU, "image_too_slow"), (signal.SIGKILL, "image_not_an_image")]
)
async def test_how_a_worker_ended_says_why_its_file_is_refused(
    tmp_path: Path, number: signal.Signals, code: str
) -> None:
    media = LocalMediaFolder(tmp_path, keep_workers=60)
    await media.check_image(stored(halves(), "PNG"))
    [idle] = media._images._idle
    task = asyncio.create_task(media.check_image(endless()))
    while media._images._idle:  # noqa: ASYNC110 - it is taken in a task of its own
        await asyncio.sleep(0)
    idle.process.send_signal(number)
    assert await refused(task) == code
    await media.check_image(stored(halves(), "PNG"))
    await media.close()


async def test_what_takes_more_memory_than_there_is_for_it_is_refused(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path)
    media._images = media._image_checks._pool = WorkerPool(kind(memory=100 * 2**20))
    assert await refused(media.check_image(declared(5000, 4999))) == "image_too_heavy"
    assert opened((await media.check_image(stored(halves(), "PNG"))).data).size == (60, 40)


async def test_good_files_share_a_worker_which_ends_with_the_folder(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path, keep_workers=60)
    pids: set[int] = set()
    (tmp_path / "v.mp4").write_bytes(clip())
    for _ in range(3):
        await media.check_image(stored(halves(), "PNG"))
        assert await refused(media.check_image(b"GIF89a")) == "image_not_an_image"
        await media.check_video(tmp_path / "v.mp4")
        pids |= {one.process.pid for one in (*media._images._idle, *media._videos._idle)}
    assert len(pids) == 2
    await media.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_worker_that_is_busy_while_the_folder_closes_ends_with_its_file(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path, keep_workers=60)
    busy = asyncio.create_task(media.check_image(stored(halves(), "PNG")))
    await asyncio.sleep(0)
    await media.close()
    assert (await busy).media_type == "image/png"
    assert media._images._idle == []


async def test_no_more_than_two_are_decoded_together_and_who_waits_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_checks, "PLACE_WITHIN", 0.05)
    started = watch_starts(monkeypatch)
    media = LocalMediaFolder(tmp_path)
    media._images = media._image_checks._pool = WorkerPool(kind(deadline=600))  # however busy the machine is
    slow = [asyncio.create_task(media.check_image(endless())) for _ in range(2)]
    while not media._images._free.locked():  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    assert await refused(media.check_image(stored(halves(), "PNG"))) == "images_busy"
    media.refuse_images()
    assert [await refused(task) for task in slow] == ["restarting", "restarting"]
    await media.close()
    for process in started:  # one that has ended is only waited for
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_whoever_is_cancelled_leaves_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    started = watch_starts(monkeypatch)
    task = asyncio.create_task(WorkerPool(kind()).do({"do": "check"}, endless()))
    while not started:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert started[0].returncode is not None


async def test_a_machine_without_processes_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", none)
    (tmp_path / "v.mp4").write_bytes(clip())
    assert await refused(LocalMediaFolder(tmp_path).check_image(stored(halves(), "PNG"))) == "images_busy"
    with pytest.raises(OSError, match="temporarily"):
        await LocalMediaFolder(tmp_path).check_video(tmp_path / "v.mp4")


async def test_a_video_that_costs_its_worker_is_unusable_and_one_that_is_gone_is_not(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path)

    async def spent(*_: object, **__: object) -> Any:
        raise WorkerFailed(WorkerTrouble.TIME, "not done within 1 s")

    with pytest.raises(FileNotFoundError):
        await media.check_video(tmp_path / "none.mp4")
    media._videos.do = spent
    with pytest.raises(ProviderError) as caught:
        await media.check_video(tmp_path / "v.mp4")
    assert caught.value.fault is Fault.RESULT_UNUSABLE
    assert "cannot be decoded" in caught.value.detail


async def test_a_picture_cannot_be_cut_to_size_for_now_where_its_worker_is_not_at_fault(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path)
    media._images = media._image_checks._pool = WorkerPool(kind(deadline=0.01))
    (tmp_path / "a.jpg").write_bytes(endless())
    with pytest.raises(BlockingIOError):  # EAGAIN
        await media.fit_image("a.jpg", "64x32")
    await media.close()


def test_a_large_jpeg_is_decoded_at_a_part_of_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import JpegImagePlugin

    from bot.media.pictures import images

    sizes: list[tuple[int, int]] = []
    load = JpegImagePlugin.JpegImageFile.load

    def watched(image: JpegImagePlugin.JpegImageFile) -> Any:
        sizes.append(image.size)
        return load(image)

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", watched)
    data = io.BytesIO()
    Image.new("RGB", (4992, 4992), "teal").save(data, "JPEG")
    assert opened(images.check(data.getvalue()).data).size == (2048, 2048)
    assert sizes[0] == (2496, 2496)
