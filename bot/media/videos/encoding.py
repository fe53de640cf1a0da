"""What the processes that encode videos share: opening a file safely, reading how it is shown, and running one process.

Such a process has a low priority, a bounded memory, and neither token nor key in its environment. It ends with the bot,
however the bot ends: its stdin is a pipe that nobody writes to, and the end of that pipe ends it. FFmpeg decodes foreign
bytes there; if it crashes, it crashes alone.
"""

import asyncio
import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.media.videos import tracks
from bot.media.workers.worker_limits import be_modest, environment, leave_signals_to_the_bot

if TYPE_CHECKING:
    from av.container.input import InputContainer
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

ENCODERS = {  # others make files that Discord does not play
    "libx264": {"preset": "veryfast"},
    "libopenh264": {"rc_mode": "bitrate"},
}
AAC_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000)
USUAL, FULL = 1, 2  # colour ranges, as FFmpeg numbers them
RGB, BT709 = 0, 1  # and colour matrices
Step = tuple[str, str | None]  # a filter of FFmpeg and its options
TURNS: dict[int, tuple[Step, ...]] = {
    0: (),
    90: (("transpose", "clock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "cclock"),),
}
_MATRICES = {1: "bt709", 4: "fcc", 7: "smpte240m", 9: "bt2020"}
_MEMORY = 4 * 2**30
_THREADS = 4
_CANNOT, _DISK, _FULL = 3, 4, 5  # exit codes, each with the reason on stdout
_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DISK_ERRORS = (*(errno.EIO, errno.EROFS, errno.EACCES, errno.ENOENT, errno.EMFILE),)


class CannotEncode(Exception):
    """There can be no such video; the message says why."""


# In the bot


async def run_encoder(module: str, deadline: float, *arguments: str) -> None:
    """Run a module as an encoding process, without blocking the event loop. deadline: seconds.

    Raises CannotEncode; OSError if the disk or this machine is the cause, which may pass. When cancelled, it ends the
    process first.
    """
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module, *arguments),
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
        raise CannotEncode(f"not done within {deadline:g} s") from None
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode == _FULL:
        raise OSError(errno.ENOSPC, _last_line(output))
    if worker.returncode in (_DISK, -signal.SIGTERM, -signal.SIGINT):
        raise OSError(_last_line(output) or "the worker was told to end")
    if worker.returncode:
        raise CannotEncode(_last_line(output) or f"the worker ended with {worker.returncode}")


def _last_line(output: bytes) -> str:
    return (output.decode(errors="replace").strip().splitlines() or [""])[-1][:300]


# In the process


def serve(work: Callable[[list[str]], None]) -> int:
    """Do the work with the arguments of the command line. Return the exit code that `run_encoder` understands."""
    leave_signals_to_the_bot()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    be_modest(10, _MEMORY)
    try:
        work(sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - whatever FFmpeg raises, the bot reads it as one line
        print(str(error) or type(error).__name__, flush=True)
        number = getattr(error, "errno", None)
        if number in _FULL_ERRORS:
            return _FULL
        return _DISK if number in _DISK_ERRORS else _CANNOT
    return 0


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def threads() -> int:
    """Return how many threads a decoder or an encoder may use."""
    return min(_THREADS, os.cpu_count() or 1)


@contextlib.contextmanager
def opened(source: Path) -> "Generator[tuple[InputContainer, VideoStream]]":
    """Open the file, and find its video stream (not a cover). Raises CannotEncode if there is none."""
    import av

    # The format is given and only files can be read: nothing in the file can make FFmpeg fetch from elsewhere.
    form = "matroska" if _begins(source, b"\x1aE\xdf\xa3") else "mp4"
    with av.open(str(source), "r", format=form, options={"protocol_whitelist": "file"}) as given:
        picture = tracks.picture_of(given)
        if picture is None:
            raise CannotEncode("there is no picture in it")
        yield given, picture


def _begins(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def turn_of(frame: "VideoFrame | None") -> int:
    """Return by how many degrees a player rotates it clockwise. Raises CannotEncode for anything but quarter turns."""
    turn = -frame.rotation % 360 if frame else 0
    if turn not in TURNS:
        raise CannotEncode("its picture is turned by its container")
    return turn


def shown_size(picture: "VideoStream", turn: int) -> tuple[int, int]:
    """Return the width and height of the picture in a player: square pixels, turned."""
    shape = picture.codec_context.sample_aspect_ratio or Fraction(1)
    width, height = round(picture.codec_context.width * shape), picture.codec_context.height
    return (height, width) if turn in (90, 270) else (width, height)


def rate_of(picture: "VideoStream") -> Fraction:
    """Return the frames a second, as the file states them."""
    rate = picture.average_rate or picture.guessed_rate or Fraction(24)
    return min(Fraction(120), max(Fraction(1), rate)).limit_denominator(1001)


def scaled(frame: "VideoFrame", width: int, height: int, *, matrix: int | None = None, levels: str = "tv") -> Step:
    """Return the filter that scales a picture, with the usual range of brightness levels ("pc": with the full one).

    Some videos use the full range, which an encoder without further settings would take for the usual one. matrix: of the
    colours that come out, as FFmpeg numbers them; None for the picture's own.
    """
    full = frame.format.name.startswith("yuvj") or frame.color_range == FULL
    options = f"{width}:{height}:flags=bicubic:out_range={levels}"
    if frame.format.is_rgb:
        return "scale", f"{options}:out_color_matrix={'bt709' if matrix is None else matrix_name(matrix)}"
    # Stated explicitly, so that nothing is converted to what this FFmpeg assumes.
    own = matrix_name(frame.colorspace)
    out = own if matrix is None else matrix_name(matrix)
    return "scale", f"{options}:in_range={'pc' if full else 'tv'}:in_color_matrix={own}:out_color_matrix={out}"


def matrix_name(matrix: int) -> str:
    """Return the name of a colour matrix. One that is not stated counts as BT.601, as in most players."""
    return _MATRICES.get(matrix, "bt601")


def graph_of(frame: "VideoFrame", steps: Iterable[Step]) -> "Graph":
    """Return the filters in a row, for pictures like this one."""
    from av.filter import Graph

    graph = Graph()
    node = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    for name, options in (*steps, ("buffersink", None)):
        following = graph.add(name, options)
        node.link_to(following)
        node = following
    graph.configure()
    return graph
