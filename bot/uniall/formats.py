"""The request formats of UniAll as a table, and the request body for an order.

Promised: a request has only fields of its own format, and those that `Order.extra` adds for one model, which cannot
replace them. An order with a field of another format raises ValueError and is never sent. Rests on
`docs/sources.md`, the video API and models besides Sora.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from bot.domain.provider import OWN_FIELDS, Extra, Format, Order

# The media types that the pages name. The file name that is sent is made from the type, never from the path on this
# disk.
IMAGE_ENDINGS: Mapping[str, str] = MappingProxyType({"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One format: where it submits, where it can be polled (best first), and the field name for each part of an order.

    names_links: whether a finished job comes with a link; if not, `/content` has the video.
    """

    submit: str
    polls: tuple[str, ...]
    fields: Mapping[str, str]
    names_links: bool = True


DIALECTS: Mapping[Format, Dialect] = MappingProxyType(
    {
        Format.TASK: Dialect(
            submit="/v1/video/generations",
            polls=("/v1/videos/{id}", "/v1/video/generations/{id}"),
            fields=MappingProxyType({"seconds": "duration", "ratio": "aspect_ratio", "image_url": "image_url"}),
        ),
        Format.VIDEOS: Dialect(
            submit="/v1/videos/generations",
            polls=("/v1/videos/{id}", "/v1/videos/generations/{id}"),
            fields=MappingProxyType(
                {
                    "seconds": "duration",
                    "ratio": "aspect_ratio",
                    "resolution": "resolution",
                    "image_url": "image_url",
                }
            ),
        ),
        Format.OPENAI: Dialect(
            submit="/v1/videos",
            polls=("/v1/videos/{id}",),
            fields=MappingProxyType({"seconds": "seconds", "size": "size", "image_file": "input_reference"}),
            names_links=False,
        ),
        Format.MEDIA: Dialect(
            submit="/v1/video/generations",
            polls=("/v1/videos/{id}", "/v1/video/generations/{id}", "/v1/videos/generations/{id}"),
            fields=MappingProxyType(
                {
                    "seconds": "duration",
                    "ratio": "aspect_ratio",
                    "size": "size",
                    "image_url": "image",
                    "end_image_url": "last_image",
                }
            ),
        ),
    }
)

LONGEST_ID = 2_000  # characters; some gateways put whole records into an id
_OPTIONAL = ("seconds", "ratio", "resolution", "size", "image_url", "image_file", "end_image_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a request: `json`, or form fields and files for a multipart request."""

    path: str
    json: Mapping[str, Any] | None = None
    data: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None


@lru_cache(maxsize=512)
def poll_paths(form: Format, job_id: str) -> tuple[str, ...]:
    """Return every path where a job of this format can be polled, best first. Raises ValueError for a malformed id."""
    if not job_id.strip() or job_id.strip(".") == "" or not is_id(job_id):
        raise ValueError("not a job id")
    return tuple(path.format(id=quote(job_id, safe="")) for path in DIALECTS[form].polls)


def is_id(text: str) -> bool:
    """Return whether a text can be an id: any text that fits into an address (no lone surrogates, no dot segments)."""
    if not text.strip() or not text.strip(".") or len(text) > LONGEST_ID:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


async def body_of(order: Order) -> Body:
    """Return the request body of an order.

    Raises ValueError for an order that mixes formats, OSError if its image is gone.
    """
    _check(order)
    dialect = DIALECTS[order.format]
    fields: dict[str, Any] = {"model": order.model, "prompt": order.prompt}
    if order.format is Format.VIDEOS:
        fields["generation_mode"] = "reference_image_to_video" if order.image_url else "text_to_video"
        fields["video_count"] = 1
    for name, theirs in dialect.fields.items():
        value = getattr(order, name)
        if value is not None and name != "image_file":
            fields[theirs] = value
    for name, value in order.extra.items():
        if name in OWN_FIELDS[order.format] or name in fields:
            raise ValueError(f"{name} is a field of the {order.format} format itself")
        fields[name] = _plain(value)
    if order.format is not Format.OPENAI:
        return Body(path=dialect.submit, json=fields)
    if order.seconds is not None:
        fields["seconds"] = str(order.seconds)  # a number is refused here: section 2, "Length"
    if order.image_file is None or order.image_type is None:
        return Body(path=dialect.submit, json=fields)
    content = await asyncio.to_thread(order.image_file.read_bytes)
    name = f"reference.{IMAGE_ENDINGS[order.image_type]}"
    return Body(path=dialect.submit, data=fields, files={"input_reference": (name, content, order.image_type)})


def _plain(value: Extra) -> object:
    """Return a value of `Order.extra` as JSON has it: a read-only mapping becomes an object."""
    return {name: _plain(inside) for name, inside in value.items()} if isinstance(value, Mapping) else value


def _check(order: Order) -> None:
    if not order.model.strip() or not order.prompt.strip():
        raise ValueError("an order needs a model and a prompt")
    foreign = [
        name for name in _OPTIONAL if getattr(order, name) is not None and name not in DIALECTS[order.format].fields
    ]
    if foreign:
        raise ValueError(f"the {order.format} format has no place for {', '.join(foreign)}")
    if (order.image_file is None) != (order.image_type is None):
        raise ValueError("image_file and image_type belong together")
    if order.image_type is not None and order.image_type not in IMAGE_ENDINGS:
        raise ValueError("image_type must be one of " + ", ".join(IMAGE_ENDINGS))
    for url in (order.image_url, order.end_image_url):
        if url is not None and not url.strip():
            raise ValueError("the address of an image is blank")
    if order.end_image_url is not None and order.image_url is None:
        raise ValueError("a last image needs a first one")
    if order.size is not None and order.ratio is not None:
        raise ValueError("an order has a ratio or a size, not both")
    if order.size is not None and "*" in order.size and order.format is not Format.MEDIA:
        raise ValueError(f"the {order.format} format writes sizes as 1280x720")
    if order.extra and order.format is Format.OPENAI:
        raise ValueError("the openai format has no place for extra fields")
