"""Settling: once, whole, and in every window."""

import asyncio

import pytest

from bot.domain.errors import LostLease
from bot.domain.generation import State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Per, Scope, Unit
from bot.ports.database.store import Store
from tests.storage.life import EVERYTHING, PRICE, VIDEO, Life

OF_A_JOB = {Unit.VIDEOS: 1, Unit.SECONDS: 4, Unit.USD: PRICE}


class Settling:
    async def test_success_keeps_the_file_uses_the_quota_and_queues_one_delivery(
        self, store: Store, life: Life
    ) -> None:
        job = await life.succeeded()
        assert (job.state, job.video, job.finished_at) == (State.SUCCEEDED, VIDEO, life.now)
        delivery = await life.delivery(job)
        assert delivery is not None
        assert (delivery.state, delivery.channel_id, delivery.attempts) == (DeliveryState.QUEUED, job.channel_id, 0)
        for use in await life.uses():
            assert (use.used, use.held) == (OF_A_JOB[use.limit.unit], 0), use.limit

    async def test_a_reservation_is_posted_once(self, store: Store, life: Life) -> None:
        job, claim = await life.fetching()
        await store.succeed(job.id, claim, VIDEO, delivery_id="d1", now=life.now)
        uses = await life.uses()
        with pytest.raises(LostLease):
            await store.succeed(job.id, claim, VIDEO, delivery_id="d2", now=life.now)
        with pytest.raises(LostLease):
            await store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.VOID, now=life.now)
        assert await life.uses() == uses
        delivery = await life.delivery(job)
        assert delivery is not None
        assert delivery.id == "d1"

    async def test_a_reservation_is_voided_once(self, store: Store, life: Life) -> None:
        job, claim = await life.polling()
        await store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.VOID, now=life.now)
        uses = await life.uses()
        with pytest.raises(LostLease):
            await store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.BILLED, now=life.now)
        with pytest.raises(LostLease):
            await store.succeed(job.id, claim, VIDEO, delivery_id="d", now=life.now)
        assert await life.uses() == uses
        assert await life.delivery(job) is None

    async def test_of_many_parallel_settlements_one_counts(self, store: Store, life: Life) -> None:
        job, claim = await life.fetching()
        settled = await asyncio.gather(
            *(store.succeed(job.id, claim, VIDEO, delivery_id=f"d{n}", now=life.now) for n in range(5)),
            *(
                store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.VOID, now=life.now)
                for _ in range(5)
            ),
            return_exceptions=True,
        )
        assert settled.count(None) == 1
        assert all(isinstance(answer, LostLease) for answer in settled if answer is not None)

    async def test_void_gives_everything_back_in_all_windows(self, life: Life) -> None:
        before = await life.uses(limits=EVERYTHING)
        await life.failed(Resolution.VOID)
        assert await life.uses(limits=EVERYTHING) == before
        assert all((use.used, use.held) == (0, 0) for use in before)

    async def test_billed_gives_member_and_server_everything_back_and_keeps_the_operators_side_used(
        self, life: Life
    ) -> None:
        await life.failed(Resolution.BILLED)
        for use in await life.uses(limits=EVERYTHING):
            kept = OF_A_JOB[use.limit.unit] if use.limit.scope is Scope.OPERATOR else 0
            assert (use.used, use.held) == (kept, 0), use.limit

    async def test_what_one_member_gets_back_leaves_the_others_alone(self, store: Store, life: Life) -> None:
        jobs = [await life.accept(life.new(member, guild)) for member in ("ann", "bob") for guild in ("guild", "other")]
        await store.cancel(jobs[0].id, now=life.now)
        assert await life.tally(Scope.MEMBER, "ann", "guild") == (0, 0)
        assert await life.tally(Scope.MEMBER, "ann", "other") == (0, 1)
        assert await life.tally(Scope.MEMBER, "bob", "guild") == (0, 1)
        assert await life.tally(Scope.GUILD, guild="guild") == (0, 1)
        assert await life.tally(Scope.OPERATOR, per=Per.MONTH) == (0, 3)
