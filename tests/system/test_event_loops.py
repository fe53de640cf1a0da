"""The event loop: uvloop's where it is installed, and asyncio's own where it is not."""

import asyncio
import sys
from contextlib import closing

import pytest

from bot.system.event_loops import new_event_loop


def test_the_bot_runs_on_uvloop_where_it_is_installed() -> None:
    uvloop = pytest.importorskip("uvloop")
    with closing(new_event_loop()) as loop:
        assert isinstance(loop, uvloop.Loop)


def test_without_uvloop_the_bot_runs_on_asyncio_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with closing(new_event_loop()) as loop:
        assert type(loop).__module__.startswith("asyncio")
        assert loop.run_until_complete(asyncio.sleep(0, "runs")) == "runs"
