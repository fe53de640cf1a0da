"""The real bot as a process of its own, against the stand-ins.

`async with BotProcess(discord, tmp_path, uniall_base_url=...) as bot:` promises a bot that is connected and whose
commands are known, in a clean environment and in a folder of its own, so that no `.env` and no variable of the
developer's reaches it. Everything it keeps (database, media) lies in that folder, so `kill` and `start` again is a
crash and a restart. On leaving it is stopped; a test that fails gets the end of its output as a note.

However it ends, it must not have held its event loop: `LOOP_HELD` seconds of its own processor time between two turns of the
loop fail the test. Time on the wall would not do: on a busy machine a bot that does nothing is late as well. The promise is
100 ms; the bound leaves room for a processor that is slower or shared, and every stall that was ever found was far above.
"""

import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.standins.discord import DiscordStandIn
from tests.standins.discord.waiting import PATIENCE, TooLate
from tests.standins.forked import Forked
from tests.standins.shapes import JsonObject, is_object

_ROOT = Path(__file__).resolve().parents[2]
LOOP_HELD = 0.5
_PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH")


def held_loop(record: JsonObject) -> bool:
    """Whether a log line says that one step held the event loop for too long, by the bot's own processor time."""
    return record.get("event") == "loop_stalled" and record["process_cpu"] >= LOOP_HELD


class Exited(AssertionError):
    """The process ended before it was ready."""


class BotProcess:
    """One bot in one folder, started as often as a test likes.

    `env` adds to its environment; None takes a variable away. `words` are those of another role than `run`; `command` is
    another than `sora-bot`.
    `mounts` is a shell command that gives it file systems of its own before it starts (Linux).
    `address`: of its PostgreSQL database; None: its database is the SQLite file `database`.
    Paths: `database`, `media`, and `stdout` and `stderr` of the latest start.
    """

    def __init__(
        self,
        discord: DiscordStandIn,
        folder: Path,
        *,
        uniall_base_url: str = "http://127.0.0.1:9",
        env: Mapping[str, str | None] | None = None,
        words: Sequence[str] = ("run",),
        command: Sequence[str] = (),
        mounts: str = "",
    ) -> None:
        self._discord = discord
        self._folder = folder
        self._words = words
        self._command = command
        self._mounts = mounts
        self._process: asyncio.subprocess.Process | Forked | None = None
        self._starts = 0
        self.database = folder / "sora-bot.db"
        self.address: str | None = None
        self.media = folder / "media"
        self.stdout = self.stderr = folder / "none"
        wanted: dict[str, str | None] = {
            **{name: os.environ.get(name) for name in _PASSED_ON},
            "HOME": str(folder),
            "MPLCONFIGDIR": os.environ.get(
                "MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib")
            ),  # its list of fonts
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
            "SSL_CERT_DIR": str(
                folder
            ),  # no authorities: the stand-ins speak plain HTTP, and reading them takes 70 ms a start
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE_URL": discord.base_url,
            "UNIALL_API_KEY": "key-of-the-stand-in",
            "UNIALL_BASE_URL": uniall_base_url,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "MEDIA_DIR": str(self.media),
            "POLL_MIN_SECONDS": "0.1",
            "POLL_MAX_SECONDS": "1",
            "ALLOW_LOCAL_MEDIA": "true",
            "LOG_FORMAT": "json",
            **(env or {}),
        }
        self.env = {name: value for name, value in wanted.items() if value is not None}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.running:
                await self.stop()
        finally:
            if self._process and self.running:
                await self.kill()
            if error is not None:
                error.add_note(self._last_words())

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    async def launch(self) -> None:
        """Starts it and does not wait; for a start that is to fail, `exited` gives the code."""
        assert not self.running, "it runs already"
        self._starts += 1
        self.stdout = self._folder / f"run-{self._starts}.out"
        self.stderr = self._folder / f"run-{self._starts}.err"
        with self.stdout.open("wb") as out, self.stderr.open("wb") as err:
            if not self._command:
                self._process = Forked.start(
                    *self._words,
                    cwd=self._folder,
                    env=self.env,
                    stdout=self.stdout,
                    stderr=self.stderr,
                    mounts=self._mounts,
                )
                return
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._folder,
                env=self.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    async def start(self) -> None:
        """Starts it and waits until its gateway session is live and its commands are known."""
        earlier = len(self._discord.gateway.sessions)
        await self.launch()

        def look() -> bool:
            if not self.running:
                raise Exited(f"exit code {self._process and self._process.returncode}\n{self._last_words()}")
            new = self._discord.gateway.sessions[earlier:]
            return any(session in self._discord.gateway.live for session in new) and bool(
                self._discord.application.commands
            )

        try:
            await self._discord.wait_for(look, "a bot that is connected and has synced its commands")
        except BaseException as error:
            error.add_note(self._last_words())
            if self.running:
                await self.kill()
            raise

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        return await self.signal(signal.SIGTERM)

    async def signal(self, number: signal.Signals) -> int:
        """Another signal that ends it; its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return await self.exited()

    async def kill(self) -> int:
        """SIGKILL, as a crash of the machine would: what it had started goes too."""
        assert self._process is not None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has just begun, and is not yet a session of its own; or it has ended
            self._process.send_signal(signal.SIGKILL)
        return await self.exited()

    async def exited(self) -> int:
        """Waits for its end; its exit code, negative for a signal."""
        assert self._process is not None
        try:
            code = await asyncio.wait_for(self._process.wait(), PATIENCE)
        except TimeoutError:
            raise TooLate(f"the bot did not end within {PATIENCE:g} s") from None
        stalls = [json.loads(line) for line in self.output().splitlines() if '"loop_stalled"' in line]
        held = [stall for stall in stalls if held_loop(stall)]
        assert not held, f"something held the bot's event loop: {held}"
        return code

    def output(self) -> str:
        """What the latest start has written so far, stdout first."""
        return "".join(path.read_text(errors="replace") for path in (self.stdout, self.stderr) if path.exists())

    def records(self) -> list[JsonObject]:
        """The log lines of the latest start that are JSON objects, in order."""
        found: list[JsonObject] = []
        for line in self.output().splitlines():
            if line.startswith("{"):
                record = json.loads(line)
                if is_object(record):
                    found.append(record)
        return found

    def _last_words(self) -> str:
        lines = self.output().splitlines()[-40:]
        return "\n".join(["the bot's last words:", *lines]) if lines else "the bot said nothing"
