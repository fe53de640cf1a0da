"""The headers of a resumed download (RFC 9110, sections 13 and 14).

Promised: nothing is resumed without a strong validator, so that two versions of a file are never joined.
"""

import re
from collections.abc import Mapping

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)")


def validator_of(headers: Mapping[str, str]) -> str | None:
    """What If-Range may say: a strong entity tag, else the date of the last change, else None."""
    tag = headers.get("etag", "").strip()
    if len(tag) > 2 and tag.startswith('"') and tag.endswith('"') and tag.isprintable() and tag.isascii():
        return tag
    date = headers.get("last-modified", "").strip()
    return date if not tag and date.endswith("GMT") and date.isprintable() and date.isascii() else None


def begins_at(headers: Mapping[str, str]) -> int | None:
    """Where a 206 answer begins."""
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    return None if match is None else int(match[1])


def total_size(headers: Mapping[str, str], *, partial: bool) -> int | None:
    """The size of the whole file, or None where the answer does not tell."""
    if partial:
        match = _RANGE.fullmatch(headers.get("content-range", "").strip())
        return None if match is None or match[3] == "*" else int(match[3])
    length = headers.get("content-length", "").strip()
    return int(length) if length.isascii() and length.isdigit() and len(length) <= 15 else None
