"""What the bucket alone promises: copies, and every way in which it does not serve."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

pytest.importorskip("obstore", reason="buckets need the extra 'cluster'")

from bot.domain.errors import MediaUnavailable, OperatorNeeded
from bot.media.files import bucket as buckets
from bot.media.files import scratch
from bot.media.files.bucket import PART, Bucket, BucketAddress
from bot.media.files.bucket_folder import BucketMedia
from bot.media.files.budget import Budget
from bot.media.files.folder import LocalMediaFolder
from bot.ports.media import Scratch
from tests.media.test_media_kept import ID, OTHER, keep
from tests.standins.bucket import BUCKET, KEY_ID, READER, READERS_SECRET, REGION, SECRET, Gate, S3Server

PLENTY = Budget(most=10**9)


@pytest.fixture
async def gate(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    """An open gate before the server. Calls are not tried again within themselves."""
    monkeypatch.setattr(buckets, "RETRIES", 0)
    async with Gate(s3.endpoint) as made:
        yield made


@pytest.fixture
def address(gate: Gate) -> BucketAddress:
    return BucketAddress(
        bucket=BUCKET, prefix=uuid4().hex, endpoint=gate.endpoint, region=REGION, key_id=KEY_ID, secret=SECRET
    )


@pytest.fixture
async def media(address: BucketAddress, tmp_path: Path) -> AsyncIterator[BucketMedia]:
    made = BucketMedia(tmp_path / "media", Bucket(address), PLENTY)
    made.prepare()
    yield made
    await made.close()


def forget(media: BucketMedia) -> None:
    """As on another machine: no copies."""
    for file in media.root.iterdir():
        file.unlink()


def aged(path: Path, minutes: float) -> None:
    """Nothing has used the copy for so long."""
    at = time.time() - minutes * 60
    os.utime(path, (at, at))


async def test_a_large_file_comes_back_as_it_was(media: BucketMedia) -> None:
    data = os.urandom(2 * PART + 12_345)
    name = await keep(media, ID, data)
    forget(media)
    assert (await media.have(name)).read_bytes() == data


async def test_several_that_want_one_file_share_its_download(media: BucketMedia, gate: Gate) -> None:
    name = await keep(media, ID, bytes(100_000))
    forget(media)
    gate.requests.clear()
    paths = await asyncio.gather(*(media.have(name) for _ in range(10)))
    assert set(paths) == {media.path(name)}
    assert len([line for line in gate.requests if line.startswith("GET")]) == 1
    await media.have(name)
    assert len(gate.requests) == 1


async def test_who_stops_waiting_leaves_the_download_to_the_others(
    media: BucketMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, downloads = asyncio.Event(), asyncio.Event(), list[str]()
    whole = media.bucket.download

    async def held(name: str, to: Path, begin: Callable[[int], object]) -> None:
        downloads.append(name)
        began.set()
        await go.wait()
        await whole(name, to, begin)

    monkeypatch.setattr(media.bucket, "download", held)
    name = await keep(media, ID, b"video")
    forget(media)
    first = asyncio.create_task(media.have(name))
    await began.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(media.have(name))
    go.set()
    assert (await second).read_bytes() == b"video"
    assert downloads == [name]


async def test_a_download_that_breaks_leaves_nothing(media: BucketMedia, gate: Gate) -> None:
    name = await keep(media, ID, bytes(5_000_000))
    forget(media)
    gate.cut_after = 1_000_000
    with pytest.raises(MediaUnavailable):
        await media.have(name)
    assert list(media.root.iterdir()) == []
    gate.open()
    assert (await media.have(name)).stat().st_size == 5_000_000


async def test_a_file_counts_as_kept_only_in_its_whole_size(
    media: BucketMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def short(_: str) -> int:
        return 3

    monkeypatch.setattr(media.bucket, "size", short)
    with pytest.raises(MediaUnavailable, match="3 bytes there instead of 5"):
        await keep(media, ID, b"video")


async def test_a_bucket_that_is_away_says_so_and_serves_again_when_it_is_back(media: BucketMedia, gate: Gate) -> None:
    seen: list[str | None] = []
    media.watch(seen.append)
    name = await keep(media, ID, b"video")
    forget(media)
    gate.close()
    for call in (media.have(name), media.has(name), media.discard(name), media.inventory(), media.keep_image("a", b"")):
        with pytest.raises(MediaUnavailable):
            await call
    assert await media.discard_all([name]) == []
    assert await media.still(name, video=True) is None
    await media.open()  # it may come back
    assert seen[-1] == "it cannot be reached"
    gate.open()
    assert (await media.have(name)).read_bytes() == b"video"
    assert seen[-1] is None


async def test_an_answer_of_something_else_is_no_missing_file(media: BucketMedia, s3: S3Server) -> None:
    async def not_found(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")  # else the answer may be lost with the connection
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnginx")
        writer.close()

    server = await asyncio.start_server(not_found, "127.0.0.1", 0)
    endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    media.bucket = Bucket(replace(media.bucket.address, endpoint=endpoint))
    with pytest.raises(MediaUnavailable, match="it answers 404"):
        await media.have(f"{ID}.mp4")
    server.close()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"secret": "a-wrong-secret"}, "it does not accept AWS_SECRET_ACCESS_KEY"),
        ({"key_id": "a-wrong-key"}, "it does not accept AWS_ACCESS_KEY_ID"),
        ({"bucket": "nothing-here"}, "there is no such bucket"),
    ],
)
async def test_a_start_with_what_the_bucket_refuses_ends_with_one_sentence(
    media: BucketMedia, wrong: dict[str, str], why: str
) -> None:
    address = replace(media.bucket.address, **wrong)
    media.bucket = Bucket(address)
    with pytest.raises(OperatorNeeded) as caught:
        await media.open()
    assert str(caught.value) == f"the bucket {address} cannot be used: {why}"
    assert not any(part in repr(caught.value.__context__) for part in ("wrong-secret", "wrong-key", SECRET, KEY_ID))


async def test_a_check_finds_out_that_a_key_may_only_read(media: BucketMedia) -> None:
    await media.bucket.probe()
    assert await media.bucket.files() == []
    reader = Bucket(replace(media.bucket.address, key_id=READER, secret=READERS_SECRET))
    with pytest.raises(MediaUnavailable, match="does not allow this key"):
        await reader.probe()


async def test_copies_die_when_nothing_has_used_them_for_a_while(media: BucketMedia) -> None:
    old, used = await keep(media, ID, b"old"), await keep(media, OTHER, b"used")
    foreign = media.root / "notes.txt"
    foreign.write_bytes(b"an operator's")
    for path in (media.path(old), media.path(used), foreign):
        aged(path, 50)
    await media.have(used)
    assert await media.sweep()
    assert {file.name for file in media.root.iterdir()} == {used, foreign.name}
    assert (await media.have(old)).read_bytes() == b"old"


async def test_too_many_copies_go_by_size_but_none_that_is_in_use(address: BucketAddress, tmp_path: Path) -> None:
    media = BucketMedia(tmp_path / "small", Bucket(address), Budget(most=1000))
    media.prepare()
    names = [f"{number:020d}" for number in range(4)]
    for minutes, name in enumerate(names):
        await keep(media, name, bytes(300))
        aged(media.path(f"{name}.mp4"), 20 - minutes)
    assert await media.sweep()
    assert {file.name for file in media.root.iterdir()} == {f"{name}.mp4" for name in names[1:]}
    for name in names:
        media.path(f"{name}.mp4").write_bytes(bytes(300))
    assert not await media.sweep()  # a post may read any of them
    assert len(list(media.root.iterdir())) == 4
    await media.close()


async def test_a_full_disk_makes_room_for_what_is_wanted(address: BucketAddress, tmp_path: Path) -> None:
    free = 10**9
    media = BucketMedia(tmp_path / "full", Bucket(address), Budget(most=10**9, free=lambda _: free))
    media.prepare()
    old, wanted = await keep(media, ID, bytes(1000)), await keep(media, OTHER, bytes(1000))
    media.path(wanted).unlink()
    aged(media.path(old), 20)
    free = 0
    await media.have(wanted)
    assert {file.name for file in media.root.iterdir()} == {wanted}
    await media.close()


def test_a_copy_is_in_use_for_longer_than_a_post_may_take() -> None:
    from bot.workers.jobs import deliver

    assert scratch.IN_USE.total_seconds() >= deliver.LONGEST


async def test_files_of_before_the_bucket_are_kept_in_it_when_they_are_wanted(media: BucketMedia) -> None:
    before = media.root.parent / f"{ID}.mp4"
    before.write_bytes(b"of before")
    assert await media.has(before.name)
    assert (await media.have(before.name)).read_bytes() == b"of before"
    assert not before.exists()
    forget(media)
    assert (await media.have(before.name)).read_bytes() == b"of before"
    before.write_bytes(b"again")
    await media.discard(before.name)
    assert not before.exists()
    assert not await media.has(before.name)


async def test_a_list_of_the_bucket_is_used_for_a_while(media: BucketMedia, gate: Gate) -> None:
    await keep(media, ID, b"video")
    gate.requests.clear()
    for _ in range(5):
        assert len((await media.inventory()).files) == 1
    assert len(gate.requests) == 1


def test_only_a_bucket_has_copies_beside_it(media: BucketMedia, tmp_path: Path) -> None:
    assert isinstance(media, Scratch)
    assert not isinstance(LocalMediaFolder(tmp_path), Scratch)
