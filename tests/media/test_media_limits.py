"""A picture is made to fit what a model takes: scaled as a whole and compressed, never cropped."""

import random
from pathlib import Path

import pytest
from PIL import Image

from bot.domain.requests.pictures import PictureLimits, beside_another
from bot.media.files.folder import LocalMediaFolder
from bot.media.pictures import images
from tests.media.conftest import BLUE, RED, exif, halves, opened, plain, stored

HAPPY_HORSE = PictureLimits(min_side=300, max_ratio=2.5, max_mb=10)
WIDE = PictureLimits(max_ratio=4)
SMALL = PictureLimits(min_side=64, max_side=256, max_mb=0.1)
NARROW = PictureLimits(min_side=200, max_side=300)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Every pixel another colour: a file that hardly shrinks."""
    bands = len(mode)
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(width * height * bands))


@pytest.mark.parametrize("limits", [HAPPY_HORSE, WIDE, SMALL, NARROW])
def test_every_size_that_can_fit_is_given_one_that_is_taken_in_nearly_the_same_shape(limits: PictureLimits) -> None:
    chance = random.Random(1)
    sizes = [(chance.randint(1, 6000), chance.randint(1, 6000)) for _ in range(3000)]
    sizes += [(750, 300), (300, 750), (5003, 2002), (1, 1), (2048, 820), (4000, 1000), (256, 64)]
    for width, height in sizes:
        if not limits.can_fit(width, height):
            continue
        new = limits.size_for(width, height)
        assert limits.takes(*new, 0), (width, height, new)
        off = max(abs(new[0] * height / width - new[1]), abs(new[1] * width / height - new[0]))
        assert off <= max(width / height, height / width) + 1, (width, height, new)
        if limits.takes(width, height, 0):
            assert new == (width, height)


def test_a_side_that_is_both_too_short_and_too_long_fits_at_no_size() -> None:
    assert not HAPPY_HORSE.can_fit(251, 100)
    assert HAPPY_HORSE.can_fit(250, 100)
    assert not PictureLimits(min_side=300).can_fit(2100, 300), "the longest side would be above 2048"
    assert not NARROW.can_fit(160, 100)


@pytest.mark.parametrize(
    ("size", "becomes"), [((150, 100), (450, 300)), ((100, 250), (300, 750)), ((400, 300), (400, 300))]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_small_picture_is_enlarged_as_a_whole(kind: str, size: tuple[int, int], becomes: tuple[int, int]) -> None:
    checked = images.check(stored(halves(*size), kind), HAPPY_HORSE)
    found = opened(checked.data).convert("RGB")
    assert checked.size == found.size == becomes
    for x, colour in ((5, RED), (found.width - 6, BLUE)):
        pixel = found.getpixel((x, found.height // 2))
        assert isinstance(pixel, tuple)
        assert all(abs(one - other) < 40 for one, other in zip(pixel, colour, strict=True))


def test_a_turned_picture_fits_by_what_it_shows() -> None:
    checked = images.check(stored(halves(200, 100), "JPEG", exif=exif(6)), HAPPY_HORSE)
    assert checked.size == opened(checked.data).size == (300, 600)


def test_a_large_picture_is_made_smaller_to_the_pixels_that_the_model_takes() -> None:
    checked = images.check(stored(plain(1000, 500), "PNG"), SMALL)
    assert checked.size == opened(checked.data).size == (256, 128)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_heavy_file_is_compressed_and_its_transparency_stays(kind: str, mode: str) -> None:
    if (kind, mode) == ("JPEG", "RGBA"):
        return
    limits = PictureLimits(min_side=100, max_mb=0.1)
    lossless = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    data = stored(noise(540, 420, mode), kind, **lossless)
    assert len(data) > 100_000
    checked = images.check(data, limits)
    found = opened(checked.data)
    assert len(checked.data) <= 100_000
    assert checked.size == found.size
    assert min(found.size) >= 100
    assert abs(found.width / found.height - 9 / 7) < 0.02
    assert (checked.media_type, checked.suffix) == images._TYPES[str(found.format)]
    assert ("A" in found.getbands()) == (mode == "RGBA")


def test_a_file_that_is_light_enough_keeps_its_type_and_every_pixel() -> None:
    data = stored(noise(400, 300), "PNG")
    checked = images.check(data, HAPPY_HORSE)
    assert checked.suffix == "png"
    assert opened(checked.data).tobytes() == opened(data).tobytes()


def test_a_shape_that_fits_at_no_size_is_left_as_it_is() -> None:
    data = stored(plain(4000, 100), "PNG")
    assert images.check(data, HAPPY_HORSE) == images.check(data)


def test_a_checked_picture_is_encoded_again_only_where_it_must_be() -> None:
    fits, small = images.check(stored(halves(450, 300), "JPEG")), images.check(stored(halves(150, 100), "JPEG"))
    assert images.limit(fits.data, HAPPY_HORSE).data == fits.data
    assert images.limit(small.data, HAPPY_HORSE).size == (450, 300)
    assert images.limit(small.data, WIDE).data == small.data


def test_two_pictures_on_one_card_stay_below_what_discord_takes_in_one_request() -> None:
    for limits in (None, HAPPY_HORSE, PictureLimits(max_mb=20)):
        most = beside_another(limits).max_bytes
        assert most is not None
        assert 2 * most < 25 * 2**20
    assert beside_another(HAPPY_HORSE) == HAPPY_HORSE


async def test_the_worker_fits_a_picture_and_says_how_large_it_is(tmp_path: Path) -> None:
    media = LocalMediaFolder(tmp_path)
    data = stored(halves(150, 100), "PNG")
    for found in (await media.check_image(data, HAPPY_HORSE), await media.limit_image(data, HAPPY_HORSE)):
        assert found.size == opened(found.data).size == (450, 300)
    assert (await media.check_image(data)).size == (150, 100)
