"""Finds the video stream of a file, ignoring covers and chapter pictures."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container.input import InputContainer
    from av.video.stream import VideoStream

_STILL = ("mjpeg", "png", "bmp", "gif", "tiff", "webp")  # used for covers, and by hardly any video


def picture_of(container: "InputContainer") -> "VideoStream | None":
    """Return the stream that a player would show, or None."""
    from av.stream import Disposition

    shown = [
        stream
        for stream in container.streams.video
        if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
    ]

    def rank(stream: "VideoStream") -> tuple[bool, bool, int]:
        still = stream.frames == 1 or getattr(stream.codec_context, "name", "") in _STILL  # it may be None
        return (not still, bool(stream.disposition & Disposition.default), -stream.index)

    return max(shown, key=rank, default=None)
