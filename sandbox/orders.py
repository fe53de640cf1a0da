"""Checks a submit as UniAll does, in each of the four formats, with UniAll's refusals.

Promised: `read_order` accepts what the two UniAll pages describe, and
raises `RefusedError` for what they call an error: unknown ids, lengths and shapes that conflict with an id, a field of
another format, an image that the model could not reach or that has the wrong size in pixels. The media format shares
its path with the task format, and the model decides between them (`sandbox.media_orders`). Pure: no network, and no
clock but the time it receives.
"""

import io
import re
from collections.abc import Mapping
from typing import Any, cast

from PIL import Image

from sandbox.checks import TALL, WIDE, RefusedError, SandboxOrder, check_address, invalid
from sandbox.media_models import MEDIA_MODELS
from sandbox.media_orders import read_media

SUFFIX_ID = re.compile(r"sora2-(landscape|portrait)-(4|8|12)s")
TASK_IDS = (
    *(f"sora2-{shape}-{seconds}s" for shape in ("landscape", "portrait") for seconds in (4, 8, 12)),
    *("sora2-pro-720p", "sora2-pro-1080p", "sora2-pro-true-1080p"),
)
VIDEOS_IDS = {
    "sora2": {"720p"},
    "sora2-pro-720p": {"720p"},
    "sora2-pro-1080p": {"1080p", "true_1080p"},
}
OPENAI_IDS = {
    "sora-2": {"720x1280", "1280x720"},
    "sora-2-pro": {"720x1280", "1280x720", "1024x1792", "1792x1024"},
}
MODELS = (*TASK_IDS, "sora2", *OPENAI_IDS, *MEDIA_MODELS)

DURATIONS = {4, 8, 12, 16, 20}
RATIOS = {"16:9", "9:16"}
LONGEST_PROMPT = 32_000
FIELDS = {
    "task": {"model", "prompt", "image_url", "aspect_ratio", "duration"},
    "videos": {
        *("model", "prompt", "generation_mode", "image_url", "duration", "aspect_ratio", "resolution", "video_count"),
    },
    "openai": {"model", "prompt", "seconds", "size", "input_reference"},
}
_SERVED = {"task": TASK_IDS, "videos": tuple(VIDEOS_IDS), "openai": tuple(OPENAI_IDS)}


def format_of(format_: str, model: object) -> str:
    """Return the format of a submit to the path of `format_`."""
    return "media" if format_ == "task" and isinstance(model, str) and model in MEDIA_MODELS else format_


def read_order(
    format_: str,
    fields: Mapping[str, Any],
    image: bytes | None,
    now: float,
    pictures: Mapping[str, bytes] | None = None,
) -> SandboxOrder:
    """Return the order in the fields of a request.

    format_: that of the path. image: bytes of an uploaded `input_reference`. now: epoch seconds. pictures: the files
    behind the addresses in the fields of a media submit, as far as they are known.
    """
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise RefusedError(400, "missing_model", "field model is required")
    if model not in MODELS:
        text = f"No available channel for model {model} under group default (distributor)"
        raise RefusedError(503, "model_not_found", text, middleware=True)
    format_ = format_of(format_, model)
    if format_ != "media" and (foreign := sorted(set(fields) - FIELDS[format_])):
        raise invalid(f"{foreign[0]} is not a field of this endpoint")
    if format_ != "media" and model not in _SERVED[format_]:
        raise invalid(f"model {model} is not served by this endpoint")
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise invalid("prompt is required")
    if len(prompt) > LONGEST_PROMPT:
        raise invalid(f"prompt is longer than {LONGEST_PROMPT} characters")
    if format_ == "media":
        return read_media(model, prompt, fields, now, pictures or {})
    if format_ == "openai":
        return _read_openai(model, prompt, fields, image, now)
    if format_ == "videos":
        return _read_videos(model, prompt, fields, now)
    return _read_task(model, prompt, fields, now)


def _read_task(model: str, prompt: str, fields: Mapping[str, Any], now: float) -> SandboxOrder:
    seconds, ratio = _duration(fields, text_too=True), _ratio(fields)
    if match := SUFFIX_ID.fullmatch(model):
        own_seconds, own_ratio = int(match[2]), "9:16" if match[1] == "portrait" else "16:9"
        if seconds not in (None, own_seconds):
            raise invalid(f"duration {seconds} conflicts with model {model}")
        if ratio not in (None, own_ratio):
            raise invalid(f"aspect_ratio {ratio} conflicts with model {model}")
        seconds, ratio = own_seconds, own_ratio
    has_image = fields.get("image_url") is not None
    if has_image:
        check_address(fields["image_url"], now)
    return SandboxOrder(
        format="task",
        model=model,
        prompt=prompt,
        seconds=seconds or 4,
        shape=TALL if ratio == "9:16" else WIDE,
        has_image=has_image,
    )


def _read_videos(model: str, prompt: str, fields: Mapping[str, Any], now: float) -> SandboxOrder:
    seconds, ratio = _duration(fields, text_too=False), _ratio(fields)
    resolution = fields.get("resolution")
    if resolution is not None and resolution not in VIDEOS_IDS[model]:
        raise invalid(f"resolution {resolution} is not offered by {model}")
    if fields.get("video_count", 1) != 1:
        raise invalid("video_count is fixed at 1")
    has_image = fields.get("image_url") is not None
    mode = fields.get("generation_mode", "reference_image_to_video" if has_image else "text_to_video")
    if mode not in ("text_to_video", "reference_image_to_video"):
        raise invalid(f"generation_mode {mode} is not supported")
    if has_image != (mode == "reference_image_to_video"):
        raise invalid(f"generation_mode {mode} {'forbids' if has_image else 'requires'} image_url")
    if has_image:
        check_address(fields["image_url"], now)
    return SandboxOrder(
        format="videos",
        model=model,
        prompt=prompt,
        seconds=seconds or 4,
        shape=TALL if ratio == "9:16" else WIDE,
        has_image=has_image,
    )


def _read_openai(model: str, prompt: str, fields: Mapping[str, Any], image: bytes | None, now: float) -> SandboxOrder:
    seconds = fields.get("seconds", "4")
    if not isinstance(seconds, str):
        raise invalid("json: cannot unmarshal number into Go struct field TaskSubmitReq.seconds of type string")
    if seconds not in ("4", "8", "12"):
        raise invalid(f"seconds {seconds} is not one of 4, 8, 12")
    size = fields.get("size", "720x1280")
    if size not in OPENAI_IDS[model]:
        raise RefusedError(400, "invalid_size", f"size {size} is not supported by {model}")
    reference = fields.get("input_reference")
    if image is not None:
        _check_pixels(image, size)
    elif reference is not None:
        _check_reference(reference, now)
    width, height = map(int, size.split("x"))
    return SandboxOrder(
        format="openai",
        model=model,
        prompt=prompt,
        seconds=int(seconds),
        shape=(width, height),
        size=size,
        has_image=image is not None or reference is not None,
    )


def _duration(fields: Mapping[str, Any], *, text_too: bool) -> int | None:
    given: object = fields.get("duration")
    if given is None:
        return None
    if text_too and isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or given not in DURATIONS:
        raise invalid(f"duration {given!r} is not one of 4, 8, 12, 16, 20")
    return given


def _ratio(fields: Mapping[str, Any]) -> str | None:
    ratio = fields.get("aspect_ratio")
    if ratio is not None and ratio not in RATIOS:
        raise invalid(f"aspect_ratio {ratio!r} is not one of 16:9, 9:16")
    return ratio


def _check_reference(reference: object, now: float) -> None:
    """Check the JSON form of `input_reference`: an object with exactly one of `image_url` and `file_id`."""
    given = cast("dict[str, object]", reference) if isinstance(reference, dict) else {}
    if set(given) == {"image_url"}:
        check_address(given["image_url"], now)
    elif set(given) == {"file_id"}:
        raise invalid("input_reference.file_id names no file")
    else:
        raise invalid("input_reference takes exactly one of image_url and file_id")


def _check_pixels(image: bytes, size: str) -> None:
    try:
        with Image.open(io.BytesIO(image), formats=("PNG", "JPEG", "WEBP")) as opened:
            pixels = f"{opened.width}x{opened.height}"
    except (OSError, Image.DecompressionBombError):
        raise invalid("input_reference is not a JPEG, PNG or WebP image") from None
    if pixels != size:
        raise invalid("Inpaint image must match the requested width and height")
