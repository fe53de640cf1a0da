"""The processes of a measurement: a bot between a Discord and a UniAll, and what each of them costs.

Costs are read from /proc, so the benchmarks need Linux.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

JsonObject = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.bench.token-of-the-stand-in"  # noqa: S105 - the stand-in checks none
_TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 120.0
STOP_SECONDS = 30.0


class Failed(Exception):
    """A part could not be measured; the text says why."""


@dataclass(slots=True)
class Process:
    """One process of a measurement. log: where its output goes; port: where it listens, if it said so."""

    process: asyncio.subprocess.Process
    log: Path
    port: int = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def cpu(self) -> float:
        """Processor seconds so far, of it and of the processes that it has started."""
        return cpu_of(self.pid)

    def memory(self, *, peak: bool = False) -> float:
        """Megabytes in memory, now or at most; of it and, now, of the processes that it has started."""
        name = "VmHWM:" if peak else "VmRSS:"
        return sum(_status(pid, name) for pid in ([self.pid] if peak else _family(self.pid))) / 1024

    async def stop(self) -> None:
        """SIGTERM, and its end. Raises Failed where it ended badly."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise Failed(f"a process did not end: {self.last_words()}") from None
        if code not in (0, -signal.SIGTERM):
            raise Failed(f"a process ended with code {code}: {self.last_words()}")

    def last_words(self) -> str:
        """The end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


async def start(*words: str, folder: Path, env: dict[str, str] | None = None) -> Process:
    """Start a Python process by its arguments, in an environment of its own."""
    log = folder / f"{time.monotonic_ns()}.log"
    given = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib")),
        **(env or {}),
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *words), cwd=folder, env=given, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
    return Process(process, log)


@asynccontextmanager
async def standin(module: str, *words: str, folder: Path) -> AsyncGenerator[Process]:
    """One of `benchmarks.standins` as a process, until the end of the block."""
    process = await start("-m", f"benchmarks.standins.{module}", *words, folder=folder)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not (said := process.log.read_text()).endswith("\n"):
                if process.process.returncode is not None:
                    raise Failed(process.last_words())
                await asyncio.sleep(0.02)
        process.port = int(json.loads(said)["port"])
        yield process
    finally:
        await process.stop()


@dataclass(slots=True)
class Stage:
    """A Discord and a UniAll, and the bot that is between them for now. folder: for whatever is kept."""

    folder: Path
    discord: Process
    uniall: Process
    session: aiohttp.ClientSession

    async def state(self, of: Process | None = None) -> JsonObject:
        """How far a stand-in has come; without `of` Discord."""
        async with self.session.get(f"http://127.0.0.1:{(of or self.discord).port}/control/state") as answer:
            return await answer.json()

    async def load(self, kind: str, **wanted: Any) -> JsonObject:
        """Run a load at the Discord stand-in (`standins/load.py`), and return what was measured."""
        async with self.session.post(f"http://127.0.0.1:{self.discord.port}/control/{kind}", json=wanted) as answer:
            if answer.status != 200:
                raise Failed(f"the load was not run: {await answer.text()}")
            return await answer.json()

    @asynccontextmanager
    async def bot(self, *words: str, env: dict[str, str] | None = None) -> AsyncGenerator[Process]:
        """A bot as a process by its arguments, until the end of the block; it begins once the bot takes commands."""
        where = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE_URL": f"http://127.0.0.1:{self.discord.port}/api/v10"}
        process = await start(*words, folder=self.folder, env={**where, **(env or {})})
        try:
            async with asyncio.timeout(START_SECONDS):
                while not (await self.state())["ready"]:
                    if process.process.returncode is not None:
                        raise Failed(f"the bot ended: {process.last_words()}")
                    await asyncio.sleep(0.02)
            yield process
        finally:
            await process.stop()

    def bare_bot(self, env: dict[str, str] | None = None, *, marks: Path | None = None) -> Any:
        """The bot to compare with. marks: see `sora_bot`."""
        return self.bot(*_module("benchmarks.standins.bare_bot", marks=marks), env=env)

    def sora_bot(self, database: Path, env: dict[str, str] | None = None, *, marks: Path | None = None) -> Any:
        """Sora Bot on a database. marks: where `standins/marked_bot.py` writes how long the steps of a command took."""
        settings = {
            "UNIALL_API_KEY": "key",
            "UNIALL_BASE_URL": f"http://127.0.0.1:{self.uniall.port}",
            "DATABASE_URL": f"sqlite:///{database}",
            "MEDIA_DIR": str(database.with_suffix(".media")),
            "ALLOW_LOCAL_MEDIA": "true",
            "DEFAULT_QUOTA": "1000 videos per day, 1000 usd per day",
            "OPERATOR_BUDGET": "1000000 usd per day",
            "LOG_FORMAT": "json",
        }
        return self.bot(*_module("bot", "run", marks=marks), env={**settings, **(env or {})})


def _module(*words: str, marks: Path | None) -> tuple[str, ...]:
    """The arguments of Python that run a module."""
    return ("-m", "benchmarks.standins.marked_bot", str(marks), *words) if marks else ("-m", *words)


@asynccontextmanager
async def stage(folder: Path, *uniall_words: str, discord_words: Sequence[str] = ()) -> AsyncGenerator[Stage]:
    """Both stand-ins."""
    async with (
        standin("discord", *discord_words, folder=folder) as discord,
        standin("uniall", *uniall_words, folder=folder) as uniall,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
    ):
        yield Stage(folder, discord, uniall, session)


def cpu_of(pid: int) -> float:
    """Processor seconds so far of any process, and of those that it has started."""
    return sum(map(_cpu, _family(pid)))


def idle() -> float:
    """Seconds that the cores of the machine have been idle, all together."""
    return int(Path("/proc/stat").read_text().split()[4]) / _TICKS


def _family(pid: int) -> Iterator[int]:
    """A process and all that it has started, as far as they run."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue
        for child in found:
            yield from _family(int(child))


def _cpu(pid: int) -> float:
    """User and system time, with that of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _status(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
