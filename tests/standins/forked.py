"""`sora-bot …` as a process that is forked from a server which has imported everything once (`preloaded`).

A start by `python -m bot run` costs a second of a core, most of it imports, and tests that kill the bot start it hundreds of
times. That the command itself starts, from its first import on, is proved in `tests/cli`.
"""

import asyncio
import ctypes
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

from bot.__main__ import main
from tests.standins import hurried

_SERVER = multiprocessing.get_context("forkserver")
SHORT_LIVES = "SHORT_LIVES"  # in the environment of a process: as `hurried.hurry_lives` says
_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000  # CLONE_NEWUSER, CLONE_NEWNS of Linux
_SERVER.set_forkserver_preload(["tests.standins.preloaded"])


class Forked:
    """A process with the part of `asyncio.subprocess.Process` that is needed."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @classmethod
    def start(
        cls, *words: str, cwd: Path, env: Mapping[str, str], stdout: Path, stderr: Path, mounts: str = ""
    ) -> Self:
        """Start `sora-bot` with these words in a session of its own, its output appended to files.

        mounts: a shell command that runs before it, by which it sees file systems that nobody else does (Linux).
        """
        process = _SERVER.Process(target=_run, args=(words, cwd, dict(env), stdout, stderr, mounts), daemon=True)
        process.start()
        return cls(process)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        assert self.returncode is not None
        return self.returncode


def _run(words: Sequence[str], cwd: Path, env: dict[str, str], stdout: Path, stderr: Path, mounts: str) -> None:
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = env["PYTHONPATH"].split(os.pathsep)  # its own workers get it
    for number, path in ((1, stdout), (2, stderr)):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    if env.get(SHORT_LIVES):
        hurried.hurry_lives()
    if mounts:
        _own_mounts()
        subprocess.run(["sh", "-c", mounts], check=True)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115 - line by line: both may be one file
    sys.exit(main(list(words)))


def _own_mounts() -> None:
    """As `unshare --user --map-root-user --mount` does for a command: root in a namespace of its own."""
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER | _NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, value in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path("/proc/self", name).write_text(value)
