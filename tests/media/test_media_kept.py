"""What every store of kept files promises, on a folder and on a bucket of a real S3 server."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bot.domain.processes.media_inventory import FileRole
from bot.media.files.budget import Budget
from bot.media.files.folder import LocalMediaFolder
from tests.media.conftest import clip, halves, opened, stored
from tests.standins.bucket import BUCKET, KEY_ID, REGION, SECRET, S3Server

ID = "0123456789abcdefghij"
OTHER = "abcdefghij0123456789"
Make = Callable[[], Awaitable[LocalMediaFolder]]


@pytest.fixture(params=["folder", "bucket"])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Make]:
    """Opens the same files, each time as after a start; from the second time on a bucket's on another machine."""
    async with AsyncExitStack() as opened_ones:
        prefix, count = uuid4().hex, iter(range(100))

        async def one() -> LocalMediaFolder:
            if request.param == "folder":
                media = LocalMediaFolder(tmp_path / "media", Budget(most=10**6), keep_workers=10)
            else:
                from bot.media.files.bucket import Bucket, BucketAddress
                from bot.media.files.bucket_folder import BucketMedia

                server: S3Server = request.getfixturevalue("s3")
                address = BucketAddress(
                    bucket=BUCKET,
                    prefix=prefix,
                    endpoint=server.endpoint,
                    region=REGION,
                    key_id=KEY_ID,
                    secret=SECRET,
                )
                folder = tmp_path / f"machine{next(count)}"
                media = BucketMedia(folder, Bucket(address), Budget(most=10**6), keep_workers=10)
            media.prepare()
            await media.open()
            opened_ones.push_async_callback(media.close)
            return media

        yield one


async def keep(media: LocalMediaFolder, generation_id: str, data: bytes) -> str:
    """A video that was downloaded and then kept; its name."""
    path = media.video_path(generation_id)
    path.write_bytes(data)
    await media.keep(path.name)
    return path.name


async def gone(media: LocalMediaFolder, name: str) -> bool:
    """Whether it is missing, however it is asked for."""
    with pytest.raises(FileNotFoundError):
        await media.have(name)
    return not await media.has(name)


async def test_what_is_kept_is_had_whole_after_another_start(make: Make) -> None:
    name = await keep(await make(), ID, b"video")
    media = await make()
    assert await media.has(name)
    assert (await media.have(name)).read_bytes() == b"video"
    assert (await media.have(name)).name == name


async def test_the_later_file_of_a_name_takes_the_place_of_the_earlier(make: Make) -> None:
    media = await make()
    await keep(media, ID, b"cut")
    name = await keep(media, ID, b"whole")
    assert (await media.have(name)).read_bytes() == b"whole"
    assert (await (await make()).have(name)).read_bytes() == b"whole"


async def test_what_was_never_kept_is_missing(make: Make) -> None:
    media = await make()
    assert await gone(media, f"{ID}.mp4")
    with pytest.raises(FileNotFoundError):
        await media.read(f"{ID}-reference.png")


async def test_what_is_discarded_is_gone_and_may_be_discarded_again(make: Make) -> None:
    media = await make()
    one, other = await keep(media, ID, b"one"), await keep(media, OTHER, b"other")
    for _ in range(2):
        await media.discard(one)
    assert await gone(media, one)
    assert (await media.have(other)).read_bytes() == b"other"
    assert await media.discard_all([one, other]) == [one, other]
    assert await gone(media, other)
    assert await gone(await make(), other)


async def test_a_picture_is_read_and_cut_to_size_after_another_start(make: Make) -> None:
    name, data = f"{ID}-reference.png", stored(halves(), "PNG")
    await (await make()).keep_image(name, data)
    media = await make()
    assert await media.read(name) == data
    assert opened((await media.fit_image(name, "64x32")).read_bytes()).size == (64, 32)
    await media.discard(name)
    assert await gone(media, name)
    assert not [file for file in media.root.iterdir() if file.name.startswith(ID)]


async def test_a_still_is_made_after_another_start(make: Make) -> None:
    name = await keep(await make(), ID, clip())
    assert await (await make()).still(name, video=True)


async def test_the_inventory_names_what_is_kept_and_what_is_removed_is_no_longer_in_it(make: Make) -> None:
    media = await make()
    video = await keep(media, ID, bytes(500))
    await media.keep_image(f"{OTHER}-end.webp", bytes(30))
    stock = await (await make()).inventory()
    assert {(file.name, file.generation_id, file.part, file.size) for file in stock.files} == {
        (video, ID, FileRole.VIDEO, 500),
        (f"{OTHER}-end.webp", OTHER, FileRole.IMAGE, 30),
    }
    assert (stock.size, stock.most) == (530, 10**6)
    assert all(abs(datetime.now(UTC) - file.written_at) < timedelta(minutes=5) for file in stock.files)
    await media.remove([video, "gone.mp4"])
    assert [file.name for file in (await media.inventory()).files] == [f"{OTHER}-end.webp"]


async def test_a_copy_that_is_made_for_a_moment_is_dropped(make: Make) -> None:
    media = await make()
    path = await media.keep_file(f"{ID}-part1.mp4", b"copy")
    assert path.read_bytes() == b"copy"
    await media.drop_file(path.name)
    assert not path.exists()


async def test_a_folder_that_somebody_has_emptied_is_made_anew(make: Make) -> None:
    media = await make()
    shutil.rmtree(media.root)
    os.makedirs(media.root.parent, exist_ok=True)
    if type(media) is LocalMediaFolder:
        return  # its files are gone with it
    name = await keep(media, ID, b"video")
    shutil.rmtree(media.root)
    assert (await media.have(name)).read_bytes() == b"video"
