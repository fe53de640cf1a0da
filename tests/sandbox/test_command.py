"""The subcommand: usage, exit codes, one line where something is wrong."""

import argparse
import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from bot.__main__ import main
from sandbox import command
from sandbox.markers import MARKERS
from sandbox.once import words_of
from sandbox.session import open_session
from tests.sandbox.conftest import FAST, probe
from tests.standins.forked import Forked


async def finish(*words: str, cwd: Path) -> tuple[int | None, str, str]:
    """Run the command, from its first import on; its exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "sandbox", *words),
        cwd=cwd,
        env={**os.environ, "TMPDIR": str(cwd)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


class Started:
    """The same command, forked from a process that has imported everything. Its output is kept outside its folder."""

    def __init__(self, *words: str, folder: Path) -> None:
        self.folder, self._out, self._err = folder / "its", folder / "out", folder / "err"
        self.folder.mkdir()
        for file in (self._out, self._err):
            file.touch()
        env = {"PYTHONPATH": "", **os.environ, "TMPDIR": str(self.folder)}
        self.process = Forked.start("sandbox", *words, cwd=self.folder, env=env, stdout=self._out, stderr=self._err)

    async def first_line(self) -> str:
        """What it says first."""
        while not (text := self._out.read_text()):
            assert self.process.returncode is None, self._err.read_text()
            await asyncio.sleep(0.02)
        return text.splitlines()[0]

    async def ended(self) -> tuple[int, str, str]:
        """Its exit code, output and errors, once it has ended."""
        return await self.process.wait(), self._out.read_text(), self._err.read_text()


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_once_prints_steps_and_the_path_of_a_real_video(tmp_path: Path) -> None:
    code, out, err = await finish("--once", "A paper boat", "--seconds", "0.2", cwd=tmp_path)

    assert (code, err) == (0, "")
    path = out.splitlines()[-1]
    assert await asyncio.to_thread(files_in, tmp_path) == [path]
    seen = probe(await asyncio.to_thread((tmp_path / path).read_bytes))
    assert (seen["codec"], seen["seconds"]) == ("h264", 4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_page_with_0_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    sandbox = Started(folder=tmp_path)
    line = await sandbox.first_line()
    assert line.startswith("Sora Bot sandbox: http://127.0.0.1:")
    sandbox.process.send_signal(number)
    assert await sandbox.ended() == (0, f"{line}\n", "")
    assert await asyncio.to_thread(files_in, sandbox.folder) == []


async def test_a_taken_port_is_one_line_and_1(tmp_path: Path) -> None:
    holder = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = holder.sockets[0].getsockname()[1]
    assert await Started("--port", str(port), folder=tmp_path).ended() == (1, "", f"sora-bot: port {port} is taken\n")
    holder.close()
    await holder.wait_closed()


@pytest.mark.parametrize(
    "words", [["--once", "  "], ["--port", "0"], ["--port", "http"], ["--seconds", "-1"], ["--seconds", "nan"]]
)
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["sandbox", *words])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_wrong_setting_is_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DEFAULT_QUOTA", "plenty")
    assert main(["sandbox"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


async def test_help_in_the_sandbox_names_every_marker() -> None:
    settings = command.sandbox_settings(log_level="ERROR")
    async with open_session(partial(command.open_application, settings), seconds=FAST) as session:
        member, channel = session.server.people[0], session.server.channels[0]
        async with session.driver.turn():
            shown = await member.slash(channel, "help")
    assert shown.response is not None
    text = words_of(shown.response.message)
    assert all(f"`{marker}`" in text for marker in MARKERS)
    assert len(text) < 4000
