"""Clips of every making, whole and spoilt: what a check of videos must take, and what it must not."""

import io
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import av
from av.audio.frame import AudioFrame
from av.stream import Disposition
from av.video.frame import VideoFrame
from PIL import Image

from tests.media.conftest import stored

FPS, SIZE = 12, (64, 48)
PIECES = "frag_keyframe+empty_moov+default_base_moof"


@cache
def film(
    codec: str = "libx264",
    kind: str = "mp4",
    *,
    pictures: int = 24,
    flags: str = "",
    options: tuple[tuple[str, str], ...] = (),
    size: tuple[int, int] = SIZE,
    pixels: str = "yuv420p",
    sound: float = 0.0,
    uneven: bool = False,
    every: int = 6,
    cover: bool = False,
    live: bool = False,
    full: bool = False,
    begins: int = 0,
) -> bytes:
    """Noise, two seconds of it. begins: the number of its first picture. every: pictures from one key frame to the next.
    cover: a red picture before it, as stream 0.

    live: written as to a peer that cannot be rewound. full: levels over the full range, all of one orange.
    """
    live_out = _Live()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film"  # `faststart` fails on bytes
        _write(
            live_out if live else path,
            codec,
            kind,
            flags,
            options,
            size,
            pixels,
            pictures,
            sound,
            every,
            uneven,
            cover,
            full,
            begins,
        )
        return live_out.getvalue() if live else path.read_bytes()


def _write(
    out: Any,
    codec: str,
    kind: str,
    flags: str,
    options: tuple[tuple[str, str], ...],
    size: tuple[int, int],
    pixels: str,
    pictures: int,
    sound: float,
    every: int,
    uneven: bool,
    cover: bool,
    full: bool,
    begins: int,
) -> None:
    quick = {"libvpx": {"deadline": "realtime"}, "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}}.get(codec, {})
    muxing = {"movflags": flags} if flags else {}
    if begins:  # the times stay as they are
        muxing["avoid_negative_ts"] = "disabled"
    with av.open(out, "w", format=kind, options=muxing) as container:
        # The `Unknown`s that pyright meets here are untyped keywords in the stubs of PyAV.
        front = cast(Any, container.add_stream("mjpeg", rate=1)) if cover else None  # pyright: ignore[reportUnknownMemberType]
        stream = cast(Any, container.add_stream(codec, rate=FPS, options=quick | dict(options)))  # pyright: ignore[reportUnknownMemberType]
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.gop_size = every
        if full:
            stream.codec_context.color_range = 2
        tone = cast(Any, container.add_stream("aac" if kind == "mp4" else "libopus", rate=48_000)) if sound else None  # pyright: ignore[reportUnknownMemberType]
        if front:
            front.width, front.height, front.pix_fmt = 320, 200, "yuvj420p"
            front.disposition = Disposition.attached_pic.value
            container.mux(front.encode(_timed(Image.new("RGB", (320, 200), "red"), 0, Fraction(1))))
        for index in range(pictures):
            frame = cast(Any, _orange(size, pixels) if full else VideoFrame.from_image(_noise(size, index)))  # pyright: ignore[reportUnknownMemberType]
            frame.pts, frame.time_base = begins + (index * index // 4 + index if uneven else index), Fraction(1, FPS)
            container.mux(stream.encode(frame))
        for at in range(0, int(sound * 48_000), 960):
            container.mux(cast(Any, tone).encode(_silence(at)))
        for each in (front, stream, tone):
            if each:
                container.mux(each.encode(None))


def _silence(at: int) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="stereo", samples=960)
    frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    return frame


def _noise(size: tuple[int, int], seed: int) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(seed).randbytes(size[0] * size[1] * 3))


def _orange(size: tuple[int, int], pixels: str) -> VideoFrame:
    frame = VideoFrame(*size, pixels)
    for plane, level in zip(frame.planes, (120, 90, 200), strict=True):
        plane.update(bytes([level]) * plane.buffer_size)
    frame.color_range = 2
    return frame


def _timed(image: Image.Image, at: int, base: Fraction) -> VideoFrame:
    frame = cast("VideoFrame", VideoFrame.from_image(image))  # pyright: ignore[reportUnknownMemberType]
    frame.pts, frame.time_base = at, base
    return frame


class _Live(io.RawIOBase):
    def __init__(self) -> None:
        self._data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._data += bytes(data)
        return len(bytes(data))

    def getvalue(self) -> bytes:
        return bytes(self._data)


@cache
def tone() -> bytes:
    """An MP4 of sound alone."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = cast(Any, container.add_stream("aac", rate=48_000))  # pyright: ignore[reportUnknownMemberType]
        for at in range(0, 48_000, 960):
            container.mux(stream.encode(_silence(at)))
        container.mux(stream.encode(None))
    return out.getvalue()


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind of each box of an MP4, and all of its bytes."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at : at + length]
        at += length


def without(data: bytes, *kinds: bytes) -> bytes:
    """An MP4 without its boxes of these kinds."""
    return b"".join(box for kind, box in boxes(data) if kind not in kinds)


def pieces(data: bytes, keep: Callable[[int], bool], *, end: bool = False) -> bytes:
    """A fragmented MP4 with only those of its fragments, counted from 1; end: and the index at its end."""
    count, out = 0, b""
    for kind, box in boxes(data):
        count += kind == b"moof"
        if kind == b"mfra" and not end:
            continue
        out += box if kind not in (b"moof", b"mdat") or keep(count) else b""
    return out


def zeroed(data: bytes, part: float = 0.1, at: float = 0.5) -> bytes:
    """With zeros in place of a part of it, as a download that left a hole."""
    size, begin = int(len(data) * part), int(len(data) * at)
    return data[:begin] + bytes(size) + data[begin + size :]


def media_at(data: bytes) -> int:
    """Where the box with the media begins."""
    return data.index(b"mdat") - 4


def crowded(data: bytes, tracks: int) -> bytes:
    """The same MP4 with so many tracks more."""
    moov = next(box for kind, box in boxes(data) if kind == b"moov")
    trak = next(box for kind, box in boxes(moov[8:]) if kind == b"trak")
    more = moov[8:] + trak * tracks
    return data.replace(moov, (len(more) + 8).to_bytes(4, "big") + b"moov" + more)


def turned(data: bytes) -> bytes:
    """The same MP4, to be shown a quarter further clockwise: by the matrix of its track (ISO 14496-12, 8.3.2)."""
    at = data.index(b"tkhd") + 4 + 40
    one, none, minus = (value.to_bytes(4, "big", signed=True) for value in (1 << 16, 0, -(1 << 16)))
    return data[:at] + none + one + none + minus + none + none + data[at + 24 :]


def later(data: bytes, kind: bytes) -> bytes:
    """The same MP4 that says of itself, in `mvhd` or `mdhd`, that it is ten times as long."""
    at = data.index(kind) + 4 + 16
    return data[:at] + (int.from_bytes(data[at : at + 4], "big") * 10).to_bytes(4, "big") + data[at + 4 :]


def still(kind: str) -> bytes:
    """A picture, which somebody calls a video."""
    return stored(Image.new("RGB", SIZE), kind)
