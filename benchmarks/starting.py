"""What the bot costs before it does anything: its imports, its start up to the gateway's READY, and its memory when idle.

Beside it the bare bot: what discord.py alone takes.
"""

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.processes import ROOT
from benchmarks.table import Row, compared

MOST_MEMORY = 1.7  # times that of the bare bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. idle: seconds from READY until the memory is read."""

    rounds: int = 3
    idle: float = 3.0


async def run(folder: Path, scale: Scale) -> list[Row]:
    """The rows."""
    imports: dict[str, list[float]] = {"discord": [], "bot.cli.run": []}
    start: dict[str, list[float]] = {"bare": [], "sora": []}
    memory: dict[str, list[float]] = {"bare": [], "sora": []}
    idle: list[float] = []
    async with processes.stage(folder) as on:
        for number in range(scale.rounds):
            for module, times in imports.items():
                times.append(await asyncio.to_thread(_import, module))
            for name in start:
                began = time.perf_counter()
                database = folder / f"start-{number}.db"
                async with on.bare_bot() if name == "bare" else on.sora_bot(database) as bot:
                    start[name].append((await on.state())["ready_at"] - began)
                    await asyncio.sleep(1)
                    before = bot.cpu()
                    await asyncio.sleep(scale.idle)
                    memory[name].append(bot.memory())
                    if name == "sora":
                        idle.append((bot.cpu() - before) / scale.idle)
    return [
        compared("imports (CPU)", imports["bot.cli.run"], imports["discord"]),
        compared("start until READY, new database", start["sora"], start["bare"]),
        compared("memory when idle", memory["sora"], memory["bare"], "MB", most=MOST_MEMORY),
        Row(what="cores when idle", value=f"{sum(idle) / len(idle):.3f}"),
    ]


def _import(module: str) -> float:
    """Processor seconds of a Python that imports a module."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen([sys.executable, "-c", f"import {module}"], env=environment)
    _, code, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    assert not process.returncode, f"{module} cannot be imported"
    return used.ru_utime + used.ru_stime
