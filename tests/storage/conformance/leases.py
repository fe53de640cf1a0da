"""Leases: whoever lost one changes nothing, and a restart voids them all."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.domain.errors import LostLease
from bot.domain.generation import Generation, Image, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.claims import Claim, Work
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Scope
from bot.ports.database.store import Store
from tests.storage.life import POSTED, VIDEO, Life

STATUS = JobStatus(job_id="late", state=JobState.RUNNING)
Write = Callable[[Store, str, Claim, Life], Awaitable[object]]

ON_SUBMITTING: dict[str, Write] = {
    "record_submitted": lambda s, g, c, t: s.record_submitted(g, c, STATUS, due_at=t.now, now=t.now),
    "release_submit": lambda s, g, c, t: s.release_submit(g, c, hold="x", due_at=t.now, now=t.now),
    "record_unclear": lambda s, g, c, t: s.record_unclear(g, c, now=t.now),
    "fail": lambda s, g, c, t: s.fail(g, c, fault="x", detail="", resolution=Resolution.VOID, now=t.now),
}
ON_SUBMITTED: dict[str, Write] = {
    "record_poll": lambda _, g, c, t: t.record_poll(g, c, progress=50, missing_since=t.now, due_at=t.now, now=t.now),
    "record_rendered": lambda s, g, c, t: s.record_rendered(g, c, video_url="u", now=t.now),
    "retry_fetch": lambda s, g, c, t: s.retry_fetch(g, c, video_url="u", due_at=t.now, now=t.now),
    "succeed": lambda s, g, c, t: s.succeed(g, c, VIDEO, delivery_id="late", now=t.now),
    "fail": lambda s, g, c, t: s.fail(g, c, fault="x", detail="", resolution=Resolution.BILLED, now=t.now),
}
ON_SENDING: dict[str, Write] = {
    "record_sent": lambda s, d, c, t: s.record_sent(d, c, POSTED, now=t.now),
    "retry_delivery": lambda s, d, c, t: s.retry_delivery(d, c, due_at=t.now + timedelta(days=1), now=t.now),
    "give_up_delivery": lambda s, d, c, t: s.give_up_delivery(d, c, why="late", now=t.now),
}


def named(writes: dict[str, Write]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("write", writes.values(), ids=writes.keys())


class Leases:
    async def refused(self, store: Store, life: Life, job: Generation, key: str, claim: Claim, write: Write) -> None:
        """The write raises, and neither the job, nor its delivery, nor any use is another than before."""
        before = (await store.generation(job.id), await life.delivery(job), await life.uses())
        with pytest.raises(LostLease):
            await write(store, key, claim, life)
        assert (await store.generation(job.id), await life.delivery(job), await life.uses()) == before

    @named(ON_SUBMITTING)
    async def test_a_submit_whose_lease_was_voided_writes_nothing(self, store: Store, life: Life, write: Write) -> None:
        job, claim = await life.submitting()
        await store.void_leases(now=life.now)
        await self.refused(store, life, job, job.id, claim, write)

    @named(ON_SUBMITTED)
    async def test_a_poll_or_fetch_that_another_took_over_writes_nothing(
        self, store: Store, life: Life, write: Write
    ) -> None:
        job, claim = await life.polling()
        life.now = claim.until
        taken = await life.claim_poll(life.claim(), now=life.now)
        assert taken is not None
        await self.refused(store, life, job, job.id, claim, write)

    @named(ON_SUBMITTED)
    async def test_a_fetch_whose_lease_was_voided_writes_nothing(self, store: Store, life: Life, write: Write) -> None:
        job, claim = await life.fetching()
        await store.void_leases(now=life.now)
        await self.refused(store, life, job, job.id, claim, write)

    @named(ON_SENDING)
    async def test_a_post_that_another_took_over_writes_nothing(self, store: Store, life: Life, write: Write) -> None:
        job = await life.succeeded()
        claim = life.claim()
        got = await store.claim_delivery(claim, now=life.now)
        assert got is not None
        life.now = claim.until
        assert await store.claim_delivery(life.claim(), now=life.now) is not None
        await self.refused(store, life, job, got[0].id, claim, write)

    async def test_a_stranger_s_claim_writes_nothing(self, store: Store, life: Life) -> None:
        submitting, _ = await life.submitting()
        for write in ON_SUBMITTING.values():
            await self.refused(store, life, submitting, submitting.id, life.claim(), write)
        job = await life.submitted()
        for write in ON_SUBMITTED.values():
            await self.refused(store, life, job, job.id, life.claim(), write)

    async def test_a_lease_on_a_poll_or_fetch_holds_until_its_end_and_is_then_due_again(
        self, store: Store, life: Life
    ) -> None:
        for work, claimed, again in (
            (Work.POLL, life.polling, life.claim_poll),
            (Work.FETCH, life.fetching, store.claim_fetch),
        ):
            job, claim = await claimed()
            assert await store.next_due(work) == claim.until
            assert await again(life.claim(), now=claim.until - timedelta(milliseconds=1)) is None
            life.now = claim.until
            taken_by = life.claim()
            taken = await again(taken_by, now=life.now)
            assert taken is not None
            assert taken.id == job.id
            await store.fail(job.id, taken_by, fault="x", detail="", resolution=Resolution.VOID, now=life.now)

    async def test_a_submit_is_never_taken_over_however_long_it_takes(self, store: Store, life: Life) -> None:
        job, claim = await life.submitting()
        life.now = claim.until + timedelta(days=1)
        assert await life.next() is None
        await store.record_submitted(job.id, claim, STATUS, due_at=life.now, now=life.now)
        assert (await life.reload(job)).state is State.SUBMITTED

    @named(ON_SUBMITTING)
    async def test_a_submit_whose_lease_ran_out_is_in_doubt_once_somebody_looks_and_writes_nothing_more(
        self, store: Store, life: Life, write: Write
    ) -> None:
        job, claim = await life.submitting()
        assert await store.submitting(now=claim.until - timedelta(milliseconds=1)) == [job]
        life.now = claim.until
        assert await store.submitting(now=life.now) == []
        [doubtful] = await store.unclear()
        assert (doubtful.id, doubtful.state) == (job.id, State.UNKNOWN)
        await self.refused(store, life, doubtful, job.id, claim, write)

    async def test_a_lease_that_is_ended_is_as_one_that_ran_out_and_no_other_is_touched(
        self, store: Store, life: Life
    ) -> None:
        sent, submit = await life.submitting()
        posting = await life.succeeded()
        post, other = life.claim(), await life.fetching()
        await store.claim_delivery(post, now=life.now)
        polling, poll = await life.polling()
        await store.end_leases([submit.owner, post.owner, poll.owner], now=life.now)
        assert await store.submitting(now=life.now) == []
        assert [job.id for job in await store.unclear()] == [sent.id]
        delivery = await store.claim_delivery(life.claim(), now=life.now)
        assert delivery is not None
        assert (delivery[1].id, delivery[0].attempts) == (posting.id, 2)
        polled = await life.claim_poll(life.claim(), now=life.now)
        assert polled is not None
        assert polled.id == polling.id
        assert await store.claim_fetch(life.claim(), now=life.now) is None, other

    async def test_at_a_restart_every_submit_under_way_is_in_doubt(self, store: Store, life: Life) -> None:
        reserved = await life.accept(life.new("zoe", due_at=life.now + timedelta(days=1)))
        doubtful, (sent, _) = await life.unknown(), await life.submitting()
        before = await life.uses()
        await store.void_leases(now=life.now)
        assert {job.id for job in await store.unclear()} == {doubtful.id, sent.id}
        assert await store.submitting(now=life.now) == []
        assert await life.reload(reserved) == reserved
        assert await life.uses() == before
        assert await life.tally(Scope.OPERATOR) == (0, 3)

    async def test_at_a_restart_polls_and_fetches_under_way_are_free_at_once(self, store: Store, life: Life) -> None:
        fetching, _ = await life.fetching()
        polling, _ = await life.polling()
        await store.void_leases(now=life.now)
        polled = await life.claim_poll(life.claim(), now=life.now)
        fetched = await store.claim_fetch(life.claim(), now=life.now)
        assert (polled and polled.id, fetched and fetched.id) == (polling.id, fetching.id)

    async def test_at_a_restart_a_post_under_way_is_queued_and_remembers_its_attempt(
        self, store: Store, life: Life
    ) -> None:
        job = await life.succeeded()
        await store.claim_delivery(life.claim(), now=life.now)
        life.later(seconds=1)
        await store.void_leases(now=life.now)
        delivery = await life.delivery(job)
        assert delivery is not None
        assert (delivery.state, delivery.attempts) == (DeliveryState.QUEUED, 1)
        assert await store.next_due(Work.DELIVER) == life.now
        got = await store.claim_delivery(life.claim(), now=life.now)
        assert got is not None
        assert got[0].attempts == 2

    async def test_at_a_restart_what_has_ended_stays_as_it_is(self, store: Store, life: Life) -> None:
        jobs = [await life.succeeded(), await life.failed()]
        await store.void_leases(now=life.later(seconds=1))
        assert [await life.reload(job) for job in jobs] == jobs

    async def test_a_job_whose_card_nobody_has_looked_for_proceeds_and_stays_known_however_often_it_restarts(
        self, store: Store, life: Life
    ) -> None:
        job = await life.accept(life.new(image=Image(file="i.png", media_type="image/png")))
        assert await life.next() is None
        for _ in range(2):
            await store.void_leases(now=life.now)
            assert [one.id for one in await store.cardless()] == [job.id]
        life.later(seconds=10)
        got = await life.next()
        assert got is not None
        assert got.id == job.id
        await life.show(job, message_id=None)
        assert await store.cardless() == []
