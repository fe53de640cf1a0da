"""Draws the picture of a report in a process of its own.

matplotlib holds Python's lock for a tenth of a second at a time, and keeps eighty megabytes once loaded, so the bot's
process never loads it. The worker reads the numbers from stdin, writes the PNG to stdout, and has neither token nor key
in its environment. It ends when its task ends, or after `DEADLINE`.
"""

import asyncio
import os
import pickle
import sys

import structlog

from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.usecases.spending import SpendingReport
from cogs.moderation.quota.picture import PictureNames, draw

log = structlog.stdlib.get_logger()

DEADLINE = 120.0  # seconds; it usually takes one, more on a busy machine
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "MPLCONFIGDIR")
_drawing = asyncio.Semaphore(1)


async def drawn(spending: SpendingReport, names: PictureNames) -> bytes:
    """Return a PNG. Raises Refusal `report_not_drawn`."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    async with _drawing:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", "from cogs.moderation.quota.drawing import main; main()"),
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        data = errors = b""
        try:
            async with asyncio.timeout(DEADLINE):
                data, errors = await worker.communicate(pickle.dumps((spending, names)))
        except TimeoutError:
            errors = b"not done in time"
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
    if worker.returncode or not data:
        why = (errors.decode(errors="replace").strip().splitlines() or [""])[-1][:300]
        log.error("report_not_drawn", code=worker.returncode, why=why)
        raise Refusal(RefusalCode.REPORT_NOT_DRAWN)
    return data


def main() -> None:
    """Run the worker. Its input comes from the bot that started it."""
    if hasattr(os, "nice"):
        os.nice(5)
    spending, names = pickle.load(sys.stdin.buffer)  # noqa: S301
    sys.stdout.buffer.write(draw(spending, names))
