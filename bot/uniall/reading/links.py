"""Finds the addresses of a finished job's video: every web address in its body, the most likely first.

Promised: the known places of a link come first and in that order, then every other address.
Addresses that look like a picture or a page come last. Addresses that are not a result (cancel, callback, the request's
own image) are never requested. In a list of jobs, only the job asked about counts.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.uniall.network.jsontext import parse
from bot.uniall.network.shapes import Json, as_list, as_object, as_text
from bot.uniall.reading.layers import Layer, fold, layers_of

# In this order, inside every layer.
LINKS: tuple[tuple[str | int, ...], ...] = (
    ("video_url",),
    ("url",),
    ("result", "video_url"),
    ("result", "outputs", 0),
    ("result_url",),
    ("output", "url"),
    ("output", "video_url"),
    ("video", "url"),
    ("metadata", "url"),
    ("content", "video_url"),
    ("task_result", "videos", 0, "url"),
    ("detail", "url"),
)

_LONGEST = 16_384
_MOST = 12
_DEEPEST = 8
_LOOKED_AT = 5_000
_ITEMS = 200
# A name that contains one of these is not a result: a request there could even do something.
_NO_RESULT = (
    *("callback", "webhook", "notify", "cancel", "delete", "status", "docs", "support", "prompt", "input", "request"),
    *(
        "param",
        "reference",
        "image",
        "avatar",
        "logo",
        "icon",
        "error",
        "message",
        "account",
        "user",
        "audio",
        "caption",
    ),
    *("subtitle", "billing", "profile", "homepage", "upgrade", "firstframe", "pollurl", "pollingurl", "geturl", "stop"),
)
_NEVER = frozenset(
    {"get", "self", "next", "prev", "first", "last", "stream", "web", "href", "failreason", "id", "model"}
)
_BESIDE = ("cover", "thumb", "poster", "preview", "snapshot", "sprite", "lastframe", "gif", "still")
_NO_VIDEO = (
    *(".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".bmp", ".svg", ".json", ".html", ".htm", ".txt", ".vtt"),
    *(".srt", ".mp3", ".wav", ".m4a", ".m3u8", ".mpd", ".zip"),
)


def links_in(body: object, job_id: str, *, origin: str = "") -> tuple[str, ...]:
    """Return every address of a job that succeeded, in the order to try them.

    origin: the base for a path in place of a link.
    """
    found: dict[str, bool] = {}  # by address: whether its place belongs to something beside the video
    layers = layers_of(body, job_id)
    for layer in layers:
        for place in LINKS:
            for address in _addresses(_at(layer, place), origin):
                found.setdefault(address, False)
    for address, beside in _walk(body, job_id):
        found.setdefault(address, beside)
    # Older relays put the address there on success; on failure the same field holds the reason.
    for layer in layers:
        for address in _addresses(layer.fields.get("failreason")):
            found.setdefault(address, False)
    return tuple(sorted(found, key=lambda address: found[address] or _is_no_video(address))[:_MOST])


def _at(layer: Layer, place: tuple[str | int, ...]) -> object:
    value: object = layer.raw
    for step in place:
        if isinstance(step, str):
            inside = as_object(value)
            value = None if inside is None else Layer(inside).fields.get(fold(step))
        else:
            items = as_list(value)
            value = items[step] if items else None
    return value


def _addresses(value: object, origin: str = "") -> list[str]:
    items = as_list(value) or [value]
    return [address for item in items[:_ITEMS] if (address := address_in(_whole(item, origin))) is not None]


def _whole(value: object, origin: str) -> object:
    """Return a path at the gateway as an address."""
    text = (as_text(value) or "").strip()
    if not origin or not text.startswith("/"):
        return value
    return origin.partition("//")[0] + text if text.startswith("//") else origin + text


def _walk(body: object, job_id: str) -> Iterator[tuple[str, bool]]:
    """Yield every other address, outer ones before inner ones, and whether its place is for a cover or a preview."""
    row: list[tuple[object, bool]] = [(body, False)]
    looked = 0
    for _ in range(_DEEPEST):
        following: list[tuple[object, bool]] = []
        for value, beside in row:
            looked += 1
            if looked > _LOOKED_AT:
                return
            if (address := address_in(value)) is not None:
                yield address, beside
            following += [(inside, beside or fold_beside) for inside, fold_beside in _inside(value, job_id)]
        row = following


def _inside(value: object, job_id: str) -> list[tuple[object, bool]]:
    """Return what a value holds, and whether its name is that of a picture."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        value = parse(value)
    if (items := as_list(value)) is not None:
        mine = [item for item in items if (raw := as_object(item)) is not None and Layer(raw).own_id == job_id]
        return [(item, False) for item in (mine or items)[:_ITEMS]]
    whole: Json = as_object(value) or {}
    found: list[tuple[object, bool]] = []
    for key, inside in whole.items():
        name = fold(key)
        if name not in _NEVER and not any(part in name for part in _NO_RESULT):
            found.append((inside, any(part in name for part in _BESIDE)))
    return found


def address_in(value: object) -> str | None:
    """Return the value if it is a web address."""
    text = (as_text(value) or "").strip()
    if not text.casefold().startswith(("http://", "https://")) or len(text) > _LONGEST:
        return None
    if any(character.isspace() or not character.isprintable() for character in text):
        return None
    try:
        return text if urlsplit(text).hostname else None
    except ValueError:
        return None


def _is_no_video(address: str) -> bool:
    return urlsplit(address).path.casefold().endswith(_NO_VIDEO)
