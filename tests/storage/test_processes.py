"""Several processes on one database: what a dead one had claimed is given back once, and one of them leads."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import LostLease
from bot.domain.generation import Generation, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.processes.process import Beat, Process, Role
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.claims import Claim, Work
from bot.domain.quota.ledger import Resolution
from bot.storage.store import SqlStore
from tests.storage.conftest import Opener
from tests.storage.life import MANY, Life, terms

ENGINES = ("sqlite", "postgresql")
TERM = timedelta(seconds=15)
HOUR = timedelta(hours=1)
STATUS = JobStatus(job_id="job", state=JobState.QUEUED)


class Lives(Life):
    """The claims are those of `process`."""

    process = "one"

    def claim(self, **length: float) -> Claim:
        claim = super().claim(**length)
        return replace(claim, owner=f"{self.process}.{claim.owner}")

    async def enter(self, *ids: str) -> None:
        """These processes start."""
        for one in ids:
            row = Process(id=one, role=Role.RUN, version="1", started_at=self.now, seen_at=self.now)
            await self.store.enter(row, now=self.now)

    async def beat(self, process_id: str, term: timedelta | None = TERM) -> Beat | None:
        return await self.store.beat(process_id, now=self.now, term=term, told_within=HOUR)

    async def die(self, process_id: str) -> list[str]:
        """Nobody has seen it for long enough."""
        rows = [one for one in await self.store.processes() if one.id == process_id]
        return await self.store.declare_dead(rows, now=self.now)


@pytest.fixture
async def store(path: Path, opened: Opener) -> SqlStore:
    """A database that several processes may use, also on SQLite: the queries are the same."""
    store = await opened(path)
    store.db.shared = True
    return store


@pytest.fixture
async def lives(store: SqlStore) -> Lives:
    lives = Lives(store)
    await lives.enter("one", "two")
    return lives


async def noticed(lives: Lives) -> Generation:
    """A failed job whose author is being told so."""
    job = await lives.failed()
    await lives.show(job, message_id=None)
    notice = await lives.store.claim_notice(lives.claim(), now=lives.now)
    assert notice is not None
    assert notice.generation.id == job.id
    return job


async def test_what_a_dead_process_had_claimed_is_given_back_once_and_nothing_of_another(
    store: SqlStore, lives: Lives
) -> None:
    lives.process = "two"
    living = {"submit": await lives.submitting(), "post": await lives.posting(), "fetch": await lives.fetching()}
    lives.process = "one"
    notice, (post, post_claim), (fetch, fetch_claim) = (
        await noticed(lives),
        await lives.posting(),
        await lives.fetching(),
    )
    (poll, _), (sent, submit_claim) = await lives.polling(), await lives.submitting()
    before = await lives.uses()

    assert await lives.die("one") == ["one"]
    assert await lives.die("one") == []

    doubted = await lives.reload(sent)
    assert (doubted.state, doubted.doubted_at) == (State.UNKNOWN, lives.now)
    delivery = await lives.delivery(post)
    assert delivery is not None
    assert (delivery.state, delivery.attempts) == (DeliveryState.QUEUED, 1)
    assert await lives.uses() == before
    for write in (
        store.record_submitted(sent.id, submit_claim, STATUS, due_at=lives.now, now=lives.now),
        store.retry_delivery(f"d-{post.id}", post_claim, due_at=lives.now, now=lives.now),
        store.fail(fetch.id, fetch_claim, fault="x", detail="", resolution=Resolution.VOID, now=lives.now),
    ):
        with pytest.raises(LostLease):
            await write

    lives.process = "two"
    for claimed, expected in (
        (await lives.claim_poll(lives.claim(), now=lives.now), poll),
        (await store.claim_fetch(lives.claim(), now=lives.now), fetch),
    ):
        assert claimed is not None
        assert claimed.id == expected.id
    again, told = (
        await store.claim_delivery(lives.claim(), now=lives.now),
        await store.claim_notice(lives.claim(), now=lives.now),
    )
    assert again is not None
    assert told is not None
    assert (again[0].attempts, told.attempts) == (2, 2)
    assert (again[1].id, told.generation.id) == (post.id, notice.id)
    assert await lives.next() is None

    job, claim = living["submit"]
    await store.record_submitted(job.id, claim, STATUS, due_at=lives.now, now=lives.now)
    job, claim = living["post"]
    await store.retry_delivery(f"d-{job.id}", claim, due_at=lives.now, now=lives.now)
    job, claim = living["fetch"]
    await store.fail(job.id, claim, fault="x", detail="", resolution=Resolution.VOID, now=lives.now)


async def test_a_claim_that_is_stored_after_the_death_of_its_process_is_given_back_at_the_next_look(
    store: SqlStore, lives: Lives
) -> None:
    assert await lives.die("one") == ["one"]
    job, _ = await lives.submitting()
    assert await store.declare_dead([], now=lives.now) == []
    assert (await lives.reload(job)).state is State.UNKNOWN


async def test_a_heartbeat_that_is_stored_first_keeps_its_process_alive(store: SqlStore, lives: Lives) -> None:
    job, claim = await lives.submitting()
    [seen] = [one for one in await store.processes() if one.id == "one"]
    lives.later(seconds=30)
    await asyncio.sleep(0.002)  # PostgreSQL's own clock moves on
    assert await lives.beat("one")
    assert await store.declare_dead([seen], now=lives.now) == []
    await store.record_submitted(job.id, claim, STATUS, due_at=lives.now, now=lives.now)


async def test_a_process_that_was_declared_dead_learns_it_and_leads_no_more(lives: Lives) -> None:
    first = await lives.beat("one")
    assert first is not None
    assert first.leads
    await lives.die("one")
    assert await lives.beat("one") is None


async def test_one_leads_until_its_term_is_over_or_it_stops(store: SqlStore, lives: Lives) -> None:
    async def leads(process_id: str, term: timedelta | None = TERM) -> bool:
        beat = await lives.beat(process_id, term)
        assert beat is not None
        return beat.leads

    assert await leads("one")
    assert await leads("one")
    assert not await leads("two")
    await store.leave("one", now=lives.now)
    assert not await leads("two", None), "a gateway never leads"
    assert await leads("two")
    await lives.enter("one")
    assert not await leads("one")
    assert await leads("two", timedelta(0))
    assert await leads("one"), "the term of the other is over"
    assert await leads("one", HOUR)
    assert await leads("two"), "a term longer than any was stored before the clock was set back"


async def test_a_stop_leaves_nothing_that_others_must_wait_for(store: SqlStore, lives: Lives) -> None:
    job, _ = await lives.polling()
    await store.leave("one", now=lives.now)
    lives.process = "two"
    polled = await lives.claim_poll(lives.claim(), now=lives.now)
    assert polled is not None
    assert polled.id == job.id
    assert [one.id for one in await store.processes()] == ["two"]


async def test_a_job_is_sent_and_its_card_looked_for_only_once_its_process_has_answered_or_is_dead(
    store: SqlStore, lives: Lives
) -> None:
    job = (await store.accept(lives.new(), terms(), now=lives.now, accepted_by="one")).generation
    lives.process = "two"
    for _ in range(2):
        assert await lives.next() is None
        assert await store.claim_withdrawn(lives.claim(), [], now=lives.now) is None
        assert await store.cardless() == []
        lives.later(days=1)
    await lives.die("one")
    assert [one.id for one in await store.cardless()] == [job.id]
    claimed = await lives.next()
    assert claimed is not None
    assert claimed.id == job.id

    answered = (await store.accept(lives.new(), terms(), now=lives.now, accepted_by="two")).generation
    await lives.show(answered)
    assert (await lives.submitting(answered))[0].id == answered.id


async def test_a_start_on_a_database_of_its_own_finds_every_other_process_dead(store: SqlStore, lives: Lives) -> None:
    if store.db.signals("x", print):
        pytest.skip("PostgreSQL is never one process's own")
    await lives.submitting()
    store.db.shared = False
    await lives.enter("three")
    await store.void_leases(now=lives.now)
    assert [one.id for one in await store.processes()] == ["three"]
    [doubted] = await store.unclear()
    assert doubted.doubted_at is None, "at some time after its submit"


async def test_the_operator_is_told_once_by_whichever_process(store: SqlStore, lives: Lives) -> None:
    async def tell() -> int:
        first = [store.tell_once("key", within=HOUR, now=lives.now) for _ in range(8)]
        return sum(await asyncio.gather(*first))

    assert await tell() == 1
    assert await tell() == 0
    beat = await lives.beat("two")
    assert beat is not None
    assert beat.shared.told == {"key"}
    await store.forget_told("key")
    assert await tell() == 1
    assert await store.tell_once("key", within=timedelta(0), now=lives.now)


async def test_a_value_changes_for_one_of_those_who_change_it(store: SqlStore) -> None:
    for window in ("monday", "tuesday"):
        changed = await asyncio.gather(*(store.change_value("told-budget", window) for _ in range(8)))
        assert sum(changed) == 1
    assert await store.get_value("told-budget") == "tuesday"


async def test_what_one_process_knows_of_models_and_pauses_all_know_by_their_next_heartbeat(
    store: SqlStore, lives: Lives
) -> None:
    await store.set_pause("submits", lasts=timedelta(minutes=5), fault="auth", now=lives.now)
    await store.set_pause("submits", lasts=timedelta(minutes=1), fault="rate_limited", now=lives.now)
    await store.set_listed({"a"}, {"a", "b"})
    await store.refuse_model("a")
    await store.refuse_model("c")
    beat = await lives.beat("two")
    assert beat is not None
    [pause] = beat.shared.pauses
    assert pause.fault == "auth"
    assert timedelta(minutes=4) < pause.until - beat.at <= timedelta(minutes=5)
    known = {one.model: (one.listed, one.refused) for one in beat.shared.models}
    assert known == {"a": (True, True), "b": (False, False), "c": (None, True)}
    await store.set_listed({"a"}, {"a", "b"})  # listed again, it may be tried again
    beat = await lives.beat("two")
    assert beat is not None
    assert [one.model for one in beat.shared.models if one.refused] == ["c"]


async def test_the_next_job_is_known_to_be_due_when_a_death_frees_it(store: SqlStore, lives: Lives) -> None:
    job, claim = await lives.polling()
    assert await store.next_due(Work.POLL) == claim.until
    await lives.die("one")
    assert await store.next_due(Work.POLL) == (await lives.reload(job)).due_at
    assert await store.claim_submit(lives.claim(), most=MANY, now=lives.now) is None
