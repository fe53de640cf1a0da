"""What UniAll has answered is stored, however long the database is away and whatever became of the lease meanwhile."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.errors import StoreFault, StoreUnavailable
from bot.domain.generation import Generation, State
from bot.domain.provider import Accepted, Fault, JobState, JobStatus, Order, Outcome, Refused, Unclear
from bot.domain.queue.claims import Claim
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Scope
from bot.runtime import persist as storing
from bot.runtime.alerts import Alerts
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.own_process import OwnProcess, only_process
from bot.runtime.wake_signals import WakeSignals
from bot.storage.postgres.connection import LOCK_MS
from bot.storage.sqlite import database
from bot.storage.store import SqlStore
from bot.workers.jobs.reconcile import Reconciliation
from bot.workers.jobs.submit import SubmitWorker
from bot.workers.loops.claim_loop import LONGEST_SLEEP
from bot.workers.watchers import database_health
from bot.workers.watchers.database_health import DatabaseHealth
from tests.process.database import Rows
from tests.storage.life import EVERYTHING, Life
from tests.storage.sqlite_parts import sqlite

ACCEPTED = Accepted(status=JobStatus(job_id="task_1", state=JobState.QUEUED))


class UniAll:
    """Answers the one submit once it is told to, with `outcome`; lists nothing, or cannot list."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def submit(self, _: Order) -> Outcome:
        self.asked.set()
        await self.answer.wait()
        return self.outcome

    async def recent(self) -> None:
        return None


class Desk:
    """The submit loop's work on one job, by hand."""

    def __init__(self, store: SqlStore, outcome: Outcome) -> None:
        self.store, self.life, self.uniall = store, Life(store), UniAll(outcome)
        self.told: list[str] = []
        here = cast(Any, self)
        self.world = ServiceContext(
            store=store,
            provider=cast(Any, self.uniall),
            messenger=here,
            notices=here,
            media=here,
            catalog=Catalog.read(),
            clock=here,
            ids=here,
            random=random.Random(0),
            policy=OperatorPolicy(),
            wake_signals=WakeSignals(),
            alerts=Alerts(here, here),
        )

    def now(self) -> datetime:
        return self.life.now

    async def post_log(self, *_: object) -> bool:
        return True

    async def tell_operator(self, text: str) -> None:
        self.told.append(text)

    async def sending(self) -> tuple[Generation, Claim, asyncio.Task[None]]:
        """A job whose paid call is under way."""
        await self.life.accept(self.life.new(model="sora2-landscape-4s", micros=272_000), limits=EVERYTHING)
        claim = self.life.claim()
        job = await self.store.claim_submit(claim, most=9, now=self.life.now)
        assert job is not None
        work = asyncio.ensure_future(SubmitWorker(self.world)._one(job, claim))
        await self.uniall.asked.wait()
        return job, claim, work


@asynccontextmanager
async def locked(store: SqlStore, path: Path) -> AsyncGenerator[None]:
    with Rows(path).locked():
        yield


@asynccontextmanager
async def read_only(store: SqlStore, path: Path) -> AsyncGenerator[None]:
    await sqlite(store)._writer.execute("PRAGMA query_only = ON")
    yield
    await sqlite(store)._writer.execute("PRAGMA query_only = OFF")


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqlStore]:
    monkeypatch.setattr(database, "LOCK_PATIENCE", 0.0)
    monkeypatch.setattr(storing, "GAPS", (0.005, 0.01))
    opened = await SqlStore.open(tmp_path / "bot.db")
    yield opened
    await opened.close()


async def fails(store: SqlStore, times: int) -> None:
    """Until so many writes have failed."""
    heard: list[StoreUnavailable | None] = []
    store.db.watch = heard.append
    while sum(error is not None for error in heard) < times:  # noqa: ASYNC110 - the loop's own work
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("fault", [locked, read_only])
@pytest.mark.parametrize(
    ("outcome", "state", "used"),
    [
        (ACCEPTED, State.SUBMITTED, (0, 1)),
        (Refused(fault=Fault.CONTENT_BLOCKED, detail="no"), State.FAILED, (0, 0)),
        (Unclear(detail="cut"), State.UNKNOWN, (0, 1)),
    ],
)
async def test_an_answer_is_kept_until_the_database_takes_it(
    store: SqlStore, tmp_path: Path, fault: Callable[..., Any], outcome: Outcome, state: State, used: tuple[int, int]
) -> None:
    desk = Desk(store, outcome)
    job, _, work = await desk.sending()
    async with fault(store, tmp_path / "bot.db"):
        desk.uniall.answer.set()
        await fails(store, 3)
        assert not work.done()
    await work
    assert (await desk.life.reload(job)).state is state
    assert await desk.life.tally(Scope.MEMBER) == used
    assert desk.world.sending == set()


async def test_an_answer_that_comes_after_the_end_of_its_lease_is_stored_and_nobody_gives_the_job_up(
    store: SqlStore,
) -> None:
    desk = Desk(store, ACCEPTED)
    job, claim, work = await desk.sending()
    desk.life.now = claim.until + timedelta(minutes=10)  # this machine slept
    await Reconciliation(desk.world).look()
    assert (await desk.life.reload(job)).state is State.UNKNOWN
    desk.uniall.answer.set()
    await work
    job = await desk.life.reload(job)
    assert (job.state, job.job_id) == (State.SUBMITTED, "task_1")


async def test_an_id_that_comes_when_the_job_is_given_up_is_kept_and_the_operator_told(store: SqlStore) -> None:
    desk = Desk(store, ACCEPTED)
    job, claim, work = await desk.sending()
    await store.submitting(now=claim.until)
    await store.fail(job.id, None, fault="unclear", detail="", resolution=Resolution.BILLED, now=claim.until)
    desk.uniall.answer.set()
    await work
    job = await desk.life.reload(job)
    assert (job.state, job.job_id) == (State.FAILED, "task_1")
    alerts = asyncio.ensure_future(desk.world.alerts.run())
    while not desk.told:  # noqa: ASYNC110 - posted in a task of its own
        await asyncio.sleep(0)
    alerts.cancel()
    assert "task_1 after it had been given up" in desk.told[0]


async def test_the_operator_hears_once_of_trouble_and_once_of_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_health, "CALM", 0.05)
    monkeypatch.setattr(database_health, "LOOK", 0.01)
    told: list[str] = []

    class Told(Alerts):
        def tell(self, cause: str, text: str) -> None:
            told.append(text)

    class Clock:
        def now(self) -> datetime:
            raise AssertionError

    health = DatabaseHealth(Told(cast(Any, None), Clock()), only_process())
    running = asyncio.ensure_future(health.loop.run())
    for _ in range(2):
        told.clear()
        for _ in range(5):  # on a full disk some writes still find room
            health.observe(StoreUnavailable(StoreFault.FULL))
            health.observe(None)
        await asyncio.sleep(0)
        assert len(told) == 1
        assert "disk of the database is full" in told[0]
        while len(told) < 2:  # noqa: ASYNC110 - it is looked at now and then
            await asyncio.sleep(0.01)
        assert told[1] == "The database can be written again."
    running.cancel()


@pytest.mark.parametrize(
    ("alone", "text"),
    [
        (True, "Another program holds the database locked. "),
        (
            False,
            "The database does not answer in time. Nothing new is taken on until it does; nothing is lost. It says: slow.",
        ),
    ],
)
async def test_a_busy_server_is_not_told_as_a_locked_file(alone: bool, text: str) -> None:
    told: list[str] = []

    class Told(Alerts):
        def tell(self, cause: str, text: str) -> None:
            told.append(text)

    process = OwnProcess("one", alone=alone)
    process.led = True
    health = DatabaseHealth(Told(cast(Any, None), cast(Any, None)), process)
    health.observe(StoreUnavailable(StoreFault.BUSY, "slow"))
    assert told[0].startswith(text)


async def test_a_table_locked_by_another_program_is_not_over_between_two_writes_that_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []

    class Told(Alerts):
        def tell(self, cause: str, text: str) -> None:
            told.append(text)

    process = OwnProcess("one of several", alone=False)
    process.led = True
    health = DatabaseHealth(Told(cast(Any, None), cast(Any, None)), process)
    monkeypatch.setattr(database_health, "CALM", 0.0)
    health.observe(StoreUnavailable(StoreFault.BUSY))
    health.observe(None)  # to a table that nobody has locked
    await health.look()
    assert len(told) == 1
    assert database_health.CALM_SHARED > LOCK_MS / 1000 + LONGEST_SLEEP
    monkeypatch.setattr(database_health, "CALM_SHARED", 0.0)
    await health.look()
    assert told[1:] == ["The database can be written again."]
