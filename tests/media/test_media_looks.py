"""A smaller copy looks like its original: its colours, the right one of its pictures, the same way up."""

import io
from pathlib import Path

import av
import pytest
from PIL import Image

from bot.media.videos import shrink
from tests.media.films import film, turned


def shown(path: Path) -> tuple[Image.Image, int]:
    """The first picture as a player shows it, and the range of levels that its file names."""
    with av.open(io.BytesIO(path.read_bytes()), "r") as file:
        picture = file.streams.video[0]
        frame = next(file.decode(picture))
        return frame.to_image(), int(picture.codec_context.color_range)  # pyright: ignore


def shrunk(tmp_path: Path, data: bytes) -> Path:
    source, target = tmp_path / "v.mp4", tmp_path / "small.mp4"
    source.write_bytes(data)
    shrink.make(source, target, 100_000)
    return target


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p"])
def test_levels_over_the_full_range_keep_their_colours(tmp_path: Path, pixels: str) -> None:
    copy = shrunk(tmp_path, film(full=True, pixels=pixels, options=(("crf", "1"),)))
    was, now = shown(tmp_path / "v.mp4")[0].getpixel((20, 20)), shown(copy)[0].getpixel((20, 20))
    assert was == pytest.approx((220, 81, 52), abs=4)
    assert now == pytest.approx(was, abs=5)
    assert shown(copy)[1] != 2


def test_a_cover_that_comes_first_is_not_taken_for_the_video(tmp_path: Path) -> None:
    copy = shrunk(tmp_path, film(cover=True))
    with av.open(io.BytesIO(copy.read_bytes()), "r") as file:
        assert len(list(file.decode(video=0))) == 24
    assert shown(copy)[0].size == (64, 48)


def test_a_picture_that_its_container_turns_is_the_same_way_up(tmp_path: Path) -> None:
    assert shown(shrunk(tmp_path, turned(film())))[0].size == (48, 64)
