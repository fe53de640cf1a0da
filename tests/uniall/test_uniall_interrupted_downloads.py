"""Downloads that are cut, dribble, are cancelled or meet a full disk: resumed or begun again, and nothing is left behind."""

import asyncio
import hashlib
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault
from bot.uniall import UniAll
from bot.uniall.download.partfile import PartFile
from tests.uniall.conftest import build, endless
from tests.uniall.fetching import BIG, FILE, entries, fault_of, fetch
from tests.uniall.peer import MP4, Line, Peer, Script, close, hang, head, html, raw, reply, reset, video


@pytest.mark.parametrize(
    "script", [close, reset, html(500), html(503), reply(429), raw(b"junk\r\n\r\n"), endless(hang)]
)
async def test_a_try_that_fails_for_now_is_tried_again(
    elsewhere: Peer, client: UniAll, tmp_path: Path, script: Script
) -> None:
    elsewhere.on(FILE, script, video())
    assert (await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")).size == len(MP4)


async def test_a_cut_download_is_resumed_where_the_server_can(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    elsewhere.on(FILE, video(BIG, ranges=True, cut_after=700_000), video(BIG, ranges=True))
    done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert done.path.read_bytes() == BIG
    assert done.sha256 == hashlib.sha256(BIG).hexdigest()
    first, second = elsewhere.seen
    assert "range" not in first.headers
    assert second.headers["if-range"] == '"v1"'
    kept = int(second.headers["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < kept <= 700_000


async def test_a_cut_download_begins_again_where_the_server_cannot_resume(
    elsewhere: Peer, client: UniAll, tmp_path: Path
) -> None:
    elsewhere.on(FILE, video(BIG, cut_after=700_000), video(BIG))
    done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert done.path.read_bytes() == BIG
    assert done.sha256 == hashlib.sha256(BIG).hexdigest()


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
async def test_without_a_strong_validator_nothing_is_resumed(
    elsewhere: Peer, client: UniAll, tmp_path: Path, tag: str | None
) -> None:
    elsewhere.on(FILE, video(BIG, cut_after=700_000, tag=tag), video(BIG, tag=tag))
    await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert all("range" not in seen.headers for seen in elsewhere.seen)


async def test_two_versions_of_a_file_are_never_joined(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    other = MP4 + b"other" * 200_000
    elsewhere.on(FILE, video(BIG, ranges=True, cut_after=700_000), video(other, ranges=True, tag='"v2"'))
    done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert done.path.read_bytes() == other


@pytest.mark.parametrize(
    "wrong",
    [
        reply(416, Content_Range=f"bytes */{len(BIG)}"),
        reply(206, BIG[5:], Content_Range=f"bytes 5-{len(BIG) - 1}/{len(BIG)}"),
        reply(206, BIG[5:]),
    ],
)
async def test_a_range_that_was_not_asked_for_is_not_used(
    elsewhere: Peer, client: UniAll, tmp_path: Path, wrong: Script
) -> None:
    elsewhere.on(FILE, video(BIG, ranges=True, cut_after=700_000), wrong, video(BIG, ranges=True))
    done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert done.path.read_bytes() == BIG
    assert "range" not in elsewhere.seen[-1].headers


async def test_a_range_that_ends_early_is_gone_on_from_there(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    async def piece(line: Line) -> None:
        begin = int(line.request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        part = BIG[begin : begin + 300_000]
        place = f"bytes {begin}-{begin + len(part) - 1}/{len(BIG)}"
        await reply(206, part, Content_Range=place, ETag='"v1"')(line)

    elsewhere.on(FILE, video(BIG, ranges=True, cut_after=700_000), piece, video(BIG, ranges=True))
    done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert done.path.read_bytes() == BIG
    assert len(elsewhere.seen) == 3


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_download_that_is_always_cut_passes_for_now_after_a_few_tries(
    elsewhere: Peer, client: UniAll, tmp_path: Path, chunked: bool
) -> None:
    elsewhere.on(FILE, video(BIG, cut_after=700_000, chunked=chunked))
    assert await fault_of(client, elsewhere.origin + FILE, tmp_path / "v.mp4") is Fault.TRANSIENT
    assert len(elsewhere.seen) == 4


async def test_a_download_has_a_deadline_however_it_dribbles(gateway: Peer, elsewhere: Peer, tmp_path: Path) -> None:
    async def dribble(line: Line) -> None:
        await line.send(head(200, Content_Length=len(BIG)))
        for at in range(len(BIG)):
            await line.send(BIG[at : at + 1])
            await asyncio.sleep(0.02)

    elsewhere.on(FILE, dribble)
    async with build(gateway, allow_local_media=True, download_timeout=0.3) as client:
        assert await fault_of(client, elsewhere.origin + FILE, tmp_path / "v.mp4") is Fault.TRANSIENT


async def test_a_cancelled_download_leaves_nothing(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    halfway = asyncio.Event()

    async def half(line: Line) -> None:
        await line.send(head(200, Content_Length=len(BIG)) + BIG[:600_000])
        halfway.set()
        await asyncio.Event().wait()

    elsewhere.on(FILE, half)
    task = asyncio.create_task(fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4"))
    await halfway.wait()
    await asyncio.sleep(0.05)
    assert [path.name for path in entries(tmp_path)] == ["v.mp4.part"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert entries(tmp_path) == []


async def test_a_disk_that_is_full_is_an_oserror_and_leaves_nothing(
    elsewhere: Peer, client: UniAll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.on(FILE, video(BIG))

    def full(self: PartFile, chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartFile, "_write", full)
    with pytest.raises(OSError, match="No space left") as caught:
        await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert not isinstance(caught.value, ProviderError)
    assert entries(tmp_path) == []
    assert len(elsewhere.seen) == 1


async def test_a_folder_that_is_missing_is_an_oserror(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await fetch(client, elsewhere.origin + FILE, tmp_path / "missing" / "v.mp4")


async def test_what_a_crash_left_is_overwritten(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    (tmp_path / "v.mp4.part").write_bytes(b"x" * 5_000_000)
    elsewhere.on(FILE, video())
    done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert done.path.read_bytes() == MP4
    assert entries(tmp_path) == [done.path]


async def test_memory_does_not_grow_with_the_video(elsewhere: Peer, client: UniAll, tmp_path: Path) -> None:
    size = 48 * 1024 * 1024
    block = bytes(256 * 1024)

    async def large(line: Line) -> None:
        await line.send(head(200, Content_Length=size) + MP4)
        left = size - len(MP4)
        while left > 0:
            await line.send(block[:left])
            left -= len(block)

    elsewhere.on(FILE, large)
    tracemalloc.start()
    try:
        done = await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done.size == size
    assert peak < 16 * 1024 * 1024


async def test_a_slow_disk_does_not_hold_up_the_loop(
    elsewhere: Peer, client: UniAll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = PartFile._write
    threads: set[int] = set()

    def slow(self: PartFile, chunk: bytes) -> None:
        threads.add(threading.get_ident())
        time.sleep(0.05)
        write(self, chunk)

    monkeypatch.setattr(PartFile, "_write", slow)
    elsewhere.on(FILE, video(BIG))
    await fetch(client, elsewhere.origin + FILE, tmp_path / "v.mp4")
    assert threading.get_ident() not in threads
    assert threads
