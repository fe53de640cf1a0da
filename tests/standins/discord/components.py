"""Discord's rules for components, and the form in which it gives them back.

`check` promises the limits of `components/reference`: 40 components and 4,000 characters in a card, unique custom
ids of 1 to 100 characters, rows of five, galleries of ten, attachments that exist. `shown` fills in what Discord adds:
sequential ids, defaults, and media turned from `attachment://` into addresses at the CDN.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.standins.discord.errors import invalid_form
from tests.standins.discord.model import walk
from tests.standins.shapes import Json, JsonObject

ROW, BUTTON, SELECTS, SECTION, TEXT, THUMBNAIL = 1, 2, (3, 5, 6, 7, 8), 9, 10, 11
GALLERY, FILE, SEPARATOR, CONTAINER = 12, 13, 14, 17


class Media(NamedTuple):
    """An address resolved: its unfurled form and, for an uploaded file, its name and size in bytes."""

    body: JsonObject
    name: str | None
    size: int | None


_TOP_LEVEL = {ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER}


def check(components: list[JsonObject], *, v2: bool, filenames: set[str]) -> None:
    """Raises the refusal that Discord would send for these components of a message."""
    for index, component in enumerate(components):
        allowed = _TOP_LEVEL if v2 else {ROW}
        if component.get("type") not in allowed:
            text = f'Value of field "type" must be one of {tuple(sorted(allowed))}.'
            raise invalid_form(f"components.{index}.type", "UNION_TYPE_CHOICES", text)
        _check_one(component, f"components.{index}", filenames)
    if not v2 and len(components) > 5:
        raise invalid_form("components", "BASE_TYPE_BAD_LENGTH", "Must be between 0 and 5 in length.")
    parts = list(walk(components))
    if len(parts) > 40:
        raise invalid_form("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "Must be 40 or fewer components.")
    if sum(len(part.get("content") or "") for part in parts if part["type"] == TEXT) > 4000:
        text = "The total displayable text must be 4000 or fewer characters."
        raise invalid_form("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)
    ids = [part["custom_id"] for part in parts if part.get("custom_id") is not None]
    if len(ids) != len(set(ids)):
        raise invalid_form("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _length(value: Json, low: int, high: int, path: str) -> None:
    size = len(value or ())
    if not low <= size <= high:
        raise invalid_form(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")


def _check_one(part: JsonObject, path: str, filenames: set[str]) -> None:
    kind = part["type"]
    if part.get("custom_id") is not None:
        _length(part["custom_id"], 1, 100, f"{path}.custom_id")
    elif kind in SELECTS or (kind == BUTTON and part.get("style") not in (5, 6)):
        raise invalid_form(f"{path}.custom_id", "BASE_TYPE_REQUIRED", "A custom id is required")
    if kind == ROW:
        selects = any(inner["type"] in SELECTS for inner in part.get("components", []))
        _length(part.get("components"), 1, 1 if selects else 5, f"{path}.components")
    elif kind == BUTTON:
        _length(part.get("label"), 0, 80, f"{path}.label")
    elif kind == SECTION:
        _length(part.get("components"), 1, 3, f"{path}.components")
        if not part.get("accessory"):
            raise invalid_form(f"{path}.accessory", "BASE_TYPE_REQUIRED", "This field is required")
    elif kind == TEXT:
        _length(part.get("content"), 1, 4000, f"{path}.content")
    elif kind == GALLERY:
        _length(part.get("items"), 1, 10, f"{path}.items")
        for index, item in enumerate(part["items"]):
            _length(item.get("description"), 0, 1024, f"{path}.items.{index}.description")
            _check_media(item.get("media"), f"{path}.items.{index}.media", filenames)
    elif kind == THUMBNAIL:
        _check_media(part.get("media"), f"{path}.media", filenames)
    elif kind == FILE:
        _check_media(part.get("file"), f"{path}.file", filenames, uploaded=True)
    elif kind == CONTAINER:
        _length(part.get("components"), 1, 40, f"{path}.components")
    for index, inner in enumerate(part.get("components") or []):
        _check_one(inner, f"{path}.components.{index}", filenames)
    if part.get("accessory"):
        _check_one(part["accessory"], f"{path}.accessory", filenames)


def _check_media(media: JsonObject | None, path: str, filenames: set[str], *, uploaded: bool = False) -> None:
    url = str((media or {}).get("url") or "")
    if url.startswith("attachment://"):
        if url.removeprefix("attachment://") not in filenames:
            text = "The referenced attachment was not found"
            raise invalid_form(f"{path}.url", "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", text)
    elif uploaded or not url.startswith(("http://", "https://")):
        raise invalid_form(f"{path}.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")


def shown(components: list[JsonObject], media: Callable[[str], Media]) -> list[JsonObject]:
    """The components of a message as Discord gives them back; `media` resolves one address to its unfurled form."""
    taken = {part["id"] for part in walk(components) if part.get("id")}
    counter = 0

    def next_id() -> int:
        nonlocal counter
        counter += 1
        while counter in taken:
            counter += 1
        return counter

    def one(part: JsonObject) -> JsonObject:
        kind = part["type"]
        out: JsonObject = {"id": part.get("id") or next_id(), **{k: v for k, v in part.items() if k != "id"}}
        if kind == THUMBNAIL:
            out |= {"media": media(part["media"]["url"]).body, "description": part.get("description")}
        elif kind == GALLERY:
            out["items"] = [
                {
                    "media": media(item["media"]["url"]).body,
                    "description": item.get("description"),
                    "spoiler": bool(item.get("spoiler")),
                }
                for item in part["items"]
            ]
        elif kind == FILE:
            file = media(part["file"]["url"])
            out |= {"file": file.body, "name": file.name, "size": file.size}
        elif kind == SEPARATOR:
            out |= {"divider": part.get("divider", True), "spacing": part.get("spacing") or 1}
        elif kind == CONTAINER:
            out["accent_color"] = part.get("accent_color")
        if kind in (THUMBNAIL, FILE, CONTAINER):
            out["spoiler"] = bool(part.get("spoiler"))
        if part.get("components"):
            out["components"] = [one(inner) for inner in part["components"]]
        if part.get("accessory"):
            out["accessory"] = one(part["accessory"])
        return out

    return [one(component) for component in components]
