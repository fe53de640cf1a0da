"""Shrinks a video to a given size: H.264 and AAC in an MP4, in a process of its own (`python -m bot.media.shrink`).

Promised: the target is whole or absent (bytes go to `<name>.part`, then to the disk, then one rename). It is not larger
than requested, as long as the original, with its proportions, colours, rotation and sound. The worker has a low
priority, a bounded memory, and neither token nor key in its environment. It ends with the bot, however the bot ends:
its stdin is a pipe that nobody writes to, and the end of that pipe ends the worker. FFmpeg decodes foreign bytes here;
if it crashes, it crashes alone. Measured: 27 MB of 1080p take 11 s and 225 MiB.
"""

import asyncio
import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.media import tracks
from bot.media.worker import be_modest, environment, leave_signals_to_the_bot
from bot.runtime.files import part_of, put_in_place

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
ENCODERS = {  # others make files that Discord does not play; then a link is better
    "libx264": {"preset": "veryfast"},
    "libopenh264": {"rc_mode": "bitrate"},
}

_SIDES = (1080, 720, 540, 480, 360, 240)  # pixels of the shorter side
_LEAST_BITS, _MOST_BITS = 0.035, 0.3  # per pixel: below, a smaller picture looks better; above, nothing is gained
_FILL = 0.95  # of the allowed size, at the first try
_HEADS = 4096  # bytes of an MP4's own headers
_SOUNDS = ((800_000, 96_000), (0, 64_000))  # from this total bit rate on: bit rate of the sound
_AAC_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000)
_USUAL, _FULL = 1, 2  # colour ranges, as FFmpeg numbers them
_RGB, _BT709 = 0, 1  # and colour matrices
_MATRICES = {1: "bt709", 4: "fcc", 7: "smpte240m", 9: "bt2020"}
_TURNS: dict[int, tuple[tuple[str, str | None], ...]] = {
    0: (),
    90: (("transpose", "clock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "cclock"),),
}
_MEMORY = 4 * 2**30
_THREADS = 4
_CANNOT, _DISK = 3, 4  # exit codes, each with the reason on stdout
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.ENOENT, errno.EMFILE)


class CannotShrink(Exception):
    """There can be no such copy; the message says why."""


async def shrink(source: Path, target: Path, room: int, *, deadline: float = DEADLINE) -> None:
    """Write `source` to `target` with at most `room` bytes, without blocking the event loop.

    Raises CannotShrink; OSError if the disk or this machine is the cause, which may pass. When cancelled, it ends the
    worker first.
    """
    try:
        await _work(deadline, str(source), str(target), str(room))
    except BaseException:
        await asyncio.to_thread(part_of(target).unlink, missing_ok=True)
        raise


async def _work(deadline: float, *arguments: str) -> None:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bot.media.shrink", *arguments),
        env=environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = b""
    try:
        async with asyncio.timeout(deadline):
            output = await cast("asyncio.StreamReader", worker.stdout).read()
            await worker.wait()
    except TimeoutError:
        raise CannotShrink(f"not done within {deadline:g} s") from None
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode in (_DISK, -signal.SIGTERM, -signal.SIGINT):
        raise OSError(_last_line(output) or "the worker was told to end")
    if worker.returncode:
        raise CannotShrink(_last_line(output) or f"the worker ended with {worker.returncode}")


def _last_line(output: bytes) -> str:
    return (output.decode(errors="replace").strip().splitlines() or [""])[-1][:300]


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
    with _opened(source) as (given, picture):
        turn = _turn(given, picture)
    with _opened(source) as (given, picture):
        sound = given.streams.audio[0] if given.streams.audio else None
        picture.thread_type = "AUTO"
        picture.codec_context.thread_count = _threads()
        shape = picture.codec_context.sample_aspect_ratio or Fraction(1)
        size = (round(picture.codec_context.width * shape), picture.codec_context.height)
        planned = plan(
            width=size[1] if turn in (90, 270) else size[0],
            height=size[0] if turn in (90, 270) else size[1],
            rate=float(_rate(picture)),
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


@contextlib.contextmanager
def _opened(source: Path) -> "Generator[tuple[InputContainer, VideoStream]]":
    """Open the file, and find its video stream (not a cover). Raises CannotShrink if there is none."""
    import av

    # The format is given and only files can be read: nothing in the file can make FFmpeg fetch from elsewhere.
    form = "matroska" if _begins(source, b"\x1aE\xdf\xa3") else "mp4"
    with av.open(str(source), "r", format=form, options={"protocol_whitelist": "file"}) as given:
        picture = tracks.picture_of(given)
        if picture is None:
            raise CannotShrink("there is no picture in it")
        yield given, picture


def _turn(given: "InputContainer", picture: "VideoStream") -> int:
    """Return by how many degrees a player rotates it clockwise. Raises CannotShrink for anything but quarter turns."""
    frame = next(given.decode(picture), None)
    turn = -frame.rotation % 360 if frame else 0
    if turn not in _TURNS:
        raise CannotShrink("its picture is turned by its container")
    return turn


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
        from av.filter import Graph

        full = frame.format.name.startswith("yuvj") or frame.color_range == _FULL
        rgb = frame.format.is_rgb
        scale = f"{self._planned.width}:{self._planned.height}:flags=bicubic:out_range=tv"
        if rgb:
            scale += ":out_color_matrix=bt709"
        else:  # stated explicitly, so that nothing is converted to what this FFmpeg assumes
            matrix = _MATRICES.get(frame.colorspace, "bt601")
            scale += f":in_range={'pc' if full else 'tv'}:in_color_matrix={matrix}:out_color_matrix={matrix}"
        graph = Graph()
        node = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
        for name, options in (*_TURNS[self._turn], ("scale", scale), ("format", "yuv420p"), ("buffersink", None)):
            following = graph.add(name, options)
            node.link_to(following)
            node = following
        graph.configure()
        return graph


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
    return times[-1] - times[0] + 1 / float(_rate(picture[0])) if times else 0.0


def _picture(out: "OutputContainer", encoder: str, given: "VideoStream", planned: Plan) -> "VideoStream":
    # The bound keeps the total within an eighth of the plan; an average alone does not in a short clip.
    bound = {"maxrate": str(planned.video), "bufsize": str(planned.burst)}
    stream = cast(
        "VideoStream",
        out.add_stream(encoder, rate=_rate(given), options=ENCODERS[encoder] | bound),  # pyright: ignore[reportUnknownMemberType]
    )
    stream.width, stream.height, stream.pix_fmt = planned.width, planned.height, "yuv420p"
    stream.bit_rate = planned.video
    context, colours = stream.codec_context, given.codec_context
    context.thread_count = _threads()
    context.time_base = Fraction(1, 90_000)  # pictures keep their times, evenly spaced or not
    context.color_range = _USUAL  # see `_Fit`
    context.colorspace = _BT709 if colours.colorspace == _RGB else colours.colorspace
    context.color_primaries, context.color_trc = colours.color_primaries, colours.color_trc
    return stream


def _sound(out: "OutputContainer", given: "AudioStream", planned: Plan) -> "AudioStream":
    rate = given.codec_context.sample_rate
    layout = "mono" if given.codec_context.channels == 1 else "stereo"
    stream = out.add_stream("aac", rate=rate if rate in _AAC_RATES else _AAC_RATES[0], layout=layout)  # pyright: ignore[reportUnknownMemberType]
    stream.bit_rate = planned.sound
    return stream


def _rate(picture: "VideoStream") -> Fraction:
    rate = picture.average_rate or picture.guessed_rate or Fraction(24)
    return min(Fraction(120), max(Fraction(1), rate)).limit_denominator(1001)


def _seconds(given: "InputContainer", picture: "VideoStream", *, of_picture: bool = False) -> float:
    """Return the stated length. of_picture: ignore a sound that goes on."""
    own = float(picture.duration * picture.time_base) if picture.duration and picture.time_base else 0.0
    all_of_it = (given.duration or 0) / 1_000_000
    seconds = (own or all_of_it) if of_picture else max(own, all_of_it)
    if seconds <= 0:
        raise CannotShrink("it does not say how long it is")
    return seconds


def _begins(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _threads() -> int:
    return min(_THREADS, os.cpu_count() or 1)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def main() -> int:
    """Run the worker: source, target and size from the command line."""
    leave_signals_to_the_bot()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    be_modest(10, _MEMORY)
    source, target, room = sys.argv[1:]
    try:
        make(Path(source), Path(target), int(room))
    except Exception as error:  # noqa: BLE001 - whatever FFmpeg raises, the bot reads it as one line
        print(str(error) or type(error).__name__, flush=True)
        return _DISK if getattr(error, "errno", None) in _DISK_ERRORS else _CANNOT
    return 0


if __name__ == "__main__":
    sys.exit(main())
