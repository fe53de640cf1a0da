"""Checks a submit in the media format against the page of its model (`sandbox.media_models`).

Promised: `RefusedError` for a field that the model's page does not name or names at another level, for a length, shape or
value that it lacks, a ratio beside pixels, a missing picture, a last picture without a first one, and a picture that the
page says is refused. A shape beside a picture that decides the shape is refused as well: the pages ignore it or do not
assure it, so whoever sends it has promised a shape that may not come. Pure, as `sandbox.orders`.
"""

import io
from collections.abc import Mapping
from typing import Any, cast

from PIL import Image

from sandbox.checks import WIDE, SandboxOrder, check_address, invalid
from sandbox.media_models import MEDIA_MODELS, MediaModel

PICTURES = ("image", "last_image")
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")


def read_media(
    model: str, prompt: str, fields: Mapping[str, Any], now: float, pictures: Mapping[str, bytes]
) -> SandboxOrder:
    """Return the order in the fields of a request. pictures: the files behind `image` and `last_image`, where known."""
    page = MEDIA_MODELS[model]
    _check_names(model, page, fields)
    if len(prompt) > page.prompt_max:
        raise invalid(f"prompt is longer than {page.prompt_max} characters")
    seconds = _seconds(model, page, fields)
    shape = _shape(model, page, fields)
    nested = _nested(fields)
    for name, value in nested.items():
        if not page.nested[name](value):
            raise invalid(f"extra_body.{name} {value!r} is not accepted by {model}")
    for name, check in page.top.items():
        if name in fields and not check(fields[name]):
            raise invalid(f"{name} {fields[name]!r} is not accepted by {model}")
    follows = _check_pictures(model, page, fields, now, pictures)
    switched = nested.get(page.sound_field) if page.sound_field else None
    return SandboxOrder(
        format="media",
        model=model,
        prompt=prompt,
        seconds=seconds,
        shape=shape or follows or WIDE,
        has_image="image" in fields,
        sound=page.sound if switched is None else bool(switched),
    )


def _check_names(model: str, page: MediaModel, fields: Mapping[str, Any]) -> None:
    known = {"model", "prompt", "duration", "image", *page.top}
    known |= {"aspect_ratio"} if page.ratios else set()
    known |= {"size"} if page.sizes or page.tier else set()
    known |= {"last_image"} if page.last else set()
    known |= {"extra_body"} if page.nested else set()
    if foreign := sorted(set(fields) - known):
        raise invalid(f"{foreign[0]} is not a field of {model}")
    if foreign := sorted(set(_nested(fields)) - set(page.nested)):
        raise invalid(f"extra_body.{foreign[0]} is not a field of {model}")
    if empty := [name for name, value in fields.items() if value is None]:
        raise invalid(f"{empty[0]} is null")


def _nested(fields: Mapping[str, Any]) -> dict[str, object]:
    nested: object = fields.get("extra_body", {})
    if not isinstance(nested, dict):
        raise invalid("extra_body is not an object")
    return cast("dict[str, object]", nested)


def _seconds(model: str, page: MediaModel, fields: Mapping[str, Any]) -> int:
    given: object = fields.get("duration", page.default_seconds)
    if given is None:
        raise invalid(f"duration is required by {model}")
    if page.seconds_as_text and isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given)
    if type(given) is not int or given not in page.seconds:
        raise invalid(f"duration {given!r} is not offered by {model}")
    return given


def _shape(model: str, page: MediaModel, fields: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the shape that the request states, None where it states none."""
    ratio, size = fields.get("aspect_ratio"), fields.get("size")
    if ratio is not None and ratio not in page.ratios:
        raise invalid(f"aspect_ratio {ratio!r} is not offered by {model}")
    if size is not None and size not in (*page.tier, *page.sizes.values()):
        raise invalid(f"size {size!r} is not offered by {model}")
    by_pixels = next((shape for shape, pixels in page.sizes.items() if pixels == size), None)
    if ratio is not None and by_pixels is not None:
        raise invalid("aspect_ratio and size state the shape twice")
    stated = ratio or by_pixels
    if stated is not None and page.follows_picture and "image" in fields:
        raise invalid(f"with an image, {model} takes the shape of the image")
    if stated is None:
        return None
    width, _, height = str(stated).partition(":")
    return int(width), int(height)


def _check_pictures(
    model: str, page: MediaModel, fields: Mapping[str, Any], now: float, pictures: Mapping[str, bytes]
) -> tuple[int, int] | None:
    """Check both pictures. Returns the pixels of the first one, None where they are not known."""
    if page.required and "image" not in fields:
        raise invalid(f"image is required by {model}")
    if "last_image" in fields and "image" not in fields:
        raise invalid("last_image requires image")
    pixels: tuple[int, int] | None = None
    for name in PICTURES:
        if name in fields:
            check_address(fields[name], now, name=name)
            if name in pictures:
                measured = _measure(name, page, pictures[name])
                pixels = measured if name == "image" else pixels
    return pixels


def _measure(name: str, page: MediaModel, content: bytes) -> tuple[int, int]:
    """Return the pixels of a picture, after checking it against the model's limits."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            width, height = opened.size
    except (OSError, Image.DecompressionBombError):
        raise invalid(f"{name} is not a JPEG, PNG, WebP or BMP image") from None
    limits = page.picture
    if len(content) > limits.max_bytes:
        raise invalid(f"{name} is larger than {limits.max_bytes // 2**20} MB")
    if min(width, height) < limits.min_side:
        raise invalid(f"{name} is smaller than {limits.min_side} pixels")
    if max(width, height) > limits.max_ratio * min(width, height):
        raise invalid(f"{name} is longer than {limits.max_ratio:g} times its shorter side")
    return width, height
