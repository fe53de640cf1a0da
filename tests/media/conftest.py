"""Pictures and clips, made here: nothing binary lies in the repository."""

import io
import resource
import struct
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from bot.domain.refusals.refusal import Refusal
from bot.media.pictures import images

RED, BLUE = (200, 30, 30), (30, 30, 200)
ORIENTATION, GPS = 0x0112, 0x8825


def stored(image: Image.Image, kind: str, **options: Any) -> bytes:
    """An image as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """The image in the bytes, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def plain(width: int = 60, height: int = 40, mode: str = "RGB", colour: Any = None) -> Image.Image:
    return Image.new(mode, (width, height), colour if colour is not None else RED if mode == "RGB" else 100)


def halves(width: int = 60, height: int = 40) -> Image.Image:
    """Red on the left, blue on the right: shows which way up it is."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def exif(orientation: int = 1) -> Image.Exif:
    """EXIF as a phone writes it: a maker, a place, and which way up."""
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags[0x010F] = "SecretMaker"
    tags.get_ifd(GPS).update({1: "N", 2: (43.0, 14.0, 15.0)})
    return tags


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def declared(width: int, height: int) -> bytes:
    """A small PNG file that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def code(data: bytes) -> str:
    """Why an image is refused."""
    with pytest.raises(Refusal) as caught:
        images.check(data)
    return caught.value.code


@cache
def clip(kind: str = "mp4", flags: str = "") -> bytes:
    """A second of video in a container."""
    codec = "libvpx" if kind == "webm" else "libx264"
    options = {"movflags": flags} if flags else {}
    with (
        TemporaryDirectory() as folder,
        av.open(out := Path(folder) / "clip", "w", format=kind, options=options) as container,
    ):
        # The `Unknown`s that pyright meets here are untyped keywords in the stubs of PyAV.
        stream = container.add_stream(codec, rate=12)  # pyright: ignore[reportUnknownMemberType]
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(12):
            frame = cast("VideoFrame", VideoFrame.from_image(plain(64, 48, colour=(index * 20, 90, 90))))  # pyright: ignore[reportUnknownMemberType]
            frame.pts, frame.time_base = index, Fraction(1, 12)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        container.close()
        return out.read_bytes()


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[bytes], Path]:
    """Puts bytes into a file named .mp4."""

    def write(data: bytes) -> Path:
        path = tmp_path / "video.mp4"
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def no_file_over() -> Iterator[Callable[[int], None]]:
    """Lets this process write no file beyond so many bytes: the system then refuses as a full disk would, half-way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
