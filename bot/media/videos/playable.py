"""Checks whether a downloaded file is a complete, playable video, whatever its name.

It is if the container is complete (`bot.media.videos.containers`), if all packets of the picture can be read, and if they
decode, from first to last, to about the announced length. It is never compared with the order. A long video is decoded
in parts: its beginning, its end and some between. For a codec that this build of FFmpeg does not know, everything but
the decoding is checked: such a video is delivered rather than lost.

FFmpeg reads foreign bytes here, so call it in a worker (`bot.media.workers.worker_pool`), which bounds time and memory.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from av.error import FFmpegError

from bot.media.videos import containers, tracks
from bot.media.videos.containers import CUT, Announced, unusable

if TYPE_CHECKING:
    from av.container.input import InputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LEAST_SIDE, MOST_SIDE, MOST_PIXELS = 8, 8192, 8192 * 4352
MOST_PACKETS = 200_000  # of the picture: an hour at 50 per second
ALL_OF_IT = 500_000_000  # pixels up to which every picture is decoded: a second or two of work
PARTS, PART = 8, 16  # for a longer video: the number of parts between start and end, and the pictures in each
MOST_SECONDS = 15.0  # of processor time for the parts; what is checked until then must suffice
_LESS = 0.1  # of the announced length may be missing: sound that goes on, a last picture that stays, rounding
_BROKEN = 100  # one picture in this many may be damaged
_IN_NALS = ("h264", "hevc")
_ZEROS = 256  # zeros in a row: encoders of these codecs never write so many
_NO_ZEROS = ("h264", "hevc", "vp8", "vp9", "av1", "libdav1d")


def check(path: Path) -> float:
    """Return the seconds of picture. Raises ProviderError RESULT_UNUSABLE; OSError if the file is gone."""
    size = path.stat().st_size
    with path.open("rb") as file:
        announced = containers.read(file, size)
    try:
        return _checked(path, announced)
    except MemoryError:
        raise unusable("it takes too much memory to decode") from None
    except FFmpegError as error:
        raise unusable(f"it cannot be read: {error.strerror}") from error


@contextlib.contextmanager
def opened(path: Path, announced: Announced) -> "Generator[tuple[InputContainer, VideoStream]]":
    """Open a video and choose its picture. Raises ProviderError RESULT_UNUSABLE; FFmpegError where it cannot be read."""
    # The format is given and only files can be read: nothing in the file can make FFmpeg fetch from elsewhere.
    options = {"protocol_whitelist": "file", "max_streams": str(containers.MOST_TRACKS)}
    if announced.form == "mp4":
        options |= {"ignore_editlist": "1", "enable_drefs": "0"}  # read all that is there, not what is shown of it
    with av.open(str(path), "r", format=announced.form, options=options) as given:
        if len(given.streams) > containers.MOST_TRACKS:
            raise unusable("the video has too many tracks")
        picture = tracks.picture_of(given)
        if picture is None:
            raise unusable("there is no picture in it")
        yield given, picture


@dataclass
class _Packets:
    """What there is to decode. keys: where a decoder may begin. Times in seconds."""

    count: int = 0
    first: float = float("inf")
    end: float = 0.0
    gap: float = 0.0
    longest: float = 0.0  # of all tracks
    last: float = 0.0  # when the last of them ends
    keys: list[float] = field(default_factory=list[float])


def _checked(path: Path, announced: Announced) -> float:
    with opened(path, announced) as (given, picture):
        decodable = _decodable(picture)
        if decodable:
            _check_sides(picture.codec_context.width, picture.codec_context.height)
        packets = _read(given, picture)
        _compare(packets, announced, picture)
        pixels = packets.count * picture.codec_context.width * picture.codec_context.height if decodable else 0
    if not decodable:
        return packets.end - packets.first
    shown = _all(path, announced, packets) if pixels <= ALL_OF_IT else _parts(path, announced, packets)
    missing = packets.end - packets.first - shown
    if missing > max(_LESS * (packets.end - packets.first), packets.gap + 0.1):
        raise unusable(f"only {shown:.1f} s of it can be decoded")
    return shown


def _decodable(picture: "VideoStream") -> bool:
    """Return whether this build knows the codec. PyAV's type hints do not say that the context can be None."""
    return cast("VideoCodecContext | None", picture.codec_context) is not None


def _check_sides(width: int, height: int) -> None:
    if min(width, height) < LEAST_SIDE or max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise unusable(f"its picture has {width} × {height} pixels")


def _read(given: "InputContainer", picture: "VideoStream") -> _Packets:
    """Read every packet once; nothing is decoded."""
    found, spans = _Packets(), dict[int, tuple[float, float]]()
    look = _looker(picture)
    usual = float(1 / picture.average_rate) if picture.average_rate else 0.0
    last = None
    for packet in given.demux():
        if packet.dts is None and packet.pts is None:
            continue
        moment = packet.pts if packet.pts is not None else packet.dts
        at = float((moment or 0) * packet.time_base)
        end = at + float((packet.duration or 0) * packet.time_base)
        begins, ends = spans.get(packet.stream_index, (at, end))
        spans[packet.stream_index] = min(begins, at), max(ends, end)
        if packet.stream_index != picture.index:
            continue
        if packet.is_corrupt:
            raise unusable(CUT)
        look(packet)
        found.count += 1
        if found.count > MOST_PACKETS:
            raise unusable("it has too many pictures")
        if packet.is_keyframe:
            found.keys.append(at)
        found.first = min(found.first, at)
        found.end = max(found.end, end if packet.duration else at + usual)
        found.gap = max(found.gap, abs(at - last) if last is not None else 0.0)
        last = at
    if found.count < 2:
        raise unusable("it is a still picture" if found.count else "there is no picture in it")
    found.longest = max(found.end - found.first, *(end - begins for begins, end in spans.values()))
    found.last = max(end for _, end in spans.values())
    return found


def _looker(picture: "VideoStream") -> "Callable[[Packet], None]":
    """Return a function that checks the bytes of a packet: a decoder may not notice a packet that is whole only at its
    start.
    """
    name = picture.codec_context.name if _decodable(picture) else ""
    zeros = bytes(_ZEROS if name in _NO_ZEROS else 0)
    width = _nal_width(name, bytes(picture.codec_context.extradata or b"")) if name in _IN_NALS else 0

    def look(packet: "Packet") -> None:
        data = bytes(packet)
        if (zeros and zeros in data) or (len(data) > 8 and not any(data[:4096])):
            raise unusable("there are zeros where its pictures should be")
        at = 0
        while width and at < len(data):
            length = int.from_bytes(data[at : at + width], "big")
            at += width + length
            if not length or at > len(data):
                raise unusable("its pictures are damaged")

    return look


def _nal_width(name: str, extradata: bytes) -> int:
    """Return how many bytes state the length of each NAL unit; 0 if start codes separate them (ISO 14496-15)."""
    if extradata[:1] != b"\1":
        return 0
    at = 4 if name == "h264" else 21
    return (extradata[at] & 3) + 1 if len(extradata) > at else 0


def _compare(packets: _Packets, announced: Announced, picture: "VideoStream") -> None:
    """Raise if the container announces more than there is."""
    if packets.count < picture.frames * 0.99 - 1:
        raise unusable(CUT)
    own = announced.tracks.get(picture.id, 0.0)
    # Matroska counts from zero, even if the recording begins later.
    whole = max(packets.longest, packets.last) if announced.form == "matroska" else packets.longest
    for stated, found in ((own, packets.end - packets.first), (announced.seconds, whole)):
        slack = _LESS * stated + (min(packets.gap, 2.0))
        if found + slack < stated:
            raise unusable(f"{found:.1f} s of {stated:.1f} s are there")


class _Decoder:
    """Counts decoded pictures.

    Errors before the first picture are allowed: a recording may begin between two key frames.
    """

    def __init__(self, picture: "VideoStream") -> None:
        self.picture = picture
        self.pictures = self.broken = 0
        self.first: float | None = None
        self.last = 0.0
        picture.thread_type = "NONE"
        picture.codec_context.thread_count = 1
        with contextlib.suppress(FFmpegError, ValueError):
            picture.codec_context.options = {"max_pixels": str(MOST_PIXELS)}

    def feed(self, packet: "Packet") -> None:
        try:
            frames = packet.decode()
        except MemoryError:
            raise
        except (FFmpegError, ValueError):
            self.broken += self.first is not None
            return
        for frame in cast("list[VideoFrame]", frames):
            known = cast("float | None", frame.time)
            at = self.last if known is None else known
            self.first = at if self.first is None else min(at, self.first)
            self.last = max(self.last, at)
            self.pictures += 1
            self.broken += frame.is_corrupt

    def check(self, fed: int, most_broken: int) -> None:
        if not self.pictures or self.pictures < 0.75 * fed - 2:  # some codecs have packets without a picture
            raise unusable("its pictures cannot be decoded")
        if self.broken > most_broken:
            raise unusable("its pictures are damaged")


def _all(path: Path, announced: Announced, packets: _Packets) -> float:
    with opened(path, announced) as (given, picture):
        decoder = _Decoder(picture)
        for packet in given.demux(picture):
            decoder.feed(packet)
        decoder.check(packets.count, packets.count // _BROKEN)
        lead = (decoder.first or 0.0) - packets.first
        begins = packets.first if lead < 1.0 else decoder.first or 0.0
        return _until(packets, decoder.last) - begins


def _until(packets: _Packets, last: float) -> float:
    """Return when the last picture ends: with the last packet, unless many are missing before it."""
    return packets.end if packets.end - last <= packets.gap + 0.1 else last


def _parts(path: Path, announced: Announced, packets: _Packets) -> float:
    """Check the beginning, the end from the last point where a decoder may begin, and some parts between."""
    begun = time.process_time()
    keys = sorted(packets.keys)
    middle = keys[1:-1]
    some = middle[:: max(1, len(middle) // PARTS)][:PARTS]
    last = packets.first
    with opened(path, announced) as (given, picture):
        decoder = _Decoder(picture)
        for at in (packets.first, *some, *(keys[-1:] if len(keys) > 1 else [])):
            final = not len(keys) > 1 or at == keys[-1]
            given.seek(int((at + 0.001) / float(picture.time_base or 1)), stream=picture, backward=True)
            picture.codec_context.flush_buffers()
            decoder.first, decoder.pictures, decoder.last, fed = None, 0, 0.0, 0
            for packet in given.demux(picture):
                decoder.feed(packet)
                fed += packet.size > 0
                if (not final and decoder.pictures >= PART) or time.process_time() - begun > MOST_SECONDS:
                    break
            else:
                last = decoder.last
            decoder.check(min(fed, decoder.pictures + 32), PART * PARTS // _BROKEN)
            if time.process_time() - begun > MOST_SECONDS:
                last = packets.end
                break
    return _until(packets, last) - packets.first
