"""Renders a short real clip that shows its prompt, in place of a model's video.

Promised: H.264 (yuv420p, 12 frames a second) of exactly the requested length and shape, as many pixels as 640×360, with a
quiet tone or without sound; the size and rate that SimCord's page re-encodes fastest. The same
prompt gives the same picture.
`render_clip` is synchronous: run it in a thread, so that the event loop is not blocked.
"""

import colorsys
import math
import tempfile
import zlib
from array import array
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.output import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, ImageFilter

from sandbox.lettering import Font, draw_text, load_font

FPS = 12
PIXELS = 640 * 360
LONGEST_RATIO = 4  # of a picture that a model takes; the text needs some height
RATE = 44_100
_CODEC_FRAME = 1024  # samples that AAC encodes at a time
_ACCENT = (255, 255, 255, 235)


def frame_size(shape: tuple[int, int]) -> tuple[int, int]:
    """Return width and height for a shape, such as (16, 9) or the pixels of a picture.

    Both can be divided by four: the encoder needs even pixels, and the background has a quarter of them.
    """
    ratio = min(max(Fraction(*shape), Fraction(1, LONGEST_RATIO)), Fraction(LONGEST_RATIO))
    unit = _by_four(math.sqrt(PIXELS / (ratio.numerator * ratio.denominator)))
    if unit:
        return unit * ratio.numerator, unit * ratio.denominator
    return _by_four(math.sqrt(PIXELS * ratio)), _by_four(math.sqrt(PIXELS / ratio))


def _by_four(pixels: float) -> int:
    return 4 * round(pixels / 4)


def render_clip(*, prompt: str, seconds: int, shape: tuple[int, int], label: str, sound: bool = True) -> bytes:
    """Return the finished MP4. shape: width to height. label: small print in the corner, such as the model's id."""
    size = frame_size(shape)
    with tempfile.TemporaryDirectory(prefix="sora-clip-") as folder:
        path = Path(folder) / "clip.mp4"
        # faststart rewrites the beginning of the file, which a BytesIO does not survive.
        with av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as out:
            # The `Unknown` types that pyright reports here are untyped keywords in the stubs of PyAV and Pillow.
            picture = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "24"})  # pyright: ignore[reportUnknownMemberType]
            picture.width, picture.height = size
            picture.pix_fmt = "yuv420p"
            picture.codec_context.thread_count = 1
            track = None
            if sound:
                track = out.add_stream("aac", rate=RATE, layout="mono")  # pyright: ignore[reportUnknownMemberType]
                track.bit_rate = 48_000
            _write(out, picture, track, _frames(prompt, seconds, size, label), seconds)
        return path.read_bytes()


def still(*, prompt: str, seconds: int, shape: tuple[int, int], label: str, at: float = 0.5) -> Image.Image:
    """Return one frame of the clip; `at` is its position, 0 to 1."""
    size = frame_size(shape)
    index = min(seconds * FPS - 1, int(at * seconds * FPS))
    return next(image for i, image in enumerate(_frames(prompt, seconds, size, label)) if i == index)


def _write(
    out: OutputContainer,
    picture: VideoStream,
    sound: AudioStream | None,
    frames: Iterator[Image.Image],
    seconds: int,
) -> None:
    """Write picture and sound in turns of one second, so that the file plays while it loads."""
    tone = array("f") if sound is None else _tone(seconds)
    for index, image in enumerate(frames):
        if sound is not None and index % FPS == 0:
            _write_tone(out, sound, tone, first=index // FPS * RATE, last=(index // FPS + 1) * RATE)
        frame = cast("VideoFrame", VideoFrame.from_image(image))  # pyright: ignore[reportUnknownMemberType]
        frame.pts, frame.time_base = index, Fraction(1, FPS)
        out.mux(picture.encode(frame))
    out.mux(picture.encode(None))
    if sound is not None:
        out.mux(sound.encode(None))


@lru_cache(maxsize=1)
def _beat() -> "array[float]":
    """Return one second of a soft chord; whole hertz, so that it repeats without a click."""
    chord = ((220, 0.012), (277, 0.008), (330, 0.008))
    turn = 2 * math.pi / RATE
    return array("f", (sum(loud * math.sin(hertz * turn * i) for hertz, loud in chord) for i in range(RATE)))


def _tone(seconds: int) -> "array[float]":
    """Return the chord, fading in and out, as proof of a sound track.

    It is one codec frame shorter than the clip, because the codec's own delay would make the file longer than
    requested.
    """
    tone = (_beat() * seconds)[: seconds * RATE - _CODEC_FRAME]
    fade = RATE // 4
    for i in range(fade):
        tone[i] *= i / fade
        tone[-1 - i] *= i / fade
    return tone


def _write_tone(out: OutputContainer, sound: AudioStream, tone: "array[float]", *, first: int, last: int) -> None:
    for start in range(first, min(last, len(tone)), _CODEC_FRAME):
        part = tone[start : min(start + _CODEC_FRAME, last, len(tone))]
        frame = AudioFrame(format="fltp", layout="mono", samples=len(part))
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        plane = frame.planes[0]
        plane.update(part.tobytes().ljust(plane.buffer_size, b"\0"))
        out.mux(sound.encode(frame))


def _frames(prompt: str, seconds: int, size: tuple[int, int], label: str) -> Iterator[Image.Image]:
    width, height = size
    sky = _sky(prompt, size)
    text = _text_layer(prompt, size, f"{label} · {seconds} s")
    total = seconds * FPS
    spare_x, spare_y = sky.width - width // 4, sky.height - height // 4
    small = load_font("latin", 13)
    for index in range(total):
        turn = 2 * math.pi * index / max(total, 8 * FPS)
        x = spare_x * (0.5 + 0.5 * math.sin(turn))
        y = spare_y * (0.5 + 0.5 * math.cos(turn * 0.8))
        view = (x, y, x + width / 4, y + height / 4)
        frame = sky.resize(size, Image.Resampling.BICUBIC, view)  # pyright: ignore[reportUnknownMemberType]
        frame.paste(text, (0, 0), text)
        _draw_clock(frame, index, total, small)
        yield frame


def _draw_clock(frame: Image.Image, index: int, total: int, font: Font) -> None:
    """Draw the elapsed time, and a line along the lower edge that reaches the right side with the last frame."""
    width, height = frame.size
    draw = ImageDraw.Draw(frame)
    end = width * (index + 1) / total
    draw.rectangle((0, height - 5, width, height), fill=(20, 20, 34))
    draw.rectangle((0, height - 5, end, height), fill=_ACCENT[:3])
    if index % 12 < 6:
        draw.ellipse((width - 30, 16, width - 20, 26), fill=(255, 82, 82))
    draw.text((width - 18, height - 16), f"{index / FPS:.1f} s", font=font, fill=_ACCENT[:3], anchor="rs")


def _sky(prompt: str, size: tuple[int, int]) -> Image.Image:
    """Return a blurred field of colour, at a quarter of the clip's resolution and twice its extent; each frame shows a
    part.
    """
    chance = Random(zlib.crc32(prompt.encode()))  # noqa: S311 - a picture, not a secret
    width, height = size[0] // 2, size[1] // 2
    base = chance.random()
    sky = Image.new("RGB", (width, height), _colour(base, 0.7, 0.26))
    draw = ImageDraw.Draw(sky)
    for number in range(26):
        radius = chance.uniform(0.12, 0.34) * min(width, height)
        x, y = chance.uniform(0, width), chance.uniform(0, height)
        hue = base + chance.choice((0.0, 0.08, 0.16, 0.5)) + chance.uniform(-0.03, 0.03)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=_colour(hue, 0.72, 0.3 + 0.5 * (number % 5) / 5)
        )
    return sky.filter(ImageFilter.GaussianBlur(min(width, height) / 9))


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _text_layer(prompt: str, size: tuple[int, int], small_print: str) -> Image.Image:
    """Return everything that does not move: the prompt over its own soft shadow, and the small print."""
    width, height = size
    margin = width // 11
    words = Image.new("RGBA", size, (255, 255, 255, 0))
    draw_text(words, prompt, (margin, 42, width - margin, height - 46))
    draw = ImageDraw.Draw(words)
    small = load_font("latin", 13)
    draw.text((18, height - 16), small_print, font=small, fill=_ACCENT, anchor="ls")
    draw.text((18, 26), "UniAll stand-in", font=small, fill=(255, 255, 255, 190), anchor="ls")
    shade = Image.new("RGBA", size, (10, 10, 24, 70))
    darker = [min(255, a * 13 // 10) for a in range(256)]
    shadow = words.getchannel("A").filter(ImageFilter.GaussianBlur(5)).point(darker)  # pyright: ignore[reportUnknownMemberType]
    shade.paste((10, 10, 24, 190), (0, 0), shadow)
    return Image.alpha_composite(shade, words)
