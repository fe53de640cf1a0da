"""Reads untrusted JSON values; `bot.uniall.network.jsontext` parses them.

Promised: no JSON makes these functions raise; a value of another type gives None. A number becomes a time or a size
only within bounds that this program can handle.
"""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

Json = dict[str, object]


def as_object(value: object) -> Json | None:
    """Return the value if it is a JSON object."""
    return cast("Json", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """Return the value if it is a JSON array."""
    return cast("list[object]", value) if isinstance(value, list) else None


def is_container(value: object) -> bool:
    """Return whether the value is a JSON object or array."""
    return isinstance(value, dict | list)


def as_text(value: object) -> str | None:
    """Return the value if it is a non-empty text; lone surrogates are replaced."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.encode("utf-8", "replace").decode()


def as_number(value: object) -> float | None:
    """Return a finite number, also from text or with a percent sign."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().removesuffix("%")) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_int(value: object, *, most: int) -> int | None:
    """Return a whole number from 0 to `most`, also from text or a float."""
    number = as_number(value)
    return int(number) if number is not None and 0 <= number <= most else None


_FIRST, _LAST = 946_684_800, 4_102_444_800  # the years 2000 to 2100
_SCALES = (1, 1_000, 1_000_000, 1_000_000_000)


def as_epoch(value: object) -> int | None:
    """Return seconds since the epoch if the value is a time between 2000 and 2100.

    Accepts seconds, milli-, micro- and nanoseconds, as a number or as text, and dates in ISO 8601 or mail format.
    """
    number = as_number(value)
    if number is not None:
        return next((int(number / scale) for scale in _SCALES if _FIRST <= number / scale < _LAST), None)
    text = as_text(value)
    return None if text is None else _epoch_of(text.strip()[:64])


def _epoch_of(text: str) -> int | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = read(text)
            seconds = (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError, OSError):
            continue
        return int(seconds) if _FIRST <= seconds < _LAST else None
    return None


def dig(value: object, path: tuple[str | int, ...]) -> object:
    """Return the value at a path of keys and indexes, or None."""
    for step in path:
        if isinstance(step, str):
            inside = as_object(value)
            value = None if inside is None else inside.get(step)
        else:
            items = as_list(value)
            value = items[step] if items is not None and step < len(items) else None
    return value
