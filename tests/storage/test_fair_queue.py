"""Any order of requests, claims, ends, cancellations and holds: the queue serves members fairly, at the same cost."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.domain.generation import Generation
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.order import in_order
from bot.storage.jobs.queue_state import read_queue, state_of
from bot.storage.sqlite.schema import migrations
from bot.storage.store import SqlStore
from tests.conftest import POSTGRESQL_LONG, SQLITE
from tests.storage.conftest import Opener
from tests.storage.empty import put_empty
from tests.storage.former_queue import QUEUE
from tests.storage.life import MANY, Life
from tests.storage.postgres.server import PostgresServer
from tests.storage.sqlite_parts import sqlite
from tests.storage.test_plans import traced

ENGINES = POSTGRESQL_LONG
ONCE = settings(max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
DO = st.sampled_from(["accept", "accept", "claim", "claim", "end", "cancel", "hold"])
STEPS = st.lists(st.tuples(DO, st.integers(0, 3), st.integers(0, 99)), min_size=20, max_size=60)
MEMBERS = ("zoe", "bob", "cem", "ann")


class Queue:
    """A store whose jobs wait, are claimed, and end. waiting, held, flying: by id, the member; the oldest first."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.life = Life(store)
        self.waiting: dict[str, str] = {}
        self.held: dict[str, str] = {}
        self.flying: dict[str, str] = {}
        self.oldest: dict[str, str] = {}  # by member, before the last claim

    async def accept(self, member: str) -> None:
        job = await self.life.accept(self.life.new(member, guild=f"guild of {self.life.now.microsecond % 2}"))
        self.waiting[job.id] = member

    async def claim(self, *, hold: bool = False) -> Generation | None:
        """Claim the next job and send it; hold: it could not be sent, and waits for later."""
        claim = self.life.claim()
        self.oldest = {member: job_id for job_id, member in reversed(self.waiting.items())}
        job = await self.store.claim_submit(claim, most=MANY, now=self.life.now)
        if job is None:
            return None
        now = self.life.now
        del self.waiting[job.id]
        if hold:
            later = now + timedelta(days=9)
            await self.store.release_submit(job.id, claim, hold="x", due_at=later, now=now)
            self.held[job.id] = job.member_id
            return job
        status = JobStatus(job_id=f"job-{job.id}", state=JobState.RUNNING)
        await self.store.record_submitted(job.id, claim, status, due_at=now, now=now)
        self.flying[job.id] = job.member_id
        return job

    async def end(self, pick: int) -> None:
        """One of the jobs in flight has its video."""
        if self.flying:
            job_id = list(self.flying)[pick % len(self.flying)]
            await self.store.db.write(lambda db: db.execute(ENDED, (job_id,)))
            del self.flying[job_id]

    async def cancel(self, pick: int) -> None:
        if waiting := {**self.waiting, **self.held}:
            job_id = list(waiting)[pick % len(waiting)]
            await self.store.cancel(job_id, now=self.life.now)
            self.waiting.pop(job_id, None)
            self.held.pop(job_id, None)

    async def former(self) -> list[str]:
        """The order of the query that computed it anew."""
        found = await self.store.db.read(f"{QUEUE} SELECT id FROM queue ORDER BY place")  # noqa: S608
        return [row["id"] for row in found]

    async def counted(self) -> dict[str, tuple[int, int]]:
        """How many jobs of each member wait and are in flight, as the database counts them."""
        found = await self.store.db.read("SELECT * FROM queue_member WHERE waiting <> 0 OR flying <> 0")
        return {row["member_id"]: (row["waiting"], row["flying"]) for row in found}


ENDED = "UPDATE generation SET rendered_at = submitted_at WHERE id = ?"


@pytest.fixture(scope="module")
def server(engine: str, request: pytest.FixtureRequest) -> PostgresServer | None:
    """The server that has the databases; None for files."""
    return None if engine == SQLITE else request.getfixturevalue("postgres")


@asynccontextmanager
async def a_store(server: PostgresServer | None) -> AsyncGenerator[SqlStore]:
    with TemporaryDirectory() as folder:
        address = await server.take() if server else put_empty(Path(folder) / "bot.db")
        store = await SqlStore.open(address)
        try:
            if server is None:
                await sqlite(store)._writer.fetch("PRAGMA synchronous = OFF")
            yield store
        finally:
            await store.close()
            if server:
                await server.give_back(str(address))


def played(
    server: PostgresServer | None,
    steps: Sequence[tuple[str, int, int]],
    play: Callable[[Queue, str, int, int], Awaitable[None]],
) -> None:
    async def run() -> None:
        async with a_store(server) as store:
            queue = Queue(store)
            for do, who, pick in steps:
                await play(queue, do, who, pick)

    asyncio.run(run())


@ONCE
@given(steps=STEPS)
def test_whoever_waits_sees_every_other_member_served_once_at_most(
    server: PostgresServer | None, steps: Sequence[tuple[str, int, int]]
) -> None:
    """Where every job ends at once. So nobody's twenty go before another's first, nobody starves, and all who always have
    a job waiting get equal shares.

    The former order gave way to whoever had never been served, so that a stream of newcomers could keep others waiting
    for ever. Here a newcomer takes the turn that is being served.
    """
    since: dict[str, Counter[str]] = {}  # how often each other member was served while this one had a job that could go

    async def play(queue: Queue, do: str, who: int, pick: int) -> None:
        if do == "accept":
            await queue.accept(MEMBERS[who])
        elif do == "cancel":
            await queue.cancel(pick)
        elif job := await queue.claim(hold=do == "hold"):
            assert job.id == queue.oldest[job.member_id]
            await queue.end(0)
            if do != "hold":
                for others in since.values():
                    others[job.member_id] += 1
            since[job.member_id] = Counter()
        for member in MEMBERS:
            if member not in queue.waiting.values():
                since.pop(member, None)
            others = since.setdefault(member, Counter()) if member in queue.waiting.values() else Counter[str]()
            assert max(others.values(), default=0) <= 1

    played(server, [(do, who, pick) for do, who, pick in steps if do != "end"], play)


@ONCE
@given(steps=STEPS)
def test_the_next_job_is_the_oldest_of_a_member_with_the_fewest_in_flight_as_it_was_before(
    server: PostgresServer | None, steps: Sequence[tuple[str, int, int]]
) -> None:
    """The former order counted the same jobs in flight: it differs only between members who have equally many, where it
    took the one served longest ago, never served first. With held jobs it counted those as well, so they are left out.
    """

    async def play(queue: Queue, do: str, who: int, pick: int) -> None:
        if do == "accept":
            await queue.accept(MEMBERS[who])
        elif do == "cancel":
            await queue.cancel(pick)
        elif do == "end":
            await queue.end(pick)
        else:
            flying, former = Counter(queue.flying.values()), await queue.former()
            waiting = dict(queue.waiting)
            expected = [one.id for one, *_ in in_order(state_of(await read_queue(queue.store.db.read)))]
            job = await queue.claim()
            assert (job.id if job else None) == (expected[0] if expected else None), "the places shown are the order"
            if job:
                assert flying[job.member_id] == flying[waiting[former[0]]]
                assert flying[job.member_id] == min(flying[member] for member in waiting.values())
                assert job.id == queue.oldest[job.member_id]
        counted = await queue.counted()
        for member in MEMBERS:
            jobs = [list(group.values()).count(member) for group in (queue.waiting, queue.flying)]
            assert counted.get(member, (0, 0)) == tuple(jobs)

    played(server, [(do, who, pick) for do, who, pick in steps if do != "hold"], play)


@pytest.mark.sqlite_only("PostgreSQL came after the queue")
async def test_a_database_from_before_is_served_in_the_order_that_it_had(path: Path, opened: Opener) -> None:
    store = await opened(path)
    queue = Queue(store)
    for number in range(24):
        await queue.accept(MEMBERS[number * number % 7 % 4])
        if number % 3 == 0:
            await queue.claim()
        if number % 4 == 0:
            await queue.end(number)
    former = await queue.former()
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP TRIGGER queue_joined; DROP TRIGGER queue_moved; DROP TABLE queue_member; DROP TABLE queue_turn;"
            "DROP INDEX generation_waiting; DROP INDEX generation_unready;"
            " CREATE INDEX generation_served ON generation (member_id, submitting_at)"
            " WHERE submitting_at IS NOT NULL;"
        )
        connection.executescript(migrations()[17])  # the one that made the queue
    again = Queue(await opened(path))
    again.life = Life(again.store, queue.life.now)
    again.life._numbers = queue.life._numbers
    again.waiting, again.flying = queue.waiting, queue.flying
    assert sum(waiting for waiting, _ in (await again.counted()).values()) == len(former)
    assert [job.id for _ in former if (job := await again.claim())] == former


@pytest.mark.sqlite_only("it reads the plans of SQLite's engine")
@pytest.mark.parametrize("analysed", [False, True])
async def test_a_claim_reads_the_queue_in_the_order_of_an_index(
    store: SqlStore, life: Life, path: Path, *, analysed: bool
) -> None:
    for member in MEMBERS:
        await life.accepted(member, 3)
    if analysed:
        await store.db.write(lambda db: db.execute("ANALYZE"))
    async with traced(store) as statements:
        await life.next()
    with closing(sqlite3.connect(path)) as connection:
        [claim] = {sql for sql in statements if "first_id" in sql}
        plan = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {claim}")]
        assert "SCAN member USING INDEX queue_member_next" in plan
        assert "SEARCH job USING INDEX generation_waiting (member_id=?)" in plan
        assert not [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step]
        [count] = [sql for sql in statements if sql.startswith("SELECT count(*) AS flying")]
        [step, *_] = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {count}")]
        assert step == "SEARCH generation USING INDEX generation_open (state=?)"


@pytest.mark.sqlite_only("it counts the steps of SQLite's engine")
async def test_a_claim_costs_the_same_with_two_thousand_waiting_as_with_twenty(tmp_path: Path, opened: Opener) -> None:
    steps: list[int] = []
    for count in (20, 2_000):
        store = await opened(tmp_path / f"{count}.db")
        life = Life(store)
        first = await life.accept()
        more = MORE.format(count=count), (first.id,)
        await store.db.write(lambda db, more=more: db.execute(*more))
        taken = 0

        def tick() -> int:
            nonlocal taken
            taken += 1
            return 0

        await sqlite(store)._writer.set_progress_handler(tick, 1)
        for _ in range(3):
            assert await life.next()
        steps.append(taken)
    few, many = steps
    assert few > 100
    assert many <= 1.2 * few


# So many more jobs like the first, of four members.
MORE = (
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count})"
    " INSERT INTO generation (id, interaction_id, guild_id, channel_id, member_id, prompt, family, model, format, orientation,"
    " seconds, price_micros, state, accepted_at, due_at, root_id)"
    " SELECT id || '-' || n, interaction_id || '-' || n, guild_id, channel_id, 'member' || (n % 4), prompt, family, model,"
    " format, orientation, seconds, price_micros, state, accepted_at + n, due_at, id || '-' || n"
    " FROM generation, number WHERE id = ?"
)


async def test_a_job_that_is_claimed_out_of_turn_gains_its_member_nothing(store: SqlStore, life: Life) -> None:
    for member in MEMBERS[:2]:
        await life.accepted(member, 2)
    for _ in range(3):
        claim = life.claim()
        job = await store.claim_withdrawn(claim, (), now=life.now)
        assert job is not None
        await store.release_submit(job.id, claim, hold=None, due_at=life.now, now=life.now)
    turns = await store.db.read("SELECT turn - (SELECT turn FROM queue_turn) AS ahead FROM queue_member")
    assert [row["ahead"] for row in turns] == [0, 0]
