"""What the OpenAI-native format wants: a PNG of exactly the asked pixels, cut around the middle."""

from pathlib import Path

import pytest
from PIL import Image

from bot.media.pictures import images
from tests.media.conftest import BLUE, RED, exif, halves, opened, plain, stored

SIZES = ["1280x720", "720x1280", "1792x1024", "1024x1792"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("source", [(1, 1), (1280, 720), (3, 2000), (2000, 3), (1279, 721)])
def test_it_has_exactly_the_asked_pixels(tmp_path: Path, size: str, source: tuple[int, int]) -> None:
    (tmp_path / "in").write_bytes(stored(plain(*source), "PNG"))
    images.fit(tmp_path / "in", tmp_path / "out.png", size)
    found = opened((tmp_path / "out.png").read_bytes())
    assert (found.format, found.mode) == ("PNG", "RGB")
    assert f"{found.width}x{found.height}" == size


def test_the_middle_is_kept(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 100), RED)
    image.paste(BLUE, (100, 0, 200, 100))
    (tmp_path / "in").write_bytes(stored(image, "PNG"))
    images.fit(tmp_path / "in", tmp_path / "out.png", "100x100")
    found = opened((tmp_path / "out.png").read_bytes())
    assert {found.getpixel((x, 50)) for x in (5, 50, 95)} == {BLUE}


@pytest.mark.parametrize(
    ("mode", "colour", "shown"),
    [
        ("I;16", 0xFFFF, (255, 255, 255)),
        ("I;16", 0x8080, (128, 128, 128)),
        ("I;16", 0, (0, 0, 0)),
        ("L", 77, (77, 77, 77)),
        ("1", 1, (255, 255, 255)),
        ("RGBA", (*RED, 255), RED),
        ("P", 0, (0, 0, 0)),
    ],
)
def test_every_way_to_write_colours_comes_out_as_it_looks(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], shown: tuple[int, int, int]
) -> None:
    (tmp_path / "in").write_bytes(stored(plain(40, 40, mode, colour), "PNG"))
    images.fit(tmp_path / "in", tmp_path / "out.png", "64x32")
    assert opened((tmp_path / "out.png").read_bytes()).getpixel((9, 9)) == shown


def test_inks_and_a_turned_picture_come_out_upright_on_screen(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(stored(halves().convert("CMYK"), "JPEG", exif=exif(6)))
    images.fit(tmp_path / "in", tmp_path / "out.png", "40x60")
    found = opened((tmp_path / "out.png").read_bytes())
    red, _, blue = found.getpixel((20, 5))  # type: ignore[misc] # three channels
    assert red > blue


@pytest.mark.parametrize(("mode", "kept"), [("RGB", True), ("CMYK", False), ("L", False)])
def test_a_colour_profile_stays_only_where_it_describes_the_colours(tmp_path: Path, mode: str, kept: bool) -> None:
    (tmp_path / "in").write_bytes(stored(plain(40, 40, mode), "JPEG", icc_profile=b"profile" * 40))
    images.fit(tmp_path / "in", tmp_path / "out.png", "64x32")
    assert ("icc_profile" in opened((tmp_path / "out.png").read_bytes()).info) is kept


def test_a_picture_of_one_bit_with_a_colour_marked_as_transparent_can_be_cut(tmp_path: Path) -> None:
    source, target = tmp_path / "a.png", tmp_path / "b.png"
    Image.new("1", (40, 40), 1).save(source, "PNG", transparency=0)
    images.fit(source, target, "64x36")
    with Image.open(target) as cut:
        assert cut.size == (64, 36)
