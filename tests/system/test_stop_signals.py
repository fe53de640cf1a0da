"""A signal to stop is heard, also by an event loop that has no handlers for signals, as those of Windows."""

import asyncio
import os
import signal
from typing import NoReturn

import pytest

from bot.system.stop_signals import on_stop_signal


def _none(*_: object) -> NoReturn:
    raise NotImplementedError


@pytest.mark.parametrize("has_handlers", [True, False])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops(has_handlers: bool, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    stopped = asyncio.Event()
    try:
        if not has_handlers:
            monkeypatch.setattr(loop, "add_signal_handler", _none)
        on_stop_signal(stopped.set)
        os.kill(os.getpid(), number)
        async with asyncio.timeout(30):
            assert await stopped.wait()
    finally:
        for each, handler in before.items():
            loop.remove_signal_handler(each)
            signal.signal(each, handler)
