"""The picture of a report, drawn by a process of its own.

matplotlib holds Python's lock for a tenth of a second at a time, and once loaded keeps eighty megabytes: so the bot's process
never loads it. The worker gets the numbers on its stdin, answers with the PNG, and has neither token nor key in its
environment. It ends with its task, or after `DEADLINE`.
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

DEADLINE = 120.0  # it takes a second; a busy machine may take more
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "MPLCONFIGDIR")
_drawing = asyncio.Semaphore(1)


async def drawn(spending: SpendingReport, names: PictureNames) -> bytes:
    """A PNG. Raises Refusal `report_not_drawn`."""
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
        data = said = b""
        try:
            async with asyncio.timeout(DEADLINE):
                data, said = await worker.communicate(pickle.dumps((spending, names)))
        except TimeoutError:
            said = b"not done in time"
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
    if worker.returncode or not data:
        why = (said.decode(errors="replace").strip().splitlines() or [""])[-1][:300]
        log.error("report_not_drawn", code=worker.returncode, why=why)
        raise Refusal(RefusalCode.REPORT_NOT_DRAWN)
    return data


def main() -> None:
    """The worker. What it reads comes from the bot that started it."""
    if hasattr(os, "nice"):
        os.nice(5)
    spending, names = pickle.load(sys.stdin.buffer)  # noqa: S301
    sys.stdout.buffer.write(draw(spending, names))
