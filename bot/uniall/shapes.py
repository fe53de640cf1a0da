"""Foreign JSON, looked at without trust.

Promised: no bytes and no JSON whatsoever make these functions raise; what does not fit is None.
"""

import json
import math
from typing import cast

Json = dict[str, object]


def parse(raw: bytes | str) -> object:
    """The parsed JSON, or None for anything that is not JSON (as for JSON's own null)."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):  # broken text, broken encoding, a number too long, nesting too deep
        return None


def as_object(value: object) -> Json | None:
    """The value if it is a JSON object."""
    return cast("Json", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """The value if it is a JSON array."""
    return cast("list[object]", value) if isinstance(value, list) else None


def as_text(value: object) -> str | None:
    """The value if it is a text with anything in it; lone surrogates are replaced."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.encode("utf-8", "replace").decode()


def as_number(value: object) -> float | None:
    """A finite number, also where it came as text or with a percent sign."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().removesuffix("%")) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_int(value: object) -> int | None:
    """A whole number, also where it came as text or as a float."""
    number = as_number(value)
    return None if number is None else int(number)


def dig(value: object, path: tuple[str | int, ...]) -> object:
    """What lies at a path of keys and positions, or None."""
    for step in path:
        if isinstance(step, str):
            inside = as_object(value)
            value = None if inside is None else inside.get(step)
        else:
            items = as_list(value)
            value = items[step] if items is not None and step < len(items) else None
    return value
