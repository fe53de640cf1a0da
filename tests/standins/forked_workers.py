"""The media workers of a forked bot, forked from it instead of started anew: each start would cost 0.3 s of a core.

What such a worker does, its limits and its end are the same. That it starts as a command of its own is proved in
`tests/media`. Imported by `preloaded` only.
"""

import gc
import inspect
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bot.media.pictures import images
from bot.media.videos import playable
from bot.media.workers import worker

_COMMAND = ["-P", "-m", worker.__name__]
_POPEN, _EXECUTE, _CLOSE = "Popen", "_execute_child", "_close_pipe_fds"  # asyncio, too, starts processes by it
_NAMES = inspect.signature(getattr(subprocess.Popen, _EXECUTE))
IMPORTED = (images, playable)  # by a worker, at its start


class ForkingPopen(subprocess.Popen[bytes]):
    """Any other command is started as ever."""

    def _execute_child(self, *given: Any) -> None:
        call = _NAMES.bind(self, *given).arguments
        words = [str(word) for word in call["args"]]
        if words[1:4] != _COMMAND:
            getattr(super(), _EXECUTE)(*given)
            return
        pid = os.fork()
        if pid == 0:
            _work(words[3:], call["env"], [call[end] for end in ("p2cread", "c2pwrite", "errwrite")])
        self.pid = pid
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        getattr(self, _CLOSE)(*(call[end] for end in pipes))


def _work(words: Sequence[str], env: Mapping[str, str], streams: Sequence[int]) -> None:
    try:
        gc.freeze()  # nothing of the bot's is finalized here
        signal.set_wakeup_fd(-1)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # the bot's connections end with the bot
        os.environ.clear()
        os.environ.update(env)
        sys.argv[:] = words
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        worker.main()
    finally:
        os._exit(1)


def install() -> None:
    """From now on, in this process and those that are forked from it."""
    setattr(subprocess, _POPEN, ForkingPopen)
