"""The command line as processes of their own, in an empty folder, with nothing of this machine in the environment.

Starting an interpreter takes a while: the fixtures of a module start all their processes together and keep what each
said. Whatever is run, no output may hold a traceback, the token or the key.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

TOKEN, KEY = "MTIzNDU2.the.token-of-the-bot", "sk-the-key-of-uniall"
WRONG = "a-wrong-secret-of-ours"
AT_ONCE = 3


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
    """Runs `python -m bot` with these settings, a few at once, each in a folder of its own."""

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
    ) -> Ran:
        """Until it ends by itself, or, with `until`, is sent a signal after that."""
        async with self._gate:
            folder = self._folder / str(len(os.listdir(self._folder)))
            folder.mkdir()
            for name, content in (files or {}).items():
                (folder / name).write_bytes(content)
            environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", *arguments),
                cwd=folder,
                env=environment | dict(settings),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(40):
                    if until is not None:
                        await until()
                        process.send_signal(end)
                    out, err = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.communicate()
            return Ran(code=process.returncode or 0, out=out.decode(), err=err.decode(), folder=folder)


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
