"""Runs work on foreign bytes in worker processes: a file that crashes a decoder crashes only one worker.

Promised: a worker has bounded memory and, for one file, bounded processor time; neither token nor key in its
environment; a lower priority. It ends with the bot, however the bot ends: its stdin is a pipe, and the end of that pipe
ends the worker. A caller that waits may be cancelled at any moment; then the worker is killed.

One process (`bot.media.workers.worker`) handles one file after another, as long as each ends in a verdict, because its
start costs more than its work. After anything else, or when idle for a while, it is replaced. If the system has no such
limits (Windows), only the deadline applies.
"""

import asyncio
import contextlib
import errno
import json
import signal
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from bot.domain.errors import ProviderError
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal
from bot.media.workers.worker_limits import Kind, environment

MOST_FILES = 50  # for one process: what a decoder leaks ends with it
STARTS_WITHIN = 30.0  # seconds, on a busy machine
ENDS_WITHIN = 5.0
_OUT_OF_TIME = -int(getattr(signal, "SIGXCPU", 0)) or None  # as an exit code


class WorkerTrouble(StrEnum):
    """Why there is no result. busy: too many files are waiting."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"
    BUSY = "busy"


class WorkerFailed(Exception):
    """A file that killed its worker, or found none free."""

    def __init__(self, trouble: WorkerTrouble, why: str) -> None:
        super().__init__(why)
        self.trouble = trouble


@dataclass
class _Worker:
    process: asyncio.subprocess.Process
    files: int = 0
    idle: asyncio.TimerHandle | None = field(default=None)

    @classmethod
    async def start(cls, kind: Kind) -> "_Worker":
        """Start a worker. Raises OSError if this machine starts no process."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "bot.media.workers.worker", kind.name),
            *map(str, (kind.memory, kind.nice, kind.processor)),
            env=environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                ready = await cast("asyncio.StreamReader", process.stdout).readline()
        except TimeoutError:
            ready = b""
        except BaseException:
            await worker.end()
            raise
        if ready:
            return worker
        await worker.end()
        raise OSError(errno.EAGAIN, f"the worker for {kind.name} did not start ({process.returncode})")

    async def ask(self, what: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Process one file. Raises WorkerFailed if the process ended without a result."""
        self.files += 1
        to = cast("asyncio.StreamWriter", self.process.stdin)
        answers = cast("asyncio.StreamReader", self.process.stdout)
        try:
            to.write(json.dumps(what | {"bytes": len(data)}).encode() + b"\n")
            to.write(data)
            await to.drain()
            reply: dict[str, Any] = json.loads(await answers.readline())
            return reply, await answers.readexactly(reply["bytes"])
        except (ConnectionError, EOFError, ValueError) as error:
            # It is ending by itself: if it were killed now, asyncio would lose the exit code.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ENDS_WITHIN):
                    await self.process.wait()
            await self.end()
            ended = self.process.returncode
            trouble = WorkerTrouble.TIME if ended == _OUT_OF_TIME else WorkerTrouble.CRASH
            raise WorkerFailed(trouble, f"the worker ended with {ended}") from error

    async def end(self) -> None:
        """End the process at once."""
        if self.idle:
            self.idle.cancel()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()


class WorkerPool:
    """The processes of one kind. keep: seconds for which an idle one stays; with 0, each handles only one file."""

    def __init__(self, kind: Kind, *, keep: float = 0.0) -> None:
        self._kind = kind
        self._keep = keep
        self._free = asyncio.Semaphore(kind.most)
        self._idle: list[_Worker] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def do(
        self, what: dict[str, Any], data: bytes = b"", *, wait: float | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Return the result of one request. wait: seconds to wait for a free worker.

        Raises WorkerFailed; Refusal or ProviderError as the work itself does; OSError if a file or this machine is the
        cause.
        """
        try:
            async with asyncio.timeout(wait):
                await self._free.acquire()
        except TimeoutError:
            raise WorkerFailed(WorkerTrouble.BUSY, f"no place within {wait:g} s") from None
        try:
            return await self._do(what, data)
        finally:
            self._free.release()

    async def _do(self, what: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        worker = await self._take()
        good = False
        try:
            async with asyncio.timeout(self._kind.deadline):
                reply, given = await worker.ask(what, data)
            clean = reply["ok"] or reply["error"] in ("refusal", "provider")
            good = clean and worker.files < MOST_FILES and self._keep > 0
        except TimeoutError:
            raise WorkerFailed(WorkerTrouble.TIME, f"not done within {self._kind.deadline:g} s") from None
        finally:
            if good:
                self._give_back(worker)
            else:
                await worker.end()
        if reply["ok"]:
            return reply, given
        raise _error_of(reply)

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.idle:
                worker.idle.cancel()
            if worker.process.returncode is None:
                return worker
            await worker.end()
        return await _Worker.start(self._kind)

    def _give_back(self, worker: _Worker) -> None:
        worker.idle = asyncio.get_running_loop().call_later(self._keep, self._forget, worker)
        self._idle.append(worker)

    def _forget(self, worker: _Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            task = asyncio.get_running_loop().create_task(worker.end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End the idle processes. One that is busy ends with its file."""
        self._keep = 0.0
        idle, self._idle = self._idle, []
        await asyncio.gather(*(worker.end() for worker in idle), *self._ending)


def _error_of(reply: dict[str, Any]) -> Exception:
    """Rebuild the error that a worker raised."""
    why = str(reply.get("why", ""))
    match reply["error"]:
        case "refusal":
            return _refusal(RefusalCode(reply["code"]), reply["most"])
        case "provider":
            return ProviderError(reply["code"], why)
        case "os":
            return OSError(reply["errno"], why)
        case "memory":
            return WorkerFailed(WorkerTrouble.MEMORY, "out of memory")
        case _:
            return WorkerFailed(WorkerTrouble.CRASH, why)


def _refusal(code: RefusalCode, most: int | None) -> Refusal:
    """Rebuild the refusal of a picture that a worker raised."""
    match code:
        case RefusalCode.IMAGE_TOO_LARGE | RefusalCode.IMAGE_TOO_MANY_PIXELS if most is not None:
            return Refusal(AtMost(code, most=most))
        case _:
            return Refusal(code)
