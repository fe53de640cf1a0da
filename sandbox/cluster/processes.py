"""The processes of the cluster: started, watched, and started again when they die, as a supervisor on a server does it.

Promised: every start and every end is said in one line with the process's id, so that a visitor can kill one and see. None
outlives `Processes`. They are in sessions of their own: Ctrl+C reaches this process alone, which stops them in order.
"""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sandbox.errors import FailedError

RESTART_SECONDS = 2.0
_LAST_LINES = 20

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start. what: in a few words. stop: the signal that ends it, and how many seconds it may take.

    shown: whether what it prints is shown, but for lines with a word of `hidden`; else its last lines are, if it does not
    start. options: of `subprocess`.
    """

    name: str
    what: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] | None = None
    stop: signal.Signals = signal.SIGTERM
    patience: float = 12.0
    shown: bool = False
    hidden: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Processes:
    """The running programs, as an async context manager. Leaving it stops the latest started together, then those before.

    say: receives a line at each start and each end. show: what the programs print, with their name.
    """

    def __init__(self, *, say: Say, show: Say) -> None:
        self._say = say
        self._show = show
        self._groups: list[list[_Watched]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for group in reversed(self._groups):
            await asyncio.gather(*(one.stop() for one in group))

    async def start(self, *programs: Program) -> None:
        """Start programs, which stop together."""
        group: list[_Watched] = []
        self._groups.append(group)
        for program in programs:
            watched = _Watched(program, self._say, self._show)
            await watched.start()
            group.append(watched)

    async def until(self, look: Callable[[], Awaitable[bool]], *, seconds: float, what: str) -> None:
        """Wait until `look` returns true. Raises FailedError after `seconds`; what: what did not happen."""
        try:
            async with asyncio.timeout(seconds):
                while not await look():  # noqa: ASYNC110 - what is waited for is in other processes
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise FailedError(f"{what} within {seconds:.0f} seconds{self._last_words()}") from None

    def _last_words(self) -> str:
        printed = [line for group in self._groups for one in group for line in one.printed]
        return "".join(f"\n{line}" for line in printed[-_LAST_LINES:])


class _Watched:
    """One program, and the process that runs it now."""

    def __init__(self, program: Program, say: Say, show: Say) -> None:
        self._program = program
        self._say = say
        self._show = show
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self.printed: list[str] = []

    async def start(self) -> None:
        """Start it, and go on watching it."""
        await self._launch()
        self._watch = asyncio.create_task(self._keep(), name=f"watch {self._program.name}")

    async def stop(self) -> None:
        """End it: by its own signal, after its patience by SIGKILL."""
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(self._program.stop)
        reading = asyncio.create_task(self._read(process))
        try:
            async with asyncio.timeout(self._program.patience):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _launch(self) -> None:
        program = self._program
        self._process = await asyncio.create_subprocess_exec(
            *program.command,
            cwd=program.cwd,
            env=program.env,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,
            **program.options,
        )
        self._say(f"{program.name:<10} pid {self._process.pid:<8} {program.what}")

    async def _keep(self) -> None:
        while process := self._process:
            await self._read(process)
            code = await process.wait()
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            self._say(f"{self._program.name:<10} pid {process.pid} {how}; it starts again in {RESTART_SECONDS:.0f} s")
            await asyncio.sleep(RESTART_SECONDS)
            await self._launch()

    async def _read(self, process: Process) -> None:
        """Read what it prints, to its end."""
        if process.stdout is None:
            return
        async for raw in process.stdout:
            line = f"{self._program.name} | {raw.decode(errors='replace').rstrip()}"
            self.printed = [*self.printed[1 - _LAST_LINES :], line]
            if self._program.shown and not any(word in line for word in self._program.hidden):
                self._show(line)
