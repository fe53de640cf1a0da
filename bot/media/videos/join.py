"""Joins videos into one MP4, in a process of its own (`python -m bot.media.videos.join`).

Promised: every frame of every part, in order, none twice; each part's sound at its place, and silence where it has none.
The target is whole or absent, and not larger than allowed. Pictures are copied where all parts have the same codec, size
and headers, else all are encoded once: scaled into the shape of the first part, with black bars. Frames keep their
times, so parts of different rates stay as fast as they were. Sound is copied where all parts have the same, as long as
their pictures, else encoded once. FFmpeg decodes foreign bytes here; if it crashes, it crashes alone.
"""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.media.videos.encoding import (
    BT709,
    ENCODERS,
    RGB,
    TURNS,
    USUAL,
    CannotEncode,
    graph_of,
    opened,
    rate_of,
    run_encoder,
    scaled,
    serve,
    threads,
)
from bot.media.videos.joined_sound import SoundTrack, copied_sound
from bot.media.videos.parts import Part, inspected
from bot.system.files import part_of, put_in_place

try:
    import resource
except ImportError:  # Windows
    resource = None

if TYPE_CHECKING:
    from av.container.output import OutputContainer
    from av.filter import Graph
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

DEADLINE = 600.0  # seconds
LONGEST = 900  # seconds of all parts together
MOST_SIDE = 1920  # pixels; larger first parts are encoded at this
_COPIED = ("h264", "hevc", "vp9")  # codecs that an MP4 may carry as they are
_QUALITY = {"libx264": {"crf": "18"}}
_BITS = 0.3  # a second for each pixel of a frame a second, for an encoder without a quality
_TICKS = 90_000  # a second: pictures keep their times, evenly spaced or not


async def join(sources: Sequence[Path], target: Path, most: int, *, deadline: float = DEADLINE) -> None:
    """Write the videos one after the other to `target`, with at most `most` bytes, without blocking the event loop.

    Raises CannotEncode; OSError if the disk or this machine is the cause, which may pass. When cancelled, it ends the
    process first.
    """
    try:
        await run_encoder("bot.media.videos.join", deadline, str(target), str(most), *map(str, sources))
    except BaseException:
        part_of(target).unlink(missing_ok=True)
        raise


def make(sources: Sequence[Path], target: Path, most: int) -> None:
    """Do the work, without a time limit. Raises CannotEncode, OSError, or an error of FFmpeg."""
    import av

    parts = [inspected(source) for source in sources]
    if sum(part.seconds for part in parts) > LONGEST:
        raise CannotEncode(f"together they are longer than {LONGEST} s")
    part_file = part_of(target)
    if resource:  # beyond it, a write fails as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    with av.open(str(part_file), "w", format="mp4", options={"movflags": "faststart"}) as out:
        _write(out, parts)
    put_in_place(part_file, target)


def _write(out: "OutputContainer", parts: Sequence[Part]) -> None:
    copies = parts[0].codec in _COPIED and len({part.picture for part in parts}) == 1 and all(p.copyable for p in parts)
    heard = any(part.sound for part in parts)
    copies_sound = heard and copied_sound(parts)
    starts = [Fraction(0), *accumulate(part.seconds for part in parts)]
    with ExitStack() as stack:
        template, picture = stack.enter_context(opened(parts[0].path))
        track = out.add_stream_from_template(picture) if copies else _encoder(out, parts[0], picture)  # pyright: ignore[reportUnknownMemberType]
        sound = SoundTrack.of(out, parts, template.streams.audio[0] if copies_sound else None) if heard else None
    fit = _Fit(parts[0], track)
    shown = 0
    for part, start in zip(parts, starts, strict=False):
        shown += _copy(out, track, part, start, sound) if copies else _encode(out, track, part, start, sound, fit)
        if sound:
            sound.end_part(out, start + part.seconds)
    if not copies:
        out.mux(track.encode(None))
    if sound:
        sound.end(out)
    if shown != sum(part.frames for part in parts):
        raise CannotEncode(f"only {shown} of {sum(part.frames for part in parts)} frames can be read")


def _copy(out: "OutputContainer", track: "VideoStream", part: Part, start: Fraction, sound: SoundTrack | None) -> int:
    """Copy a part's pictures. Return how many."""
    count = 0
    with opened(part.path) as (given, picture):
        streams = (picture, *given.streams.audio[:1]) if sound else (picture,)
        for packet in given.demux(*streams):
            if packet.dts is None:
                continue
            if packet.stream_index == picture.index:
                _move(packet, start - part.begins)
                packet.stream = track
                out.mux_one(packet)
                count += 1
            elif sound:
                sound.take(out, packet, part, start)
        return count


def _move(packet: "Packet", by: Fraction) -> None:
    """Give a packet other times. by: seconds."""
    ticks = round(by / packet.time_base)
    packet.dts = (packet.dts or 0) + ticks
    if packet.pts is not None:
        packet.pts += ticks


def _encode(
    out: "OutputContainer", track: "VideoStream", part: Part, start: Fraction, sound: SoundTrack | None, fit: "_Fit"
) -> int:
    """Encode a part's pictures. Return how many."""
    last = -1
    count = 0
    with opened(part.path) as (given, picture):
        picture.thread_type = "AUTO"
        picture.codec_context.thread_count = threads()
        streams = (picture, *given.streams.audio[:1]) if sound else (picture,)
        for packet in given.demux(*streams):
            if packet.stream_index != picture.index:
                if sound and packet.dts is not None:
                    sound.take(out, packet, part, start)
                continue
            for frame in cast("list[VideoFrame]", packet.decode()):
                at = (frame.pts or 0) * (frame.time_base or Fraction(1)) - part.begins + start
                ticks = max(0, round(at * _TICKS))
                if ticks <= last:
                    continue  # an encoder accepts no picture with the time of the previous one
                fitted = fit(frame, part)
                fitted.pts, fitted.time_base, last = ticks, Fraction(1, _TICKS), ticks
                out.mux(track.encode(fitted))
                count += 1
    return count


def _encoder(out: "OutputContainer", first: Part, picture: "VideoStream") -> "VideoStream":
    """Add the track that the pictures are encoded into: of the first part's shape and colours."""
    import av

    encoder = next((name for name in ENCODERS if name in av.codecs_available), None)
    if encoder is None:
        raise CannotEncode("there is no H.264 encoder here")
    rate = rate_of(picture)
    stream = cast(
        "VideoStream",
        out.add_stream(encoder, rate=rate, options=ENCODERS[encoder] | _QUALITY.get(encoder, {})),  # pyright: ignore[reportUnknownMemberType]
    )
    stream.width, stream.height = _bounded(*first.size)
    stream.pix_fmt = "yuv420p"
    if encoder not in _QUALITY:
        stream.bit_rate = round(stream.width * stream.height * float(rate) * _BITS)
    context, colours = stream.codec_context, picture.codec_context
    context.thread_count = threads()
    context.time_base = Fraction(1, _TICKS)
    context.color_range = USUAL
    context.colorspace = BT709 if colours.colorspace == RGB else colours.colorspace
    context.color_primaries, context.color_trc = colours.color_primaries, colours.color_trc
    return stream


def _bounded(width: int, height: int) -> tuple[int, int]:
    """Return the size in even pixels, at most `MOST_SIDE` of them."""
    scale = min(1.0, MOST_SIDE / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


class _Fit:
    """Scales the pictures of each part into the shape of the first one, turned as a player would."""

    def __init__(self, first: Part, track: "VideoStream") -> None:
        self._size = _bounded(*first.size)
        self._matrix = track.codec_context.colorspace
        self._graph: Graph | None = None
        self._of: tuple[object, ...] = ()

    def __call__(self, frame: "VideoFrame", part: Part) -> "VideoFrame":
        """Fit one picture. Its type is reset: otherwise the encoder would copy the source's key frames."""
        of = (part.path, frame.width, frame.height, frame.format.name, frame.color_range)
        if self._graph is None or self._of != of:
            self._graph, self._of = self._made(frame, part), of
        self._graph.push(frame)
        fitted = cast("VideoFrame", self._graph.pull())
        fitted.pict_type = 0
        return fitted

    def _made(self, frame: "VideoFrame", part: Part) -> "Graph":
        width, height = self._size
        scale = min(width / part.size[0], height / part.size[1])
        inner = [
            max(2, min(most, round(side * scale / 2) * 2)) for side, most in zip(part.size, self._size, strict=True)
        ]
        pad = f"{width}:{height}:{(width - inner[0]) // 2}:{(height - inner[1]) // 2}:black"
        steps = (scaled(frame, inner[0], inner[1], matrix=self._matrix), ("format", "yuv420p"))
        return graph_of(frame, (*TURNS[part.turn], *steps, ("pad", pad), ("setsar", "1")))


def main() -> int:
    """Run the process: target, the most bytes, and the parts from the command line."""

    def work(arguments: list[str]) -> None:
        target, most, *sources = arguments
        make([Path(source) for source in sources], Path(target), int(most))

    return serve(work)


if __name__ == "__main__":
    sys.exit(main())
