"""What bounds a process that decodes or encodes: its memory, its time, its priority, and what it knows of the bot."""

import contextlib
import os
import signal
import sys
from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows
    resource = None

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The limits for one kind of work.

    memory: bytes of address space; processor: seconds of processor time for one file; deadline: seconds of real time,
    which is longer if nobody waits for the result. most: files at once.
    """

    name: str
    memory: int
    processor: float
    deadline: float
    nice: int
    most: int = 2


IMAGES = Kind(name="images", memory=1_500 * 2**20, processor=10, deadline=10, nice=2)
VIDEOS = Kind(name="videos", memory=2 * 2**30, processor=40, deadline=120, nice=5)


def be_modest(nice: int, memory: int) -> None:
    """Lower the priority and bound the memory; on systems that do not support it, do nothing."""
    if hasattr(os, "nice"):
        os.nice(nice)
    if resource:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def leave_signals_to_the_bot() -> None:
    """Ignore signals that are meant for the bot, which decides when to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def environment() -> dict[str, str]:
    """Return the parts of the bot's environment that a worker receives."""
    known = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return known | {"PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)}
