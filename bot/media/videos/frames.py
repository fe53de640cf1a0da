"""Takes the last frame of a video, as a picture in a file: of its full size, upright, with the colours that a player shows.

FFmpeg decodes foreign bytes here, so call it in a worker (`bot.media.workers.worker_pool`), which bounds time and memory.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, cast

from av.error import FFmpegError

from bot.media.pictures.image_size import MOST_BYTES
from bot.media.videos.containers import unusable
from bot.media.videos.encoding import TURNS, CannotEncode, graph_of, opened, scaled, shown_size, turn_of
from bot.media.videos.playable import MOST_PIXELS, MOST_SIDE

if TYPE_CHECKING:
    from av.container.input import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

_NEAR_END = 1.0  # seconds; where the last key frame is asked for
_JPEG = 95  # the quality, where a lossless picture would be larger than a picture may be


def last_frame(path: Path) -> tuple[bytes, tuple[int, int]]:
    """Return the last picture that a player shows, as PNG or JPEG, and its width and height.

    Raises ProviderError RESULT_UNUSABLE if there is none that can be decoded; OSError if the file is gone.
    """
    if not path.stat().st_size:
        raise unusable("the file is empty")
    try:
        return _last_frame(path)
    except CannotEncode as error:
        raise unusable(str(error)) from error
    except FFmpegError as error:
        raise unusable(f"it cannot be read: {error.strerror}") from error


def _last_frame(path: Path) -> tuple[bytes, tuple[int, int]]:
    for near_end in (True, False):
        with opened(path) as (given, picture):
            width, height = picture.codec_context.width, picture.codec_context.height
            if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
                raise unusable(f"its picture has {width} × {height} pixels")
            frame = _last(given, picture, near_end=near_end)
            if frame is not None:
                return _encoded(_shown(frame, picture))
    raise unusable("no picture of it can be decoded")


def _last(given: "InputContainer", picture: "VideoStream", *, near_end: bool) -> "VideoFrame | None":
    """Return the last frame. near_end: read from the last key frame on; None if that shows nothing."""
    if near_end:
        if not given.duration:
            return None
        at = max(0, given.duration - round(_NEAR_END * 1_000_000))
        given.seek(at + (given.start_time or 0), backward=True)
    last: VideoFrame | None = None
    for packet in given.demux(picture):
        try:
            frames = cast("list[VideoFrame]", packet.decode())
        except FFmpegError:  # one damaged picture is no reason to show none
            continue
        for frame in frames:
            if not frame.is_corrupt and (last is None or frame.time >= last.time):
                last = frame
    return last


def _shown(frame: "VideoFrame", picture: "VideoStream") -> "Image":
    """Return the frame as a player shows it."""
    turn = turn_of(frame)
    width, height = shown_size(picture, turn)
    if turn in (90, 270):
        width, height = height, width  # it is scaled before it is turned
    graph = graph_of(frame, (scaled(frame, width, height, levels="pc"), ("format", "rgb24"), *TURNS[turn]))
    graph.push(frame)
    return cast("Image", cast("VideoFrame", graph.pull()).to_image())  # pyright: ignore[reportUnknownMemberType]


def _encoded(image: "Image") -> tuple[bytes, tuple[int, int]]:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    if out.tell() > MOST_BYTES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=_JPEG)
    return out.getvalue(), image.size
