"""Reference images: known by their content, bounded, upright, and nothing of them but what their pixels show."""

import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from bot.media.pictures import image_size, images
from tests.media.conftest import BLUE, GPS, RED, chunk, code, declared, exif, halves, opened, plain, stored

KINDS = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp")}


def near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(found, wanted, strict=True))


def bad_zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("cat.png", stored(plain(), "PNG"))
    return out.getvalue()


def noise(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Every pixel another colour."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(width * height * bands))


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_looks_as_it_did_in_bytes_of_our_own(kind: str) -> None:
    checked = images.check(stored(halves(), kind))
    assert (checked.media_type, checked.suffix) == KINDS[kind]
    found = opened(checked.data)
    assert found.size == (60, 40)
    assert near(found.convert("RGB").getpixel((5, 20)), RED)
    assert near(found.convert("RGB").getpixel((55, 20)), BLUE)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P"])
def test_a_png_and_a_webp_without_loss_lose_no_pixel(mode: str) -> None:
    image = noise(mode=mode)
    if mode == "P":
        image.putpalette(random.Random(8).randbytes(768))
    data = stored(image, "PNG")
    assert opened(images.check(data).data).convert("RGBA").tobytes() == opened(data).convert("RGBA").tobytes()
    if mode in ("RGB", "RGBA"):
        data = stored(image, "WEBP", lossless=True, exact=mode == "RGB")
        assert opened(images.check(data).data).convert("RGBA").tobytes() == opened(data).convert("RGBA").tobytes()


ARCHIVE = bad_zip()
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
PAGE = b"<html><script>alert(document.domain)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
OTHERS = {"zip": ARCHIVE, "pdf": PDF, "page": PAGE, "svg": SVG}


def within_png(body: bytes) -> bytes:
    """A PNG with these bytes in a chunk that decoders pass over."""
    whole = stored(halves(), "PNG")
    head = 8 + 25  # the signature and IHDR
    return whole[:head] + chunk(b"teSt", body) + whole[head:]


def within_webp(body: bytes) -> bytes:
    """A WebP with these bytes in a chunk that decoders pass over."""
    whole = stored(halves(), "WEBP", icc_profile=b"x")  # the extended form, which may have more chunks
    more = b"teSt" + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)
    return b"RIFF" + (len(whole) - 8 + len(more)).to_bytes(4, "little") + whole[8:] + more


def within_jpeg(body: bytes, marker: int = 0xEB) -> bytes:
    """A JPEG with these bytes in a segment that decoders pass over."""
    whole = stored(halves(), "JPEG")
    return whole[:2] + bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body + whole[2:]


@pytest.mark.parametrize("other", OTHERS)
def test_of_a_file_that_is_something_else_as_well_only_the_picture_is_kept(other: str) -> None:
    body = OTHERS[other]
    files = [
        *(stored(halves(), kind) + body for kind in KINDS),
        within_png(body),
        within_webp(body),
        within_jpeg(body),
        *(stored(halves(), kind, icc_profile=body) for kind in KINDS),
        *(stored(halves(), kind, exif=exif(1).tobytes() + body) for kind in KINDS),
    ]
    for data in files:
        checked = images.check(data)
        for length in (len(body), 12):
            assert body[:length] not in checked.data
        assert not zipfile.is_zipfile(BytesIO(checked.data))
        assert opened(checked.data).size == (60, 40)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_ends_where_the_picture_ends(kind: str) -> None:
    data = images.check(stored(halves(), kind) + bytes(1000)).data
    ends = {"PNG": data[-12:] == chunk(b"IEND", b""), "JPEG": data[-2:] == b"\xff\xd9"}
    assert ends.get(kind, int.from_bytes(data[4:8], "little") + 8 == len(data))


def test_two_files_with_the_same_pixels_are_kept_as_the_same_bytes() -> None:
    """So nothing but the pixels is in them."""
    image = noise()
    texts = PngInfo()
    texts.add_text("Comment", "43.24 N", zip=True)
    plainly = images.check(stored(image, "PNG")).data
    for data in (
        stored(image, "PNG") + ARCHIVE,
        stored(image, "PNG", pnginfo=texts, dpi=(300, 300), icc_profile=PDF, exif=exif(1), compress_level=1),
        stored(image, "PNG", save_all=True, append_images=[plain()]),
    ):
        assert images.check(data).data == plainly


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("I;16", "PNG"), ("1", "PNG")]
)
@pytest.mark.parametrize("side", [40, 2100])
def test_every_way_to_write_colours_survives(mode: str, kind: str, side: int) -> None:
    checked = images.check(stored(plain(side, 30, mode, 1 if mode == "1" else None), kind))
    found = opened(checked.data)
    assert found.format == kind
    assert max(found.size) == min(side, images.LONGEST_SIDE)
    assert found.mode != "CMYK", "a screen has no inks"
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
    assert code(stored(plain(), "PNG") + bytes(image_size.MOST_BYTES)) == "image_too_large"


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


def red_for_blue() -> bytes:
    """A colour profile of a screen on which what is called red shines blue."""
    screen = cast(Any, ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType] # untyped
    profile = ImageCms.ImageCmsProfile(screen).tobytes()
    return profile.replace(b"rXYZ", b"----", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"----", b"bXYZ", 1)


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("WEBP", "RGBA")]
)
@pytest.mark.parametrize("side", [60, 2100])
def test_a_colour_profile_is_applied_and_gone(kind: str, mode: str, side: int) -> None:
    checked = images.check(stored(plain(side, 30).convert(mode), kind, icc_profile=red_for_blue()))
    found = opened(checked.data)
    assert "icc_profile" not in found.info
    assert near(found.convert("RGB").getpixel((9, 9)), BLUE)
    if mode == "RGBA":
        assert found.convert("RGBA").getchannel("A").getextrema() == (255, 255)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "P"])
@pytest.mark.parametrize("profile", [b"inks" * 100, red_for_blue()[:200]])
def test_a_profile_that_is_none_or_of_other_colours_is_as_good_as_none(mode: str, profile: bytes) -> None:
    kind = "PNG" if mode == "P" else "JPEG"
    with_it, without = (images.check(stored(plain(60, 30, mode), kind, icc_profile=one)) for one in (profile, None))
    assert with_it == without
    assert opened(with_it.data).mode in ("RGB", "L", "P")


def test_a_profile_larger_than_any_real_one_is_not_even_read() -> None:
    profile = red_for_blue() + bytes(images.MOST_PROFILE)
    checked = images.check(stored(plain(), "JPEG", icc_profile=profile))
    assert near(opened(checked.data).getpixel((9, 9)), RED)
    assert len(checked.data) < 10_000


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param(lambda: chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(50 * 2**20))), id="profile"),
        pytest.param(lambda: chunk(b"zTXt", b"t\0\0" + zlib.compress(bytes(50 * 2**20))), id="text"),
        pytest.param(
            lambda: b"".join(chunk(b"zTXt", b"t%d\0\0" % n + zlib.compress(bytes(2**20 - 9))) for n in range(100)),
            id="texts",
        ),
    ],
)
def test_a_small_file_that_unpacks_to_much_beside_the_picture_is_refused(beside: Callable[[], bytes]) -> None:
    whole = stored(halves(), "PNG")
    data = whole[:33] + beside() + whole[33:]
    assert len(data) < 200_000
    assert code(data) == "image_not_an_image"


@pytest.mark.parametrize("kind", KINDS)
def test_exif_that_points_in_circles_or_out_of_the_file_turns_nothing(kind: str) -> None:
    in_circles = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02" + b"".join(
        struct.pack(">HHII", tag, 4, 1, 8) for tag in (0x8769, 0x8825)
    )
    far_away = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01" + struct.pack(">HHII", 0x0112, 3, 2**31, 2**31)
    for broken in (in_circles + bytes(4), far_away + bytes(4), b"Exif\0\0" + b"II" * 30_000, exif(6).tobytes()[:20]):
        checked = images.check(stored(halves(), kind, exif=broken))
        assert opened(checked.data).size == (60, 40)
        assert b"Exif" not in checked.data


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
