"""Reference images: known by their content, bounded before they are decoded, upright, and made anew from their pixels.

What a video API takes is PNG, JPEG or WebP (`seeds/`, `facts/video-api.md` section 2). A file name or a declared type
proves nothing, nor does a file that decodes: it may be a PDF, an archive or a page as well, in a comment, a colour profile,
or after its end. So nothing of the file that came is kept or passed on: only what its pixels show. What a file costs to decode
is not in its size either: a small one may hold a decoder for minutes. Call it in a worker (`bot.media.worker`), which bounds
its time and memory.
"""

import io
import warnings
from pathlib import Path
from typing import cast

from PIL import Image, ImageCms, ImageOps

from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AtMost, Refusal
from bot.ports.media import CheckedImage

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 2048  # more than any offered video shows
MOST_PROFILE = 4 * 1024 * 1024  # those of presses have one or two
_TYPES = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp")}
_TO_SCREEN = {"RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB"}  # by mode: what a colour profile is resolved into


def check(data: bytes) -> CheckedImage:
    """The image in bytes of our own, upright and bounded; a PNG loses nothing, the others as little as can be seen.

    Raises Refusal as `check_size` does, `image_too_many_pixels` (most, in megapixels), `image_too_heavy` or
    `image_not_an_image`.
    """
    check_size(len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of is refused or dropped here
            return _checked(data)
    except Refusal:
        raise
    except MemoryError as error:
        raise Refusal(RefusalCode.IMAGE_TOO_HEAVY) from error
    except Image.DecompressionBombError as error:
        raise Refusal(AtMost(RefusalCode.IMAGE_TOO_MANY_PIXELS, most=MOST_PIXELS // 10**6)) from error
    except Exception as error:  # a broken file may raise anything from OSError to struct.error
        raise Refusal(RefusalCode.IMAGE_NOT_AN_IMAGE) from error


def check_size(size: int) -> None:
    """Raises Refusal `image_empty` or `image_too_large` (most, in MB)."""
    if size == 0:
        raise Refusal(RefusalCode.IMAGE_EMPTY)
    if size > MOST_BYTES:
        raise Refusal(AtMost(RefusalCode.IMAGE_TOO_LARGE, most=MOST_BYTES // 2**20))


def _checked(data: bytes) -> CheckedImage:
    with Image.open(io.BytesIO(data), formats=tuple(_TYPES)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Refusal(AtMost(RefusalCode.IMAGE_TOO_MANY_PIXELS, most=MOST_PIXELS // 10**6))
        kind = "JPEG" if image.format == "MPO" else str(image.format)  # several JPEGs in one file, as phones write
        media_type, suffix = _TYPES[kind]
        # Before it is turned, and before it is decoded: of a large JPEG only a half, a quarter or an eighth is (`draft`).
        gap = 1.0 if kind == "JPEG" else 2.0  # how much larger than wanted it is decoded at least
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=gap)
        image.load()
        upright = _upright(image)
        lossless = kind == "WEBP" and data[12:16] == b"VP8L"
        return CheckedImage(data=_encode(upright, kind, lossless=lossless), media_type=media_type, suffix=suffix)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - as above; broken EXIF turns nothing, and the picture itself is whole
        return image.copy()


def fit(source: Path, target: Path, size: str) -> None:
    """`source` cut to exactly `size` ("1280x720") around its middle, as PNG, into `target`.

    The OpenAI-native format refuses anything else: "Inpaint image must match the requested width and height".
    """
    width, height = (int(part) for part in size.split("x"))
    with Image.open(source, formats=tuple(_TYPES)) as image:
        upright = _upright(image)
        upright.info.pop(
            "transparency", None
        )  # of a palette or of one bit: nothing that red, green and blue could carry
        ImageOps.fit(_screen(upright), (width, height), Image.Resampling.LANCZOS).save(target, "PNG")


def _screen(image: Image.Image) -> Image.Image:
    """In eight bits of red, green and blue; a profile of inks or of greys would not describe these."""
    had = image.mode
    if had.startswith("I"):  # 16 bits of grey, which Pillow would cut off instead of scaling
        image = image.point(lambda value: value * (1 / 257)).convert("L")  # pyright: ignore[reportUnknownMemberType]
    image = image.convert("RGB")
    if had not in ("RGB", "RGBA", "P"):
        image.info.pop("icc_profile", None)
    return image


def _encode(image: Image.Image, kind: str, *, lossless: bool) -> bytes:
    image = _resolved(image)
    if kind == "JPEG" and image.mode not in ("RGB", "L"):
        image = _screen(image)
    # The one thing beside the pixels that they need: all else that Pillow would write by itself is gone.
    image.info = {name: value for name, value in image.info.items() if name == "transparency" and kind == "PNG"}
    out = io.BytesIO()
    if kind == "PNG":
        image.save(out, kind)
    else:
        image.save(out, kind, quality=92, lossless=lossless, exif=b"")
    return out.getvalue()


def _resolved(image: Image.Image) -> Image.Image:
    """In the colours of every screen where a profile says that these are others: without, a phone's picture would fade.

    The profile itself never stays: it may hold anything. One that cannot be used is as good as none.
    """
    profile = image.info.get("icc_profile")
    mode = _TO_SCREEN.get(image.mode)
    if not profile or mode is None or len(profile) > MOST_PROFILE:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        screen = cast("ImageCms.ImageCmsProfile", ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType] # untyped
        turned = ImageCms.profileToProfile(image, source, screen, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return turned or image
