"""Small stills of stored videos and pictures: decoded in a worker, once, and gone with their file."""

from pathlib import Path

from bot.media.files.folder import LocalMediaFolder
from bot.media.pictures.stills import SIDE
from tests.media.conftest import halves, opened, stored
from tests.standins.uniall import video


async def test_a_still_shows_its_file_small_is_made_once_and_goes_with_it(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path, keep_workers=60)
    try:
        (tmp_path / "a.png").write_bytes(stored(halves(1200, 800), "PNG"))
        (tmp_path / "v.mp4").write_bytes(video("job"))
        (tmp_path / "bad.mp4").write_bytes(b"no video")
        still = await media.still("a.png", video=False)
        assert still is not None
        shown = opened(still).convert("RGB")
        assert max(shown.size) == SIDE
        left, right = shown.getpixel((10, 80)), shown.getpixel((SIDE - 10, 80))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert (left[0] > left[2], right[0] < right[2]) == (True, True)
        assert await media.still("a.png", video=False) is still
        of_video = await media.still("v.mp4", video=True)
        assert of_video is not None
        assert max(opened(of_video).size) <= SIDE
        assert await media.still("bad.mp4", video=True) is None
        await media.discard("a.png")
        assert await media.still("a.png", video=False) is None
    finally:
        await media.close()
