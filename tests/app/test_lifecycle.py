"""The bot's stop: what closes its parts may use timeouts of its own, on every Python that the bot runs on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from bot.app import lifecycle


async def test_its_parts_are_closed_by_a_task_that_is_no_longer_being_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, cancelling = asyncio.Event(), list[int]()

    @asynccontextmanager
    async def part(*_: Any, **__: Any) -> AsyncGenerator[Any]:
        async def hold() -> None:
            held.set()
            await asyncio.Event().wait()

        try:
            yield SimpleNamespace(connection=SimpleNamespace(hold=hold), process=SimpleNamespace(alone=True))
        finally:
            task = asyncio.current_task()
            cancelling.append(task.cancelling() if task else -1)

    async def started(*_: Any) -> None:
        """The loops run."""

    monkeypatch.setattr(lifecycle, "_monitoring", part)
    monkeypatch.setattr(lifecycle, "open_app", part)
    monkeypatch.setattr(lifecycle, "_start", started)
    settings: Any = SimpleNamespace(database_url="sqlite:///none")
    life = asyncio.create_task(lifecycle._live(settings, lifecycle.Signals(), lifecycle.Role.RUN, None))
    await held.wait()
    life.cancel()
    await life
    assert cancelling == [0, 0]


async def test_a_stop_gives_the_replies_in_progress_as_long_as_the_jobs_and_takes_no_longer_for_both() -> None:
    begun = {"replies": asyncio.Event(), "jobs": asyncio.Event()}

    async def both(mine: str, other: str) -> None:
        begun[mine].set()
        await asyncio.wait_for(begun[other].wait(), timeout=30)

    async def replies(seconds: float) -> None:
        assert seconds >= lifecycle.DRAIN_SECONDS
        await both("replies", "jobs")

    async def drain(_: float) -> None:
        await both("jobs", "replies")

    bot: Any = SimpleNamespace(finish_answers=replies)
    jobs: Any = SimpleNamespace(drain=drain)
    await lifecycle._drain(bot, jobs, lifecycle.DRAIN_SECONDS)
