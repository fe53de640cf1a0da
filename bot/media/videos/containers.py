"""Reads what a video's container states, without decoding: is the file complete, and how long is it?

MP4 and related formats (ISO 14496-12) are boxes, each preceded by its size. WebM and Matroska (RFC 9559) are nested
elements, each with its size after its id. In a truncated file, one reaches past the end. All reads are bounded.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault

MOST_PARTS = 100_000  # boxes or elements
MOST_INDEX = 64 * 2**20  # bytes of one box that is read into memory
MOST_TRACKS = 64
CUT = "the video is cut short"
_FIRST_BOXES = (b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"moof", b"sidx")
_EBML = b"\x1aE\xdf\xa3"
_LATE = 0.25  # seconds; a first fragment that starts later is not the first


def unusable(why: str) -> ProviderError:
    """Return the error for a file that is not a video, or not a complete one."""
    return ProviderError(Fault.RESULT_UNUSABLE, why)


@dataclass(kw_only=True)
class Announced:
    """Announced lengths. seconds: of the longest track; tracks: of each track, by id. 0 or missing: not stated."""

    form: str  # FFmpeg's name of the format
    seconds: float = 0.0
    tracks: dict[int, float] = field(default_factory=dict[int, float])


def read(file: BinaryIO, size: int) -> Announced:
    """Return what a file announces. Raises ProviderError RESULT_UNUSABLE if it is not a video or not complete."""
    head = file.read(12)
    if head.startswith(_EBML):
        return _matroska(file, size)
    if head[4:8] in _FIRST_BOXES:
        return _mp4(file, size)
    raise unusable("not a video")


# MP4


def _mp4(file: BinaryIO, size: int) -> Announced:
    kinds: set[bytes] = set()
    index: bytes = b""
    closes = False  # whether the index was written after all media
    fragments = _Fragments()
    for kind, at, end in _top_boxes(file, size):
        kinds.add(kind)
        if kind == b"moov" and not index:
            index, closes = _whole(file, at, end), b"mdat" in kinds
        elif kind == b"sidx":
            fragments.sidx(_whole(file, at, end))
        elif kind == b"moof":
            fragments.count += 1
            fragments.first = fragments.first or _whole(file, at, end)
        elif kind == b"mfra":
            fragments.mfra = _whole(file, at, end)
    fragments.ends = bool(kinds & {b"mfra", b"sidx", b"styp"})
    if not kinds & {b"moov", b"mdat", b"moof"}:  # nothing but headers
        raise unusable(CUT)
    if not index:
        raise unusable("the video has no index")
    # A file that was recorded in fragments may still say that fragments can follow, although its index has everything.
    promised = bool(_inner(index, b"mvex")) and not closes
    return _indexed(index, fragments, fragmented=b"moof" in kinds or promised)


def _top_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's type, and the start and end of its content. Raises if one reaches past the end of the file."""
    at = 0
    for _ in range(MOST_PARTS):
        if at + 8 > size:
            return  # a few bytes after a complete video do no harm
        file.seek(at)
        header = file.read(16)
        length, kind, head = int.from_bytes(header[:4], "big"), header[4:8], 8
        if length == 1:
            length, head = int.from_bytes(header[8:16], "big"), 16
        elif length == 0:
            length = size - at  # it extends to the end of the file
        if not all(32 <= letter < 127 or letter == 0xA9 for letter in kind):
            return  # what follows is not a box
        if length < head:
            raise unusable("the video is damaged")
        if at + length > size:
            raise unusable(CUT)
        yield kind, at + head, at + length
        at += length
    raise unusable("the video is in too many pieces")


def _whole(file: BinaryIO, at: int, end: int) -> bytes:
    if end - at > MOST_INDEX:
        raise unusable("the index of the video is too large")
    file.seek(at)
    return file.read(end - at)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes inside one."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and at + 16 <= len(data):
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < head:
            return
        yield kind, data[at + head : at + length]
        at += length


def _inner(data: bytes, *path: bytes) -> bytes:
    """Return the content of the first box along a path; empty if there is none."""
    for name in path:
        data = next((inner for kind, inner in _boxes(data) if kind == name), b"")
    return data


def _long(data: bytes, at: int, *, wide: bool) -> int:
    """Return a number of 64 or 32 bits; 0 if it is missing or means "unknown"."""
    width = 8 if wide else 4
    value = int.from_bytes(data[at : at + width], "big") if at + width <= len(data) else 0
    return 0 if value == (1 << 8 * width) - 1 else value


def _timed(box: bytes) -> tuple[int, float]:
    """Return the time scale and the seconds of an `mvhd` or `mdhd`."""
    wide = box[:1] == b"\1"
    scale = _long(box, 20 if wide else 12, wide=False)
    return scale, _long(box, 24 if wide else 16, wide=wide) / scale if scale else 0.0


def _indexed(index: bytes, fragments: "_Fragments", *, fragmented: bool) -> Announced:
    traks = [inner for kind, inner in _boxes(index) if kind == b"trak"]
    if len(traks) > MOST_TRACKS:
        raise unusable("the video has too many tracks")
    scale, whole = _timed(_inner(index, b"mvhd"))
    found = Announced(form="mp4")
    scales: dict[int, int] = {}
    edited = False
    for trak in traks:
        head = _inner(trak, b"tkhd")
        number = _long(head, 20 if head[:1] == b"\1" else 12, wide=False)
        scales[number], found.tracks[number] = _timed(_inner(trak, b"mdia", b"mdhd"))
        edited = edited or bool(_inner(trak, b"edts", b"elst"))
    found.seconds = max(found.tracks.values(), default=0.0)
    if fragmented:
        mehd = _inner(index, b"mvex", b"mehd")
        more = _long(mehd, 4, wide=mehd[:1] == b"\1") / scale if scale else 0.0
        last = fragments.last(scales, all_in_pieces=not found.seconds)
        found.seconds = max(found.seconds, whole, more, fragments.seconds, last)
        found.tracks = dict.fromkeys(found.tracks, 0.0)  # only what `moov` itself holds, which is not everything
        fragments.check_first(scales)
        # FFmpeg ends a fragmented file with an index of its fragments, unless told not to. Segments have no such index,
        # but each begins with a `styp`. Without either, the last fragment may be the last one: nothing announces
        # another.
        if not fragments.ends and not more and fragments.count < 2 and b"Lavf" in index:
            raise unusable("the video lacks its end")
    elif not edited:  # an edit may repeat media that exists once
        found.seconds = max(found.seconds, whole)
    return found


class _Fragments:
    """What a fragmented file states about its fragments: in `sidx` at their start, and in `mfra` at their end."""

    def __init__(self) -> None:
        self.first = self.mfra = b""
        self.count = 0
        self.ends = True
        self._from, self._to = float("inf"), 0.0

    @property
    def seconds(self) -> float:
        """Return the total length of the fragments in all `sidx`."""
        return max(0.0, self._to - self._from) if self._to else 0.0

    def sidx(self, box: bytes) -> None:
        scale, wide = _long(box, 8, wide=False), box[:1] != b"\0"
        if not scale:
            return
        begins = _long(box, 12, wide=wide)
        at = 30 if wide else 22
        count = int.from_bytes(box[at : at + 2], "big")
        lasts = sum(_long(box, at + 2 + 12 * one + 4, wide=False) for one in range(count))
        self._from, self._to = min(self._from, begins / scale), max(self._to, (begins + lasts) / scale)

    def last(self, scales: dict[int, int], *, all_in_pieces: bool) -> float:
        """Return when the last fragment of any track begins after the first one: a recording may not begin at zero.

        all_in_pieces: the index holds no media itself, so the first fragment is the beginning.
        """
        times = [0.0]
        for kind, box in _boxes(self.mfra):
            scale = scales.get(_long(box, 4, wide=False), 0)
            if kind != b"tfra" or not scale:
                continue
            wide = box[:1] == b"\1"
            sizes = int.from_bytes(box[8:12], "big")
            step = (16 if wide else 8) + sum((sizes >> shift & 3) + 1 for shift in (4, 2, 0))
            count = min(_long(box, 12, wide=False), (len(box) - 16) // step)
            first, last = (_long(box, 16 + step * one, wide=wide) / scale for one in (0, max(0, count - 1)))
            times += [last - (first if all_in_pieces else 0.0)] if count > 0 else []
        return max(times)

    def check_first(self, scales: dict[int, int]) -> None:
        """Raise if the first fragment here is a later one by its number and by its time: the earlier ones are missing."""
        number = _long(_inner(self.first, b"mfhd"), 4, wide=False)
        starts: list[float] = []
        for kind, traf in _boxes(self.first):
            scale = scales.get(_long(_inner(traf, b"tfhd"), 4, wide=False), 0) if kind == b"traf" else 0
            box = _inner(traf, b"tfdt") if scale else b""
            if box:
                starts.append(_long(box, 4, wide=box[:1] == b"\1") / scale)
        if number > 1 and starts and min(starts) > _LATE:
            raise unusable("the video lacks its beginning")


# WebM and Matroska

_SEGMENT, _INFO, _CLUSTER = 0x18538067, 0x1549A966, 0x1F43B675
_SCALE, _DURATION = 0x2AD7B1, 0x4489
_TRAILING = 64  # bytes after a complete video do no harm


def _matroska(file: BinaryIO, size: int) -> Announced:
    found = Announced(form="matroska")
    at, last = 0, size  # of the segment, if known
    for _ in range(MOST_PARTS):
        element = _element(file, at)
        if element is None:
            if last - at > _TRAILING or (at < last < size):
                raise unusable("the video is damaged")
            return found
        name, begins, length = element
        if length is not None and begins + length > size:
            raise unusable(CUT)
        if name == _SEGMENT and length is not None:
            last = begins + length
        if name == _INFO and length is not None and length < MOST_INDEX:
            file.seek(begins)
            found.seconds = found.seconds or _info(file.read(length))
        inside = name in (_SEGMENT, _CLUSTER)
        if length is None and not inside:
            return found
        at = begins if inside else begins + (length or 0)
        if at >= last:
            return found
    return found  # as many parts as a long recording may have


def _element(file: BinaryIO, at: int) -> tuple[int, int, int | None] | None:
    """Return the id of the element, the start of its content, and its length; None means "until another element"."""
    file.seek(at)
    header = file.read(12)
    if not header or not header[0]:
        return None
    named = 9 - header[0].bit_length()
    if named > 4 or len(header) <= named or not header[named]:
        return None
    sized = 9 - header[named].bit_length()
    if len(header) < named + sized:
        return None
    length = int.from_bytes(header[named : named + sized], "big") & ((1 << 7 * sized) - 1)
    unknown = length == (1 << 7 * sized) - 1
    return int.from_bytes(header[:named], "big"), at + named + sized, None if unknown else length


def _info(data: bytes) -> float:
    """Return the length that a segment states, in seconds."""
    scale, lasts, at = 1_000_000, 0.0, 0
    while at + 2 <= len(data):
        named = 9 - data[at].bit_length() if data[at] else 9
        sized = 9 - data[at + named].bit_length() if at + named < len(data) and data[at + named] else 9
        if named > 4 or sized > 8:
            break
        begins = at + named + sized
        length = int.from_bytes(data[at + named : begins], "big") & ((1 << 7 * sized) - 1)
        value = data[begins : begins + length]
        name = int.from_bytes(data[at : at + named], "big")
        if name == _SCALE:
            scale = int.from_bytes(value, "big")
        elif name == _DURATION and length in (4, 8):
            [lasts] = struct.unpack(">f" if length == 4 else ">d", value.rjust(length, b"\0"))
        at = begins + length
    seconds = lasts * scale / 1e9
    return seconds if 0 < seconds < 1e7 else 0.0
