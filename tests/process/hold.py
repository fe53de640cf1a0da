"""Holds encoding processes back, for tests that look at the bot while one works."""

import asyncio
import fcntl
import os
from pathlib import Path

from tests.process.conftest import Studio


class Hold:
    """Lets every worker of a module wait after its start, in an environment of its own.

    A worker has a lock for as long as it lives.
    """

    def __init__(self, folder: Path, module: str = "bot.media.videos.shrink") -> None:
        self.folder = folder / "hold"
        self.folder.mkdir()
        self._lock, self._gate = self.folder / "lock", self.folder / "gate"
        self._lock.touch()
        os.mkfifo(self._gate)
        (self.folder / "sitecustomize.py").write_text(
            "import fcntl, os, sys\n"
            f"if {module!r} in sys.orig_argv:\n"
            f"    lock = open({str(self._lock)!r})\n"
            "    fcntl.flock(lock, fcntl.LOCK_EX)\n"
            "    os.nice = lambda _: open(%r).read()\n" % str(self._gate)
        )

    def env(self, studio: Studio) -> dict[str, str]:
        """For a bot whose workers wait."""
        return {"PYTHONPATH": os.pathsep.join([str(self.folder), *studio.bot.env["PYTHONPATH"].split(os.pathsep)])}

    def lift(self) -> None:
        """The next workers do not wait."""
        (self.folder / "sitecustomize.py").unlink()

    @property
    def working(self) -> bool:
        """Whether a worker is alive."""
        with self._lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    async def release(self) -> None:
        """Lets the one that waits go on."""
        await asyncio.to_thread(self._gate.write_text, "")
