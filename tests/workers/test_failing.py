"""A worker fails a job in one place: it is stored and given back first, then told to whoever must know."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.errors import LostLease, StoreFault, StoreUnavailable
from bot.domain.generation import Reason, State
from bot.domain.queue.claims import Work
from bot.runtime import persist
from bot.storage.store import SqlStore
from bot.system.background import finish_background
from bot.workers.jobs.failing import Failure, fail_job
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life
from tests.workers.conftest import world

ENGINES = POSTGRESQL_LONG

LOST = Failure(fault=Reason.LOST, detail="no such task", billed=True, alert="UniAll no longer knows it.")


class Told:
    """What came to the server's log channel and to the operator."""

    def __init__(self, store: SqlStore, life: Life) -> None:
        here: Any = self
        self.context = world(store, life, notices=here)
        self.log: list[Any] = []

    async def post_log(self, channel_id: str, event: Any) -> bool:
        self.log.append((channel_id, str(event.kind), event.generation.fault))
        return True

    async def operator(self) -> list[str]:
        await finish_background(5)
        waiting = self.context.alerts._waiting
        queued = [waiting.get_nowait() for _ in range(waiting.qsize())]
        return [text for _, text in queued if text is not None]


@pytest.fixture
async def told(store: SqlStore, life: Life) -> Told:
    await life.configure(lambda old: replace(old, log_channel_id="9"))
    return Told(store, life)


async def test_a_failed_job_is_given_back_and_everybody_is_told(store: SqlStore, life: Life, told: Told) -> None:
    job, claim = await life.submitting()
    await fail_job(told.context, job, claim, LOST)
    failed = await life.reload(job)
    assert (failed.state, failed.fault, failed.finished_at) == (State.FAILED, "lost", life.now)
    assert await told.operator() == ["UniAll no longer knows it."]
    assert told.log == [("9", "failed", "lost")]
    async with asyncio.timeout(60):
        for work in (Work.CARD, Work.SUBMIT):
            await told.context.wake_signals.wait(work, 60)


async def test_of_a_job_that_somebody_else_has_taken_over_nothing_is_told(
    store: SqlStore, life: Life, told: Told
) -> None:
    job, _ = await life.submitting()
    with pytest.raises(LostLease):
        await fail_job(told.context, job, life.claim(), LOST)
    assert (await life.reload(job)).state is State.SUBMITTING
    assert (await told.operator(), told.log) == ([], [])


@pytest.mark.parametrize("until_stored", [True, False])
async def test_a_database_that_is_away_is_waited_for_where_that_is_wanted(
    store: SqlStore, life: Life, told: Told, monkeypatch: pytest.MonkeyPatch, until_stored: bool
) -> None:
    monkeypatch.setattr(persist, "GAPS", (0.001, 0.001))
    job, claim = await life.submitting()
    whole, times = store.fail, 0

    async def away(*given: Any, **named: Any) -> None:
        nonlocal times
        times += 1
        if times < 3:
            raise StoreUnavailable(StoreFault.BUSY)
        await whole(*given, **named)

    monkeypatch.setattr(store, "fail", away)
    if until_stored:
        await fail_job(told.context, job, claim, LOST, until_stored=True)
        assert (await life.reload(job)).state is State.FAILED
    else:
        with pytest.raises(StoreUnavailable):
            await fail_job(told.context, job, claim, LOST)
        assert told.log == []
    assert times == (3 if until_stored else 1)
