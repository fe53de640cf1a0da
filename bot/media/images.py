"""Reference images: known by their content, bounded before they are decoded, upright, without metadata.

What a video API takes is PNG, JPEG or WebP (`seeds/`, `facts/video-api.md` section 2). A file name or a declared type
proves nothing. Everything here is CPU work on bytes: call it in a thread.
"""

import io
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from bot.domain.errors import Refusal
from bot.domain.ports import CheckedImage

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2048  # more than any offered video shows
_TYPES = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp")}
_METADATA = ("exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment")


def check(data: bytes) -> CheckedImage:
    """The image, upright and bounded; its very bytes where nothing had to change.

    Raises Refusal `image_empty`, `image_too_large` (most, in MB), `image_too_many_pixels` (most, in megapixels) or
    `image_not_an_image`.
    """
    if not data:
        raise Refusal("image_empty")
    if len(data) > MOST_BYTES:
        raise Refusal("image_too_large", most=MOST_BYTES // 2**20)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of is refused or dropped here
            return _checked(data)
    except Refusal:
        raise
    except Image.DecompressionBombError as error:
        raise Refusal("image_too_many_pixels", most=MOST_PIXELS // 10**6) from error
    except Exception as error:  # a broken file may raise anything from OSError to struct.error
        raise Refusal("image_not_an_image") from error


def _checked(data: bytes) -> CheckedImage:
    with Image.open(io.BytesIO(data), formats=tuple(_TYPES)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Refusal("image_too_many_pixels", most=MOST_PIXELS // 10**6)
        kind = "JPEG" if image.format == "MPO" else str(image.format)  # several JPEGs in one file, as phones write
        image.load()
        media_type, suffix = _TYPES[kind]
        still = kind == image.format and not getattr(image, "is_animated", False)
        bare = not any(name in image.info for name in _METADATA) and not getattr(image, "text", None)
        if still and bare and max(image.size) <= LONGEST_SIDE:
            return CheckedImage(data=data, media_type=media_type, suffix=suffix)
        upright = _upright(image)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        return CheckedImage(data=_encode(upright, kind), media_type=media_type, suffix=suffix)


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


def _encode(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "JPEG" and image.mode not in ("RGB", "L"):
        image = _screen(image)
    for name in _METADATA:
        image.info.pop(name, None)
    profile = image.info.get("icc_profile")  # without it the colours of a phone's picture would fade
    image.save(out, kind, quality=92, icc_profile=profile, **({"exif": b""} if kind != "PNG" else {}))
    return out.getvalue()
