"""Draws the picture of a report in a process of its own.

matplotlib holds Python's lock for a tenth of a second at a time, and keeps eighty megabytes once loaded, so the bot's
process never loads it. The worker reads the numbers from stdin, writes the PNG to stdout, and has neither token nor key
in its environment. It ends when its task ends, or after `DEADLINE`, and it may use `MEMORY`. One report is drawn at a
time; while `MOST_WAITING` wait, a further one is refused.
"""

import asyncio
import os
import pickle
import sys
from contextlib import suppress

import structlog

from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.usecases.moderation.spending import SpendingReport
from cogs.moderation.quota.picture import PictureNames, draw

try:
    import resource
except ImportError:  # Windows
    resource = None

log = structlog.stdlib.get_logger()

DEADLINE = 60.0  # seconds; it usually takes one, more on a busy machine
MOST_WAITING = 8  # with what is drawn, all are done or refused before an interaction ends
MEMORY = (
    2 * 2**30
)  # bytes of addresses, of which a tenth is used: without a limit, the system might end the bot instead
_WORKER = "from cogs.moderation.quota.drawing import main; main()"
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "MPLCONFIGDIR")
_drawing = asyncio.Semaphore(1)
_waiting: set[object] = set()


async def drawn(spending: SpendingReport, names: PictureNames) -> bytes:
    """Return a PNG. Raises Refusal `report_not_drawn`."""
    if len(_waiting) > MOST_WAITING:
        log.warning("report_not_drawn", why="too many at once")
        raise Refusal(RefusalCode.REPORT_NOT_DRAWN)
    this = object()
    _waiting.add(this)
    try:
        async with _drawing:
            code, data, errors = await _work(pickle.dumps((spending, names)))
    except OSError as error:  # this machine starts no process now
        code, data, errors = None, b"", str(error).encode()
    finally:
        _waiting.discard(this)
    if code or not data:
        why = (errors.decode(errors="replace").strip().splitlines() or [""])[-1][:300]
        log.error("report_not_drawn", code=code, why=why)
        raise Refusal(RefusalCode.REPORT_NOT_DRAWN)
    return data


async def _work(numbers: bytes) -> tuple[int | None, bytes, bytes]:
    """Run a worker to its end, whatever becomes of it. Returns its exit code, the PNG and what it complains of."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _WORKER),
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    data = errors = b""
    try:
        async with asyncio.timeout(DEADLINE):
            data, errors = await worker.communicate(numbers)
    except TimeoutError:
        errors = b"not done in time"
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    return worker.returncode, data, errors


def main() -> None:
    """Run the worker. Its input comes from the bot that started it."""
    if hasattr(os, "nice"):
        os.nice(5)
    if resource:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    spending, names = pickle.load(sys.stdin.buffer)  # noqa: S301
    sys.stdout.buffer.write(draw(spending, names))
