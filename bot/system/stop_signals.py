"""Calls a function once the system or a person asks this process to stop: SIGTERM, SIGINT, and Ctrl+Break on Windows."""

import asyncio
import signal
from collections.abc import Callable

NAMES = ("SIGTERM", "SIGINT", "SIGBREAK")


def on_stop_signal(stop: Callable[[], object]) -> None:
    """Call `stop` in the running loop at each such signal. Only in the main thread."""
    loop = asyncio.get_running_loop()

    def soon(*_: object) -> None:
        loop.call_soon_threadsafe(stop)

    for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # the loops of Windows have none
            signal.signal(number, soon)
