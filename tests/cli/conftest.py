"""The command line as processes of their own, in an empty folder, with nothing of this machine in the environment.

Of each command one process is started by `python -m bot`, from its first import on. An interpreter and its imports take more
than a second of a core, so the others are forked from a server that has imported everything (`tests.standins.forked`). The
fixtures of a module start all their processes together and keep what each printed. Whatever is run, no output may hold a
traceback, the token or the key.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.standins.forked import Forked

TOKEN, KEY = "MTIzNDU2.the.token-of-the-bot", "sk-the-key-of-uniall"
WRONG = "a-wrong-secret-of-ours"
AT_ONCE = 3
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a process said and how it ended."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def reason(self) -> str:
        """The one line on stderr that says why it failed."""
        reasons = [line for line in self.err.splitlines() if line.startswith("sora-bot: ")]
        assert len(reasons) == 1, self.err
        assert self.err.splitlines()[-1] == reasons[0], self.err
        return reasons[0]


class Runner:
    """Runs `sora-bot` with these settings, a few at once, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def __call__(
        self,
        settings: Mapping[str, str],
        *arguments: str,
        files: Mapping[str, bytes] | None = None,
        until: Callable[[], Awaitable[None]] | None = None,
        end: signal.Signals = signal.SIGTERM,
        forked: bool = True,
    ) -> Ran:
        """Until it ends by itself, or, with `until`, is sent a signal after that. forked: without its own imports."""
        async with self._gate:
            folder = self._folder / str(len(os.listdir(self._folder)))
            folder.mkdir()
            for name, content in (files or {}).items():
                (folder / name).write_bytes(content)
            out, err = (self._folder.parent / f"{self._folder.name}-{folder.name}.{name}" for name in ("out", "err"))
            environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SSL_CERT_DIR": str(folder)}
            asked = (arguments, folder, environment | dict(settings), out, err)
            process = _fork(*asked) if forked else await _start(*asked)
            try:
                async with asyncio.timeout(120):
                    if until is not None:
                        await until()
                        process.send_signal(end)
                    code = await process.wait()
            finally:
                if process.returncode is None:
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
            return Ran(code=code, out=out.read_text("utf-8"), err=err.read_text("utf-8"), folder=folder)


async def _start(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], out: Path, err: Path
) -> asyncio.subprocess.Process:
    with out.open("wb") as stdout, err.open("wb") as stderr:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )


def _fork(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], out: Path, err: Path) -> Forked:
    out.touch()
    err.touch()
    return Forked.start(*arguments, cwd=folder, env={"PYTHONPATH": str(_ROOT), **environment}, stdout=out, stderr=err)


def nowhere() -> str:
    """An address on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


async def together(runs: Mapping[str, Awaitable[Ran]]) -> dict[str, Ran]:
    """All of them, by name."""
    ended = dict(zip(runs, await asyncio.gather(*runs.values(), return_exceptions=True), strict=True))
    for name, ran in ended.items():
        if isinstance(ran, BaseException):
            raise AssertionError(name) from ran
        for said in (ran.out, ran.err):
            assert "Traceback" not in said, f"{name}: {said}"
            assert not any(secret in said for secret in (TOKEN, KEY, WRONG)), f"{name}: {said}"
    return {name: ran for name, ran in ended.items() if isinstance(ran, Ran)}
