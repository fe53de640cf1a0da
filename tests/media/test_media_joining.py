"""Joining: every frame of every part, in order; the sound at its place; what cannot be joined leaves nothing behind."""

import errno
import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import av
import pytest
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from PIL import Image, ImageChops, ImageStat

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault
from bot.media.files.budget import Budget
from bot.media.files.folder import LocalMediaFolder
from bot.media.videos import join
from tests.media.clips import damaged

RATE = 48_000


def clip(
    count: int, *, size: tuple[int, int] = (160, 90), fps: int = 12, sound: bool = True, hue: int = 0, kind: str = "mp4"
) -> bytes:
    """A clip whose every picture is its own: a bar that grows from frame to frame, over a colour of the clip."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        codec, options = ("libx264", {"crf": "4"}) if kind == "mp4" else ("libvpx", {"deadline": "realtime"})
        with av.open(path, "w", format=kind) as out:
            picture = out.add_stream(codec, rate=fps, options=options)  # pyright: ignore[reportUnknownMemberType]
            picture.width, picture.height, picture.pix_fmt, picture.bit_rate = *size, "yuv420p", 2_000_000
            tone = out.add_stream("aac", rate=RATE, layout="mono") if sound else None  # pyright: ignore[reportUnknownMemberType]
            for index in range(count):
                shown = Image.new("HSV", size, (hue, 150, 120)).convert("RGB")
                shown.paste((240, 240, 240), (0, 0, size[0] * (index + 1) // count, size[1] // 2))
                frame = cast("VideoFrame", VideoFrame.from_image(shown))  # pyright: ignore[reportUnknownMemberType]
                frame.pts, frame.time_base = index, Fraction(1, fps)
                out.mux(picture.encode(frame))
            for start in range(0, count * RATE // fps if tone else 0, 800):
                out.mux(cast(Any, tone).encode(_loud(start, 800)))
            for stream in (picture, tone):
                if stream:
                    out.mux(stream.encode(None))
        return path.read_bytes()


def _loud(start: int, samples: int) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="mono", samples=samples)
    frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
    wave = b"".join((6000 if at // 60 % 2 else -6000).to_bytes(2, "little", signed=True) for at in range(samples))
    frame.planes[0].update(wave.ljust(frame.planes[0].buffer_size, b"\0"))
    return frame


def pictures(data: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(data), "r") as file:
        return [cast("Image.Image", frame.to_image()) for frame in file.decode(video=0)]  # pyright: ignore[reportUnknownMemberType]


def packets(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data), "r") as file:
        return [bytes(packet) for packet in file.demux(video=0) if packet.size]


def loudness(data: bytes, begins: float, ends: float) -> float:
    """How loud it is between two times: the mean of the samples."""
    found: list[int] = []
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(data), "r") as file:
        for frame in file.decode(audio=0):
            for piece in resampler.resample(frame):
                at = float(frame.time or 0)
                if begins <= at and at + piece.samples / RATE <= ends:
                    found += memoryview(bytes(piece.planes[0])[: 2 * piece.samples]).cast("h")
    return sum(map(abs, found)) / max(1, len(found))


def fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in a frame of another shape, as a whole, with black bars."""
    scale = min(size[0] / image.width, size[1] / image.height)
    inner = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    whole = Image.new("RGB", size)
    whole.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return whole


def check_frames(joined: bytes, parts: Sequence[bytes], *, most: float) -> None:
    """The joined video has exactly the frames of its parts, in order, each like its original."""
    size = pictures(parts[0])[0].size
    wanted = [fitted(picture, size) for part in parts for picture in pictures(part)]
    found = pictures(joined)
    assert len(found) == len(wanted)
    for at, (one, other) in enumerate(zip(found, wanted, strict=True)):
        assert max(ImageStat.Stat(ImageChops.difference(one, other)).mean) <= most, f"frame {at}"


@pytest.fixture
def folder(tmp_path: Path) -> LocalMediaFolder:
    return LocalMediaFolder(tmp_path / "media")


async def joined(folder: LocalMediaFolder, parts: Sequence[bytes]) -> bytes:
    folder.root.mkdir(exist_ok=True)
    paths = [await folder.keep_file(f"{at}.mp4", part) for at, part in enumerate(parts)]
    video = await folder.join(paths, "joined.mp4")
    data = folder.path("joined.mp4").read_bytes()
    assert (video.size, video.media_type) == (len(data), "video/mp4")
    assert data.index(b"moov") < data.index(b"mdat"), "it must play while it loads"
    assert not list(folder.root.glob("*.part"))
    return data


async def test_five_clips_of_two_models_are_joined_frame_by_frame_with_silence_where_one_has_no_sound(
    folder: LocalMediaFolder,
) -> None:
    parts = [
        clip(12),
        clip(24, size=(120, 160), fps=24, hue=60),
        clip(6, sound=False, hue=120),
        clip(12, fps=12, hue=180),
        clip(10, size=(320, 180), fps=10, hue=220),
    ]
    data = await joined(folder, parts)
    check_frames(data, parts, most=12)
    seconds = [1.0, 1.0, 0.5, 1.0, 1.0]
    at = 0.0
    for number, length in enumerate(seconds):
        heard = loudness(data, at + 0.1, at + length - 0.1)
        assert heard < 200 if number == 2 else heard > 3000, f"part {number}: {heard}"
        at += length
    assert await folder.check_video(folder.path("joined.mp4")) == pytest.approx(4.5, abs=0.05)


@pytest.mark.parametrize("sound", [True, False])
async def test_clips_that_agree_are_copied(folder: LocalMediaFolder, *, sound: bool) -> None:
    parts = [clip(12, sound=sound), clip(18, hue=90, sound=sound), clip(12, hue=180, sound=sound)]
    data = await joined(folder, parts)
    assert packets(data) == [packet for part in parts for packet in packets(part)]
    check_frames(data, parts, most=0)
    if sound:
        assert all(loudness(data, at + 0.1, at + 0.9) > 3000 for at in (0, 1, 2.5))


async def test_what_cannot_be_joined_leaves_nothing_behind(tmp_path: Path, folder: LocalMediaFolder) -> None:
    for bad in (damaged(clip(12)), b"no video", b""):
        with pytest.raises((ProviderError, OSError)):
            await joined(folder, [clip(12), bad])
        assert sorted(path.name for path in folder.root.iterdir()) == ["0.mp4", "1.mp4"]
    full = LocalMediaFolder(tmp_path / "media", Budget(most=10**9, free=lambda _: 10**8 + 1000))
    with pytest.raises(OSError, match="no room") as none:
        await joined(full, [clip(12), clip(12)])
    assert none.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match=r".+"):  # it grows beyond what it may use
        await join.join([folder.path("0.mp4")] * 3, folder.path("joined.mp4"), 2000)
    assert not folder.path("joined.mp4").exists()


@pytest.mark.parametrize("kind", ["mp4", "webm"])
async def test_the_last_frame_is_that_of_the_player_in_full_size(folder: LocalMediaFolder, kind: str) -> None:
    folder.root.mkdir()
    data = clip(30, size=(320, 180), sound=False, kind=kind)
    path = await folder.keep_file("clip.mp4", data)
    picture, size = await folder.last_frame(path)
    found = Image.open(io.BytesIO(picture)).convert("RGB")
    assert found.size == size == (320, 180)
    assert max(ImageStat.Stat(ImageChops.difference(found, pictures(data)[-1])).mean) < 1
    for bad in (b"", b"no video", data[:200]):
        with pytest.raises(ProviderError) as unusable:
            await folder.last_frame(await folder.keep_file("bad.mp4", bad))
        assert unusable.value.fault == Fault.RESULT_UNUSABLE
