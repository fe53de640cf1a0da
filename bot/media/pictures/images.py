"""Checks reference images: recognised by content, bounded before decoding, rotated upright, and rebuilt from their
pixels.

The video API accepts PNG, JPEG or WebP. A file name or a declared type
proves nothing. Neither does a file that decodes: it may also be a PDF, an archive or a web page, in a comment, a colour
profile, or after its end. So nothing of the received file is stored or passed on, only its pixels. Its size does not
bound the cost of decoding either: a small file can keep a decoder busy for minutes. Call it in a worker
(`bot.media.workers.worker_pool`), which bounds time and memory.
"""

import io
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import cast

from PIL import Image, ImageCms, ImageOps

from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal
from bot.domain.requests.pictures import LONGEST_SIDE, MEGABYTE, PictureLimits
from bot.media.pictures.image_size import check_size
from bot.ports.media import CheckedImage

MOST_PIXELS = 25_000_000
MOST_PROFILE = 4 * 1024 * 1024  # print profiles have one or two
_TYPES = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp")}
_QUALITY = 92
_LOWER = (85, 70)  # the qualities to try before a picture is made smaller
_SMALLER = 0.8  # by how much it is made smaller at a time
_TO_SCREEN = {"RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB"}  # by mode: the colour space a profile is converted to


def check(data: bytes, limits: PictureLimits | None = None) -> CheckedImage:
    """Return the image re-encoded, upright and bounded. A PNG is lossless; the others lose as little as possible.

    limits: those of a model. The image is scaled until it is within them, and where its file is too large, it is
    compressed more. One whose shape fits at no size is returned as without limits.

    Raises Refusal as `check_size` does, `image_too_many_pixels` (most, in megapixels), `image_too_heavy` or
    `image_not_an_image`.
    """
    check_size(len(data))
    return _guarded(lambda: _checked(data, limits))


def limit(data: bytes, limits: PictureLimits) -> CheckedImage:
    """Return an image that `check` once returned, within the limits of a model; unchanged if it is already.

    Raises Refusal as `check` does.
    """

    def fitting() -> CheckedImage:
        with Image.open(io.BytesIO(data), formats=tuple(_TYPES)) as image:
            size, (media_type, suffix) = image.size, _TYPES[str(image.format)]
        if limits.takes(*size, len(data)) or not limits.can_fit(*size):
            return CheckedImage(data=data, media_type=media_type, suffix=suffix, size=size)
        return _checked(data, limits)

    check_size(len(data))
    return _guarded(fitting)


def _guarded(work: Callable[[], CheckedImage]) -> CheckedImage:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns about is refused or dropped here
            return work()
    except Refusal:
        raise
    except MemoryError as error:
        raise Refusal(RefusalCode.IMAGE_TOO_HEAVY) from error
    except Image.DecompressionBombError as error:
        raise Refusal(AtMost(RefusalCode.IMAGE_TOO_MANY_PIXELS, most=MOST_PIXELS // 10**6)) from error
    except Exception as error:  # a broken file may raise anything from OSError to struct.error
        raise Refusal(RefusalCode.IMAGE_NOT_AN_IMAGE) from error


def _checked(data: bytes, limits: PictureLimits | None) -> CheckedImage:
    with Image.open(io.BytesIO(data), formats=tuple(_TYPES)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Refusal(AtMost(RefusalCode.IMAGE_TOO_MANY_PIXELS, most=MOST_PIXELS // 10**6))
        kind = "JPEG" if image.format == "MPO" else str(image.format)  # several JPEGs in one file, as phones write
        wanted = limits.size_for(*image.size) if limits and limits.can_fit(*image.size) else None
        longest = max(wanted) if wanted else LONGEST_SIDE
        # Before it is rotated, and before it is decoded: `draft` decodes a large JPEG at a half, a quarter or an
        # eighth.
        gap = 1.0 if kind == "JPEG" else 2.0  # decode at least this many times larger than needed
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=gap)
        image.load()
        scaled = image.resize(wanted, Image.Resampling.LANCZOS) if wanted and wanted != image.size else image
        upright = _upright(scaled)
        lossless = kind == "WEBP" and data[12:16] == b"VP8L"
        encoded = _encode(upright, kind, lossless=lossless)
        if wanted and limits and limits.max_bytes is not None and len(encoded) > limits.max_bytes:
            upright, kind, encoded = _compressed(upright, kind, limits, limits.max_bytes)
        media_type, suffix = _TYPES[kind]
        return CheckedImage(data=encoded, media_type=media_type, suffix=suffix, size=upright.size)


def _compressed(image: Image.Image, kind: str, limits: PictureLimits, most: int) -> tuple[Image.Image, str, bytes]:
    """Return the image in at most so many bytes, with its type: of a lower quality, and smaller only if that is not enough.

    Raises Refusal `image_too_large` (most, in MB).
    """
    image = _resolved(image)
    if kind == "PNG":
        transparent = "A" in image.getbands() or "transparency" in image.info
        kind = "WEBP" if transparent else "JPEG"
        image = image.convert("RGBA") if transparent else _screen(image)
    while True:
        for quality in (_QUALITY, *_LOWER):
            encoded = _encode(image, kind, lossless=False, quality=quality)
            if len(encoded) <= most:
                return image, kind, encoded
        smaller = _smaller(image, limits)
        if smaller == image.size:
            raise Refusal(AtMost(RefusalCode.IMAGE_TOO_LARGE, most=max(1, most // MEGABYTE)))
        image = image.resize(smaller, Image.Resampling.LANCZOS)


def _smaller(image: Image.Image, limits: PictureLimits) -> tuple[int, int]:
    """Return the next smaller size within the limits; the image's own where there is none."""
    width, height = limits.size_for(*(max(1, math.floor(side * _SMALLER)) for side in image.size))
    return (width, height) if width < image.width and height < image.height else image.size


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - as above; without valid EXIF the picture is not rotated, but whole
        return image.copy()


def fit(source: Path, target: Path, size: str) -> None:
    """Crop `source` around its middle to exactly `size` ("1280x720"), and write it as PNG to `target`.

    The OpenAI-native format refuses anything else: "Inpaint image must match the requested width and height".
    """
    width, height = (int(part) for part in size.split("x"))
    with Image.open(source, formats=tuple(_TYPES)) as image:
        upright = _upright(image)
        upright.info.pop("transparency", None)  # a palette or one bit: no value that red, green and blue could not hold
        ImageOps.fit(_screen(upright), (width, height), Image.Resampling.LANCZOS).save(target, "PNG")


def _screen(image: Image.Image) -> Image.Image:
    """Return the image as 8-bit RGB. A profile of inks or of greys would not apply to it."""
    had = image.mode
    if had.startswith("I"):  # 16-bit grey, which Pillow would clip instead of scaling
        image = image.point(lambda value: value * (1 / 257)).convert("L")  # pyright: ignore[reportUnknownMemberType]
    image = image.convert("RGB")
    if had not in ("RGB", "RGBA", "P"):
        image.info.pop("icc_profile", None)
    return image


def _encode(image: Image.Image, kind: str, *, lossless: bool, quality: int = _QUALITY) -> bytes:
    image = _resolved(image)
    if kind == "JPEG" and image.mode not in ("RGB", "L"):
        image = _screen(image)
    # Transparency is the only other data that the pixels need; everything else that Pillow would write is removed.
    image.info = {name: value for name, value in image.info.items() if name == "transparency" and kind == "PNG"}
    out = io.BytesIO()
    if kind == "PNG":
        image.save(out, kind)
    else:
        image.save(out, kind, quality=quality, lossless=lossless, exif=b"")
    return out.getvalue()


def _resolved(image: Image.Image) -> Image.Image:
    """Convert the colours to sRGB if a profile says that they are different: without it, a phone's picture would look
    pale.

    The profile itself is never kept, because it may hold anything. One that cannot be used is ignored.
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
