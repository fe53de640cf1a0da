"""Shrinks a video to a given size: H.264 and AAC in an MP4, in a process of its own (`python -m bot.media.videos.shrink`).

Promised: the target is whole or absent (bytes go to `<name>.part`, then to the disk, then one rename). It is not larger
than requested, as long as the original, with its proportions, colours, rotation and sound. The worker has a low
priority, a bounded memory, and neither token nor key in its environment. It ends with the bot, however the bot ends:
its stdin is a pipe that nobody writes to, and the end of that pipe ends the worker. FFmpeg decodes foreign bytes here;
if it crashes, it crashes alone. Measured: 27 MB of 1080p take 11 s and 225 MiB.
"""

import asyncio
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.media.videos.encoding import (
    AAC_RATES,
    BT709,
    ENCODERS,
    RGB,
    TURNS,
    USUAL,
    graph_of,
    opened,
    rate_of,
    run_encoder,
    scaled,
    serve,
    shown_size,
    threads,
    turn_of,
)
from bot.media.videos.encoding import CannotEncode as CannotShrink
from bot.system.files import part_of, put_in_place

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container.input import InputContainer
    from av.container.output import OutputContainer
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

DEADLINE = 240.0  # seconds, for both tries
TRIES = 2
LEAST_VIDEO = 100_000  # bits a second; below this even the smallest picture is unrecognisable

_SIDES = (1080, 720, 540, 480, 360, 240)  # pixels of the shorter side
_LEAST_BITS, _MOST_BITS = 0.035, 0.3  # per pixel: below, a smaller picture looks better; above, nothing is gained
_FILL = 0.95  # of the allowed size, at the first try
_HEADS = 4096  # bytes of an MP4's own headers
_SOUNDS = ((800_000, 96_000), (0, 64_000))  # from this total bit rate on: bit rate of the sound


async def shrink(source: Path, target: Path, room: int, *, deadline: float = DEADLINE) -> None:
    """Write `source` to `target` with at most `room` bytes, without blocking the event loop.

    Raises CannotShrink; OSError if the disk or this machine is the cause, which may pass. When cancelled, it ends the
    worker first.
    """
    try:
        await run_encoder("bot.media.videos.shrink", deadline, str(source), str(target), str(room))
    except BaseException:
        await asyncio.to_thread(part_of(target).unlink, missing_ok=True)
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to encode: picture size, and bits a second.

    sound: 0 for none. burst: bits by which the encoder may exceed the rate.
    """

    width: int
    height: int
    video: int
    sound: int
    burst: int


def plan(*, width: int, height: int, rate: float, seconds: float, sound: bool, room: int) -> Plan:
    """Return the best plan for the size: the largest picture that its bit rate can fill. Raises CannotShrink."""
    tables = rate * 16 * 8 + 47 * 8 * 8  # an MP4 has a table entry for each picture and each packet of sound
    total = (room - _HEADS) * 8 / seconds - tables
    audio = next((bits for least, bits in _SOUNDS if total >= least), _SOUNDS[-1][1]) if sound else 0
    video = total - audio
    if video < LEAST_VIDEO:
        raise CannotShrink(f"{seconds:.0f} s do not fit into {room} bytes")
    shorter = min(width, height)
    smaller = [side for side in _SIDES if side < shorter]
    for side in (shorter, *smaller):
        size = tuple(max(2, round(length * side / shorter / 2) * 2) for length in (width, height))
        pixels = size[0] * size[1] * rate
        if video >= pixels * _LEAST_BITS or side == (smaller or [shorter])[-1]:
            video = int(min(video, pixels * _MOST_BITS))
            burst = int(video * min(2.0, seconds / 8))
            return Plan(width=size[0], height=size[1], video=video, sound=audio, burst=burst)
    raise AssertionError("the last side is always taken")


def make(source: Path, target: Path, room: int) -> None:
    """Do the work, without a time limit. Raises CannotShrink, OSError, or an error of FFmpeg."""
    part = part_of(target)
    aim = int(room * _FILL)
    for _ in range(TRIES):
        _encode(source, part, aim)
        size = part.stat().st_size
        if size <= room:
            return put_in_place(part, target)
        aim = int(aim * room / size * _FILL)
    raise CannotShrink(f"still too large after {TRIES} tries, with room for {room} bytes")


def _encode(source: Path, part: Path, room: int) -> None:
    import av

    encoder = next((name for name in ENCODERS if name in av.codecs_available), None)
    if encoder is None:
        raise CannotShrink("there is no H.264 encoder here")
    with opened(source) as (given, picture):
        turn = turn_of(next(given.decode(picture), None))
    with opened(source) as (given, picture):
        sound = given.streams.audio[0] if given.streams.audio else None
        picture.thread_type = "AUTO"
        picture.codec_context.thread_count = threads()
        width, height = shown_size(picture, turn)
        planned = plan(
            width=width,
            height=height,
            rate=float(rate_of(picture)),
            seconds=_seconds(given, picture),
            sound=sound is not None,
            room=room,
        )
        with av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as out:
            new_picture = _picture(out, encoder, picture, planned)
            new_sound = _sound(out, sound, planned) if sound else None
            fit = _Fit(planned, turn)
            shown = _turn_over(given, out, (picture, new_picture), (sound, new_sound), fit)
        if shown < 0.9 * _seconds(given, picture, of_picture=True):
            raise CannotShrink(f"only {shown:.1f} s of it can be read")


class _Fit:
    """Scales pictures to the planned size, rotated as a player would, and with the usual range of brightness levels.

    Some videos use the full range, which an encoder without further settings would take for the usual one.
    """

    def __init__(self, planned: Plan, turn: int) -> None:
        self._planned, self._turn = planned, turn
        self._graph: Graph | None = None
        self._of: tuple[object, ...] = ()

    def __call__(self, frame: "VideoFrame") -> "VideoFrame":
        """Scale one picture. Its type is reset: otherwise the encoder would copy the source's key frames."""
        of = (frame.width, frame.height, frame.format.name, frame.color_range)
        if self._graph is None or self._of != of:
            self._graph, self._of = self._made(frame), of
        self._graph.push(frame)
        fitted = cast("VideoFrame", self._graph.pull())
        fitted.pict_type = 0
        return fitted

    def _made(self, frame: "VideoFrame") -> "Graph":
        scale = scaled(frame, self._planned.width, self._planned.height)
        return graph_of(frame, (*TURNS[self._turn], scale, ("format", "yuv420p")))


def _turn_over(
    given: "InputContainer",
    out: "OutputContainer",
    picture: "tuple[VideoStream, VideoStream]",
    sound: "tuple[AudioStream | None, AudioStream | None]",
    fit: _Fit,
) -> float:
    """Re-encode everything from one file into the other. Return the seconds of picture."""
    from av.audio.frame import AudioFrame
    from av.video.frame import VideoFrame

    times: list[float] = []
    for packet in given.demux(*(stream for stream in (picture[0], sound[0]) if stream)):
        for frame in packet.decode():
            if isinstance(frame, AudioFrame) and sound[1]:
                out.mux(sound[1].encode(frame))
            if not isinstance(frame, VideoFrame) or (times and frame.time <= times[-1]):
                continue  # an encoder accepts no picture with the time of the previous one
            times.append(frame.time)
            out.mux(picture[1].encode(fit(frame)))
    for stream in (picture[1], sound[1]):
        if stream:
            out.mux(stream.encode(None))
    return times[-1] - times[0] + 1 / float(rate_of(picture[0])) if times else 0.0


def _picture(out: "OutputContainer", encoder: str, given: "VideoStream", planned: Plan) -> "VideoStream":
    # The bound keeps the total within an eighth of the plan; an average alone does not in a short clip.
    bound = {"maxrate": str(planned.video), "bufsize": str(planned.burst)}
    stream = cast(
        "VideoStream",
        out.add_stream(encoder, rate=rate_of(given), options=ENCODERS[encoder] | bound),  # pyright: ignore[reportUnknownMemberType]
    )
    stream.width, stream.height, stream.pix_fmt = planned.width, planned.height, "yuv420p"
    stream.bit_rate = planned.video
    context, colours = stream.codec_context, given.codec_context
    context.thread_count = threads()
    context.time_base = Fraction(1, 90_000)  # pictures keep their times, evenly spaced or not
    context.color_range = USUAL  # see `_Fit`
    context.colorspace = BT709 if colours.colorspace == RGB else colours.colorspace
    context.color_primaries, context.color_trc = colours.color_primaries, colours.color_trc
    return stream


def _sound(out: "OutputContainer", given: "AudioStream", planned: Plan) -> "AudioStream":
    rate = given.codec_context.sample_rate
    layout = "mono" if given.codec_context.channels == 1 else "stereo"
    stream = out.add_stream("aac", rate=rate if rate in AAC_RATES else AAC_RATES[0], layout=layout)  # pyright: ignore[reportUnknownMemberType]
    stream.bit_rate = planned.sound
    return stream


def _seconds(given: "InputContainer", picture: "VideoStream", *, of_picture: bool = False) -> float:
    """Return the stated length. of_picture: ignore a sound that goes on."""
    own = float(picture.duration * picture.time_base) if picture.duration and picture.time_base else 0.0
    all_of_it = (given.duration or 0) / 1_000_000
    seconds = (own or all_of_it) if of_picture else max(own, all_of_it)
    if seconds <= 0:
        raise CannotShrink("it does not say how long it is")
    return seconds


def main() -> int:
    """Run the worker: source, target and size from the command line."""

    def work(arguments: list[str]) -> None:
        source, target, room = arguments
        make(Path(source), Path(target), int(room))

    return serve(work)


if __name__ == "__main__":
    sys.exit(main())
