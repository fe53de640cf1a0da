"""Whether a downloaded file is a whole video, told from its container, not from its name.

MP4 and its kin (ISO 14496-12) are a row of boxes, each with its size in front: a file cut short has a box that reaches
past its end. WebM and Matroska begin with an EBML mark. Nothing is decoded, so a check of any length takes no time.
"""

from pathlib import Path

from bot.domain.errors import ProviderError
from bot.domain.jobs import Fault

_KNOWN_BOXES = frozenset(
    name.encode()
    for name in ("ftyp", "moov", "mdat", "moof", "free", "skip", "wide", "uuid", "meta", "sidx", "styp", "mfra")
)
_EBML = b"\x1aE\xdf\xa3"


def check(path: Path) -> None:
    """Raises ProviderError RESULT_UNUSABLE where this is no video, or not all of one."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head.startswith(_EBML):
            return
        if head[4:8] not in (b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            raise ProviderError(Fault.RESULT_UNUSABLE, "not a video")
        at = 0
        kinds: set[bytes] = set()
        while at + 8 <= size:
            file.seek(at)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if header[4:8] not in _KNOWN_BOXES or length == 0:
                return  # an unknown box, or one that runs to the end of the file
            if at + length > size:
                raise ProviderError(Fault.RESULT_UNUSABLE, "the video is cut short")
            if length < 8:
                raise ProviderError(Fault.RESULT_UNUSABLE, "the video is damaged")
            kinds.add(header[4:8])
            at += length
        if not kinds & {b"moov", b"mdat", b"moof"}:  # nothing but headings
            raise ProviderError(Fault.RESULT_UNUSABLE, "the video is cut short")
