"""The headers of a resumed download (RFC 9110, sections 13 and 14).

Promised: nothing is resumed without a strong validator, so that two versions of a file are never joined.
"""

import re
from collections.abc import Mapping

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)")


def validator_of(headers: Mapping[str, str]) -> str | None:
    """Return the value for If-Range: a strong entity tag, else the date of the last change, else None."""
    tag = headers.get("etag", "").strip()
    if len(tag) > 2 and tag.startswith('"') and tag.endswith('"') and tag.isprintable() and tag.isascii():
        return tag
    date = headers.get("last-modified", "").strip()
    return date if not tag and date.endswith("GMT") and date.isprintable() and date.isascii() else None


def begins_at(headers: Mapping[str, str]) -> int | None:
    """Return the position where a 206 answer begins."""
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    return None if match is None else int(match[1])


def is_whole(headers: Mapping[str, str], *, range_requested: bool) -> bool:
    """Return whether a 206 answer holds the whole file.

    range_requested: then an answer that does not state its range may be any part.
    """
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None:
        return not range_requested and "content-range" not in headers
    return int(match[1]) == 0 and (match[3] == "*" or int(match[2]) + 1 == int(match[3]))


def total_size(headers: Mapping[str, str], *, partial: bool) -> int | None:
    """Return the size of the whole file, or None if the answer does not state it."""
    if partial:
        match = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if match is not None and match[3] != "*":
            return int(match[3])
        if match is not None and match[1] != "0":
            return None
    length = headers.get("content-length", "").strip()
    return int(length) if length.isascii() and length.isdigit() and len(length) <= 15 else None
