"""Entries of one log channel take turns, and a flood leaves out only what moderators can do without."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.runtime import server_log
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import MOST_WAITING, announce


def event(kind: LogEventKind) -> LogEvent:
    return LogEvent(kind=kind, guild_id="1", member_id="2")


async def test_a_flood_is_posted_one_at_a_time_and_counted_beyond_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_log, "GAP", 0)
    posted: list[LogEvent] = []
    at_once: list[int] = []
    first, begun, over, under_way = asyncio.Event(), asyncio.Event(), asyncio.Event(), 0

    async def post_log(_: str, one: LogEvent) -> bool:
        nonlocal under_way
        under_way += 1
        at_once.append(under_way)
        begun.set()
        await first.wait()
        posted.append(one)
        under_way -= 1
        if one.kind is LogEventKind.LEFT_OUT:
            over.set()
        return True

    lines: dict[str, Any] = {}
    context = cast("ServiceContext", SimpleNamespace(notices=SimpleNamespace(post_log=post_log), log_lines=lines))
    for _ in range(MOST_WAITING + 10):
        announce(context, event(LogEventKind.FILTERED), channel_id="9")
    announce(context, event(LogEventKind.CHANGED), channel_id="9")
    await begun.wait()
    await asyncio.sleep(0)
    first.set()
    await over.wait()
    assert max(at_once) == 1
    kinds = [one.kind for one in posted]
    assert kinds.count(LogEventKind.FILTERED) == MOST_WAITING + 1
    assert kinds.count(LogEventKind.CHANGED) == 1
    assert (kinds[-1], posted[-1].count) == (LogEventKind.LEFT_OUT, 9)
