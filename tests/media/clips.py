"""Clips that do not compress, and what is in a file: for everything that shrinks."""

import io
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

FPS = 12
RATE = 48_000
QUICK = {"mp4": {"preset": "ultrafast"}, "webm": {"deadline": "realtime", "cpu-used": "8"}}


class Seen(NamedTuple):
    """A file, decoded to its end. left, right: how bright the halves of its last picture are. sound: its channels."""

    codec: str
    pixels: str
    size: tuple[int, int]
    pictures: int
    seconds: float
    left: float
    right: float
    sound: int | None
    heard: float


@cache
def noisy(
    seconds: int = 2,
    size: tuple[int, int] = (640, 360),
    *,
    bits: int = 2_000_000,
    sound: str | None = "mono",
    kind: str = "mp4",
    front: bool = False,
) -> bytes:
    """Noise on the left, black on the right, so that it is as large as it is told to be, and shows which way round it is.

    front: its table of contents comes first, so that the beginning alone can be decoded.
    """
    chance = Random(7)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        with av.open(path, "w", format=kind, options={"movflags": "faststart"} if front else {}) as out:
            # The `Unknown`s that pyright meets here are untyped keywords in the stubs of PyAV.
            picture = out.add_stream("libx264" if kind == "mp4" else "libvpx", rate=FPS, options=QUICK[kind])  # pyright: ignore[reportUnknownMemberType]
            picture.width, picture.height, picture.pix_fmt, picture.bit_rate = *size, "yuv420p", bits
            tone = out.add_stream("aac" if kind == "mp4" else "libopus", rate=RATE, layout=sound) if sound else None  # pyright: ignore[reportUnknownMemberType]
            for index in range(seconds * FPS):
                frame = cast("VideoFrame", VideoFrame.from_image(_picture(size, chance)))  # pyright: ignore[reportUnknownMemberType]
                frame.pts, frame.time_base = index, Fraction(1, FPS)
                out.mux(picture.encode(frame))
            for start in range(0, seconds * RATE if tone else 0, 960):
                out.mux(cast(Any, tone).encode(_hiss(start, sound or "", chance)))
            for stream in (picture, tone):
                if stream:
                    out.mux(stream.encode(None))
        return path.read_bytes()


def _picture(size: tuple[int, int], chance: Random) -> Image.Image:
    half = (size[0] // 2, size[1])
    grains = (half[0] // 4, half[1] // 4)
    noise = Image.frombytes("L", grains, chance.randbytes(grains[0] * grains[1])).resize(half, Image.Resampling.NEAREST)  # pyright: ignore[reportUnknownMemberType]
    whole = Image.new("RGB", size)
    whole.paste(noise, (0, 0))
    return whole


def _hiss(start: int, layout: str, chance: Random) -> AudioFrame:
    frame = AudioFrame(format="s16", layout=layout, samples=960)
    frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
    frame.planes[0].update(chance.randbytes(frame.planes[0].buffer_size))
    return frame


def padded(clip: bytes, size: int) -> bytes:
    """The same clip in a file of so many bytes: a box that says it is free."""
    spare = size - len(clip)
    return clip + spare.to_bytes(4, "big") + b"free" + bytes(spare - 8)


def damaged(clip: bytes) -> bytes:
    """Whole boxes, and nothing in them that could be decoded."""
    at = clip.index(b"mdat") + 4
    length = int.from_bytes(clip[at - 8 : at - 4], "big") - 8
    return clip[:at] + bytes(length) + clip[at + length :]


def seen(data: bytes) -> Seen:
    """What a player would show."""
    pictures, heard, last = 0, 0, None
    with av.open(io.BytesIO(data), "r") as file:
        picture = file.streams.video[0]
        tone = file.streams.audio[0] if file.streams.audio else None
        for frame in file.decode(*(stream for stream in (picture, tone) if stream)):
            if isinstance(frame, VideoFrame):
                pictures, last = pictures + 1, frame
            elif isinstance(frame, AudioFrame):
                heard += frame.samples
        assert last is not None
        shown = cast("Image.Image", last.to_image()).convert("L")  # pyright: ignore[reportUnknownMemberType]
        middle = shown.width // 2
        return Seen(
            codec=picture.codec_context.name,
            pixels=str(picture.codec_context.pix_fmt),
            size=(picture.codec_context.width, picture.codec_context.height),
            pictures=pictures,
            seconds=last.time + 1 / FPS,
            left=_brightness(shown.crop((0, 0, middle, shown.height))),
            right=_brightness(shown.crop((middle, 0, shown.width, shown.height))),
            sound=tone.codec_context.channels if tone else None,
            heard=heard / tone.codec_context.sample_rate if tone else 0.0,
        )


def _brightness(image: Image.Image) -> float:
    return sum(count * level for level, count in enumerate(image.histogram())) / (image.width * image.height)
