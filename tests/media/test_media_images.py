"""Reference images: known by their content, bounded, upright, without metadata, and their very bytes where that is so."""

import random
import warnings
import zipfile
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.media import images
from tests.media.conftest import BLUE, GPS, RED, code, declared, exif, halves, opened, plain, stored

KINDS = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp")}


def near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(found, wanted, strict=True))


def bad_zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("cat.png", stored(plain(), "PNG"))
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_that_needs_no_change_keeps_its_very_bytes(kind: str) -> None:
    data = stored(halves(), kind)
    checked = images.check(data)
    assert checked.data == data
    assert (checked.media_type, checked.suffix) == KINDS[kind]


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("I;16", "PNG"), ("1", "PNG")]
)
@pytest.mark.parametrize("side", [40, 2100])
def test_every_way_to_write_colours_survives(mode: str, kind: str, side: int) -> None:
    checked = images.check(stored(plain(side, 30, mode, 1 if mode == "1" else None), kind))
    found = opened(checked.data)
    assert found.format == kind
    assert max(found.size) == min(side, images.LONGEST_SIDE)
    if mode == "I;16":
        assert found.mode == "I;16"


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_survives(mode: str) -> None:
    transparent = (0,) * len(Image.new(mode, (1, 1)).getbands())
    found = opened(images.check(stored(Image.new(mode, (2100, 30), transparent), "PNG")).data)
    assert found.getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize(
    "data",
    [
        *(stored(plain(), kind) for kind in ("GIF", "BMP", "TIFF", "ICO", "PDF", "PPM", "TGA", "AVIF")),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"cat.png",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x10\x00\x00\x00WEBP",
        b"\x00" * 4096,
        bad_zip(),
        bad_zip() + stored(plain(), "PNG"),
        b"PK\x03\x04" + stored(plain(), "JPEG"),
        b"GIF89a" + stored(plain(), "PNG"),
        b" " + stored(plain(), "PNG"),
        declared(0, 5),
    ],
)
def test_what_is_no_png_jpeg_or_webp_is_refused(data: bytes) -> None:
    assert code(data) == "image_not_an_image"


def test_an_empty_file_is_refused_as_empty() -> None:
    assert code(b"") == "image_empty"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_truncated_file_is_refused(kind: str, tenth: int) -> None:
    noise = Image.frombytes("RGB", (60, 40), random.Random(7).randbytes(60 * 40 * 3))
    data = stored(noise, kind)
    assert code(data[: len(data) * tenth // 10]) == "image_not_an_image"


def test_too_many_bytes_are_refused_before_they_are_looked_at() -> None:
    assert code(stored(plain(), "PNG") + bytes(images.MOST_BYTES)) == "image_too_large"


@pytest.mark.parametrize(
    "size", [(8000, 8000), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (1, 50_000_001)]
)
def test_a_decompression_bomb_is_refused_by_what_it_declares(size: tuple[int, int]) -> None:
    data = declared(*size)
    assert len(data) < 200
    assert code(data) == "image_too_many_pixels"


def test_a_large_picture_of_an_allowed_size_is_taken() -> None:
    assert opened(images.check(stored(plain(5000, 4000, "L"), "PNG")).data).size == (2048, 1638)


@pytest.mark.parametrize(
    ("size", "bounded"),
    [((2048, 2048), (2048, 2048)), ((2049, 10), (2048, 10)), ((1000, 4096), (500, 2048)), ((1, 9000), (1, 2048))],
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_side_is_bounded(kind: str, size: tuple[int, int], bounded: tuple[int, int]) -> None:
    checked = images.check(stored(plain(*size), kind))
    assert opened(checked.data).size == bounded
    assert opened(checked.data).format == kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [(1, (60, 40), (5, 20)), (3, (60, 40), (55, 20)), (6, (40, 60), (20, 5)), (8, (40, 60), (20, 55))],
)
def test_an_image_is_turned_upright_and_loses_what_the_camera_wrote(
    kind: str, orientation: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    checked = images.check(stored(halves(), kind, exif=exif(orientation)))
    found = opened(checked.data)
    assert found.size == size
    assert near(found.convert("RGB").getpixel(red), RED)
    assert near(found.convert("RGB").getpixel((size[0] - 1 - red[0], size[1] - 1 - red[1])), BLUE)
    assert not dict(found.getexif())
    assert not found.getexif().get_ifd(GPS)
    assert b"SecretMaker" not in checked.data


def text_chunks(name: str) -> PngInfo:
    info = PngInfo()
    info.add_itxt(name, "<x:xmpmeta>43.24 N</x:xmpmeta>")
    return info


def raw_profile() -> PngInfo:
    """EXIF as ImageMagick writes it into a PNG."""
    block = exif(6).tobytes()
    info = PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n")
    return info


@pytest.mark.parametrize(
    "data",
    [
        stored(halves(), "PNG", pnginfo=text_chunks("Comment")),
        stored(halves(), "PNG", pnginfo=text_chunks("XML:com.adobe.xmp")),
        stored(halves(), "JPEG", comment=b"taken at 43.24 N"),
        stored(halves(), "JPEG", xmp=b"<x:xmpmeta>43.24 N</x:xmpmeta>"),
        stored(halves(), "WEBP", xmp=b"<x:xmpmeta>43.24 N</x:xmpmeta>"),
    ],
)
def test_a_place_written_in_words_is_gone(data: bytes) -> None:
    assert b"43.24 N" in data
    checked = images.check(data)
    assert b"43.24" not in checked.data
    assert opened(checked.data).size == (60, 40)


def test_exif_in_a_text_of_a_png_is_applied_and_gone() -> None:
    checked = images.check(stored(halves(), "PNG", pnginfo=raw_profile()))
    found = opened(checked.data)
    assert found.size == (40, 60)
    assert not dict(found.getexif())
    assert not getattr(found, "text", None)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_is_taken(kind: str) -> None:
    data = stored(plain(), kind, save_all=True, append_images=[plain(colour=BLUE)], duration=100)
    assert getattr(opened(data), "is_animated", False)
    checked = images.check(data)
    found = opened(checked.data)
    assert not getattr(found, "is_animated", False)
    assert (found.format, checked.media_type) == (kind, KINDS[kind][0])
    assert near(found.convert("RGB").getpixel((5, 5)), RED)


def test_of_a_jpeg_with_several_pictures_as_phones_write_it_the_first_is_taken() -> None:
    data = stored(halves(), "MPO", save_all=True, append_images=[plain(colour=BLUE)])
    assert opened(data).format == "MPO"
    checked = images.check(data)
    assert (checked.media_type, checked.suffix) == KINDS["JPEG"]
    assert opened(checked.data).format == "JPEG"
    assert len(checked.data) < len(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_stays_where_the_colours_do(kind: str) -> None:
    profile = b"how red a red is" * 20
    checked = images.check(stored(plain(2100, 30), kind, icc_profile=profile))
    assert opened(checked.data).info["icc_profile"] == profile


def test_a_profile_of_printing_inks_does_not_stay_on_screen_colours() -> None:
    checked = images.check(stored(plain(2100, 30, "CMYK"), "JPEG", icc_profile=b"inks" * 100))
    assert opened(checked.data).mode == "RGB"
    assert "icc_profile" not in opened(checked.data).info


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_refused_or_read_and_nothing_else(kind: str) -> None:
    """Whatever Pillow raises or warns of: bytes of a whole file changed at random, by a fixed seed."""
    dice = random.Random(7)
    whole = stored(halves(), kind, exif=exif(6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(1500):
            data = bytearray(whole)
            for _ in range(dice.choice((1, 3, 12))):
                data[dice.randrange(dice.choice((40, 200, len(data))))] = dice.choice((0, 255, dice.randrange(256)))
            try:
                checked = images.check(bytes(data))
            except images.Refusal as refusal:
                assert refusal.code in ("image_not_an_image", "image_too_many_pixels")  # noqa: PT017 - either way is well
            else:
                assert max(opened(checked.data).size) <= images.LONGEST_SIDE
