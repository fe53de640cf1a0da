"""Polls in batches: what they write, and that nothing found is lost, stored for another, or asked for less often."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import ProviderError, StoreFault, StoreUnavailable
from bot.domain.generation import TRIED_FOR, Generation, State, soft_deadline
from bot.domain.provider import Fault, JobState, JobStatus
from bot.domain.queue.claims import Work
from bot.runtime.context import OperatorPolicy
from bot.storage.store import SqlStore
from bot.workers.jobs import poll_records
from bot.workers.jobs.poll import PollWorker
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life
from tests.storage.sqlite_parts import sqlite
from tests.workers.conftest import world

ENGINES = POSTGRESQL_LONG

GAP = 0.001  # seconds between two polls here
RUNNING = JobStatus(job_id="j", state=JobState.RUNNING)
DONE = JobStatus(job_id="j", state=JobState.SUCCEEDED, video_url="https://cdn/v")
UNKNOWN = ProviderError(Fault.NOT_FOUND, "task_not_exist")
Answer = JobStatus | ProviderError | Callable[[], Awaitable[object]]


class Polls:
    """The poll loop on a store, between a UniAll that answers in turn and a count of what is written."""

    def __init__(self, store: SqlStore, life: Life, *answers: Answer, gap: float = GAP) -> None:
        self.store, self.life, self.answers = store, life, list(answers)
        self.asked: list[str] = []
        self.answered = asyncio.Event()
        self.writes = 0
        context = world(store, life, provider=self)
        self.world = replace(context, policy=OperatorPolicy(poll_min=gap, poll_max=gap))
        self.worker = PollWorker(self.world)
        write = store.db.write

        async def counted(work: Any) -> Any:
            self.writes += 1
            return await write(work)

        store.db.write = counted

    async def status(self, job_id: str, **_: object) -> JobStatus:
        """The next answer; between them a test may do something. With the last one, nothing more is asked."""
        while callable(self.answers[0]):
            await self.answers.pop(0)()  # pyright: ignore[reportCallIssue]
        answer = self.answers.pop(0)
        self.asked.append(job_id)
        if not self.answers:
            self.answers.append(self.rest)
        if isinstance(answer, ProviderError):
            raise answer
        assert isinstance(answer, JobStatus)
        return answer

    async def rest(self) -> None:
        """All is answered, and what came of it is stored as far as it will be."""
        self.answered.set()
        await asyncio.Event().wait()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The loop runs."""
        task = asyncio.create_task(self.worker.loop.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def to_the_end(self) -> None:
        """Until UniAll has given its last answer and the loop asks again."""
        async with self.running():
            await self.answered.wait()

    async def until(self, seen: Callable[[], Awaitable[bool]]) -> None:
        """Until something can be seen in the store; `seen` waits for the store, and so lets the loop run."""
        async with self.running():
            while not await seen():
                pass

    def never_by_itself(self) -> None:
        """From now on the second between two transactions does not pass."""
        self.worker.records.every = 3600.0


async def due(life: Life, count: int) -> list[Generation]:
    return [await life.submitted() for _ in range(count)]


async def test_jobs_that_are_due_together_are_claimed_and_recorded_together(store: SqlStore, life: Life) -> None:
    jobs = await due(life, 30)
    polls = Polls(store, life, *[RUNNING] * 30, gap=60)

    async def all_recorded() -> bool:
        return all([(await life.reload(job)).due_at > life.now for job in jobs])

    polls.worker.records.every = 0.0
    await polls.until(all_recorded)
    assert sorted(polls.asked) == sorted(str(job.job_id) for job in jobs)
    assert polls.writes < 15, polls.writes


async def test_a_job_that_is_due_again_at_once_is_polled_without_a_write_for_each_answer(
    store: SqlStore, life: Life
) -> None:
    [job] = await due(life, 1)
    polls = Polls(store, life, *[RUNNING] * 50, DONE)
    polls.never_by_itself()

    async def rendered() -> bool:
        return (await life.reload(job)).rendered_at is not None

    await polls.until(rendered)
    assert len(polls.asked) == 51
    assert polls.writes <= 5, "the claim, the first record, the end, and claims that found nothing"


async def test_what_was_found_is_counted_to_the_last_poll_and_shown_as_it_grows(store: SqlStore, life: Life) -> None:
    [job] = await due(life, 1)
    progress = [replace(RUNNING, progress=shown) for shown in (10, 40, 30, 70, None, 60)]
    polls = Polls(store, life, *progress, replace(RUNNING, progress=5))
    polls.worker.records.every = 0.01

    async def stored() -> bool:
        return (await life.reload(job)).tried == timedelta(seconds=7 * GAP)

    await polls.until(stored)
    assert (await life.reload(job)).progress == 70


async def test_a_crash_forgets_unstored_polls_and_they_are_made_again(store: SqlStore, life: Life) -> None:
    [job] = await due(life, 1)
    polls = Polls(store, life, *[replace(RUNNING, progress=9)] * 20)
    polls.never_by_itself()
    await polls.to_the_end()
    assert (await life.reload(job)).tried <= timedelta(seconds=2 * GAP), "as after the first polls"
    await store.void_leases(now=life.now)  # as the next process does
    life.later(milliseconds=5)
    again = await life.claim_poll(life.claim(), now=life.now)
    assert again
    assert (again.id, again.state) == (job.id, State.SUBMITTED)


async def test_a_job_that_another_claim_has_taken_is_neither_polled_on_nor_changed(store: SqlStore, life: Life) -> None:
    [job] = await due(life, 1)

    async def taken() -> None:
        await store.void_leases(now=life.now)
        later = life.now + timedelta(seconds=1)
        theirs = await store.claim_polls(polls.world.claim(600), most=1, most_overdue=1, now=later)
        assert [one.id for one in theirs] == [job.id]

    more = 10_000  # than are asked for until the next record is refused, however slow the machine is
    polls = Polls(store, life, RUNNING, taken, *[replace(RUNNING, progress=50)] * more)
    polls.worker.records.every = 0.01
    async with polls.running():
        while polls.worker.loop.under_way(lambda _: True) or not polls.asked:
            await life.reload(job)
    assert (await life.reload(job)).progress is None
    assert len(polls.asked) < more + 1


async def test_no_record_that_still_waits_overwrites_an_end(store: SqlStore, life: Life) -> None:
    jobs = await due(life, 2)
    blocked = ProviderError(Fault.TRANSIENT, "503")
    polls = Polls(store, life, RUNNING, RUNNING, RUNNING, RUNNING, blocked, blocked, DONE, DONE)
    polls.never_by_itself()

    async def rendered() -> bool:
        return all([(await life.reload(job)).rendered_at is not None for job in jobs])

    await polls.until(rendered)
    before = [await life.reload(job) for job in jobs]
    polls.worker.records.every = 0.0
    await asyncio.sleep(0)
    assert [await life.reload(job) for job in jobs] == before


async def test_that_uniall_does_not_know_a_job_is_stored_at_once(store: SqlStore, life: Life) -> None:
    [job] = await due(life, 1)
    polls = Polls(store, life, RUNNING, RUNNING, UNKNOWN)
    polls.never_by_itself()

    async def known_as_missing() -> bool:
        return (await life.reload(job)).missing_since is not None

    await polls.until(known_as_missing)
    assert (await life.reload(job)).state is State.SUBMITTED


async def test_a_job_is_overdue_at_its_deadline_also_where_it_is_never_claimed_again(
    store: SqlStore, life: Life
) -> None:
    [job] = await due(life, 1)

    async def late() -> None:
        life.now += soft_deadline(job.seconds)

    polls = Polls(store, life, RUNNING, RUNNING, late, RUNNING)
    polls.worker.records.every = 0.01

    async def marked() -> bool:
        return (await life.reload(job)).overdue

    await polls.until(marked)
    assert (await life.reload(job)).state is State.SUBMITTED


async def test_what_the_database_refuses_is_kept_and_stored_once_it_can_be(
    store: SqlStore, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_records, "PAUSE", 0.0)
    [job] = await due(life, 1)
    polls = Polls(store, life, replace(RUNNING, progress=42), gap=60)
    record, refused = store.record_polls, 2

    async def refusing(*args: Any, **fields: Any) -> Any:
        nonlocal refused
        if refused:
            refused -= 1
            raise StoreUnavailable(StoreFault.FULL, "full")
        return await record(*args, **fields)

    monkeypatch.setattr(store, "record_polls", refusing)

    async def stored() -> bool:
        return (await life.reload(job)).progress == 42

    await polls.until(stored)
    assert (refused, len(polls.asked)) == (0, 1)


async def test_a_job_is_given_up_by_the_tries_of_this_process_and_those_before(store: SqlStore, life: Life) -> None:
    [job] = await due(life, 1)
    nearly = int((TRIED_FOR - timedelta(seconds=3 * GAP)) / timedelta(milliseconds=1))
    await store.db.write(lambda db: db.execute("UPDATE generation SET tried_ms = ?", (nearly,)))
    polls = Polls(store, life, *[RUNNING] * 4)
    polls.never_by_itself()

    async def failed() -> bool:
        return (await life.reload(job)).state is State.FAILED

    await polls.until(failed)
    assert (await life.reload(job)).fault == "timed_out"


async def test_where_more_jobs_are_due_than_fit_each_is_polled_before_any_is_polled_again(
    store: SqlStore, life: Life
) -> None:
    jobs = await due(life, 12)
    polls = Polls(store, life, *[RUNNING] * 12)
    polls.worker.records.every = 0.01
    polls.worker.loop._width = 4
    await polls.to_the_end()
    assert len(set(polls.asked)) >= len(jobs) - 4


@pytest.mark.sqlite_only("it counts the steps of SQLite's engine")
async def test_claiming_costs_the_same_with_ten_jobs_at_uniall_or_with_thousands(store: SqlStore, life: Life) -> None:
    job, claim = await life.polling()
    await life.record_poll(job.id, claim, due_at=life.now, now=life.now)
    names = [row["name"] for row in await store.db.read("PRAGMA table_info(generation)")]
    own = {"id", "interaction_id", "job_id", "root_id", "draft_id", "due_at"}
    copies = [f"{name} || '-' || n" if name in own - {"due_at"} else name for name in names]
    copies[names.index("due_at")] = "due_at + 60000 + n"
    ticks: list[int] = []
    for count in (10, 3000):
        await store.db.write(
            lambda db, count=count: db.execute(
                f"WITH RECURSIVE number (n) AS (SELECT {count} UNION ALL SELECT n + 1 FROM number WHERE n < 2 * {count})"  # noqa: S608
                f" INSERT INTO generation ({', '.join(names)}) SELECT {', '.join(copies)} FROM generation, number"
                f" WHERE id = '{job.id}'"
            )
        )
        seen = 0

        def tick() -> int:
            nonlocal seen
            seen += 1
            return 0

        for connection in (sqlite(store)._writer, sqlite(store)._reader):
            await connection.set_progress_handler(tick, 20)
        got = await life.claim_poll(claim := life.claim(), now=life.now)
        assert got
        assert got.id == job.id
        assert await store.next_due(Work.POLL)
        await life.record_poll(job.id, claim, due_at=life.now, now=life.now)
        assert await store.claim_fetch(life.claim(), now=life.now) is None
        for connection in (sqlite(store)._writer, sqlite(store)._reader):
            await connection.set_progress_handler(lambda: 0, 20)
        ticks.append(seen)
    few, many = ticks
    assert many <= few * 1.2 + 2, ticks
