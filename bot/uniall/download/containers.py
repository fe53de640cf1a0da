"""Recognises a video file by its first bytes, never by its name or its declared type.

Promised: ISO base media (MP4, QuickTime), Matroska and WebM are recognised; web pages, and pictures and sound in the
same containers, are not.
"""

from collections.abc import Mapping
from types import MappingProxyType

ENOUGH = 64

_EBML = b"\x1aE\xdf\xa3"
# Brands of pictures and sound that use the same container: AVIF, HEIF and its relatives, M4A, M4B.
_NO_VIDEO = frozenset(
    {
        b"avif",
        b"avis",
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"mif1",
        b"msf1",
        b"M4A ",
        b"M4B ",
        b"crx ",
    }
)
_DOCTYPES: Mapping[bytes, str] = MappingProxyType({b"webm": "video/webm", b"matroska": "video/x-matroska"})


def video_type(head: bytes) -> str | None:
    """Return the media type of a video that begins with `head` (`ENOUGH` bytes suffice), or None."""
    if len(head) >= 12 and head[4:8] == b"ftyp":
        size, brand = int.from_bytes(head[:4], "big"), head[8:12]
        if size < 16 and size not in (0, 1):
            return None
        if brand in _NO_VIDEO:
            return None
        return "video/quicktime" if brand == b"qt  " else "video/mp4"
    if head.startswith(_EBML):
        return next((kind for word, kind in _DOCTYPES.items() if word in head[:ENOUGH]), None)
    return None
