"""What holds the event loop is measured, named in the log, and fails the process tests by the processor time it took."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import structlog
from structlog.testing import capture_logs

from bot.monitoring import stalls
from bot.monitoring.metrics.recorder import Metrics
from bot.monitoring.stalls import Stall, Stalls
from tests.standins.process import LOOP_HELD, held_loop


@pytest.fixture
async def watch(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stalls]:
    monkeypatch.setattr(stalls, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(stalls, "log", structlog.get_logger())
    watched = Stalls()
    watched.start()
    await asyncio.sleep(2 * stalls.TICK)
    yield watched
    watched.stop()


def burn(seconds: float) -> None:
    """Use the processor for so long, however busy the machine is."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def test_a_step_that_computes_is_logged_with_its_place_and_counts_as_held(watch: Stalls) -> None:
    with capture_logs() as logs:
        burn(LOOP_HELD + 0.1)
        await asyncio.sleep(2 * stalls.TICK)
    [line] = [line for line in logs if held_loop(dict(line))]
    assert "burn" in line["where"]
    assert line["thread_cpu"] >= LOOP_HELD
    assert watch.longest() >= LOOP_HELD
    assert watch.longest_cpu() >= LOOP_HELD


async def test_a_loop_that_is_late_without_having_done_anything_is_logged_and_does_not_count(watch: Stalls) -> None:
    with capture_logs() as logs:
        time.sleep(LOOP_HELD + 0.1)  # noqa: ASYNC251 - as on a machine that has no time for it
        await asyncio.sleep(2 * stalls.TICK)
    assert [line["event"] for line in logs].count("loop_stalled") >= 1
    assert not [line for line in logs if held_loop(dict(line))]
    assert watch.longest() >= LOOP_HELD


async def test_the_metric_forgets_after_five_minutes() -> None:
    now = 1000.0
    watched = Stalls(lambda: now)
    watched.note(Stall(0.4, 0.3, 0.3))
    watched.note(Stall(0.1, 0.9, 0.9))
    assert (watched.longest(), watched.longest_cpu()) == (0.4, 0.3)
    metrics = Metrics(stalls=watched)
    page, _ = await metrics.page("", store=None, now=datetime.now(UTC), alive={}, ready=True)
    assert b"sora_bot_loop_longest_stall_seconds 0.4\n" in page
    assert b"sora_bot_loop_longest_stall_cpu_seconds 0.3\n" in page
    for _ in range(12):
        now += 30
        watched.note(Stall(0.0, 0.0, 0.0))
    assert (watched.longest(), watched.longest_cpu()) == (0.0, 0.0)
