"""Deliveries: claimed, sent once, tried again, given up."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.errors import LostLease
from bot.domain.generation import Generation
from bot.domain.ports import Claim, Store, Work
from tests.storage.life import VIDEO, Life


async def sending(store: Store, life: Life) -> tuple[Delivery, Generation, Claim]:
    claim = life.claim()
    got = await store.claim_delivery(claim, now=life.now)
    assert got is not None
    return (*got, claim)


class Delivering:
    async def test_a_claimed_delivery_is_sending_and_comes_with_its_generation(self, store: Store, life: Life) -> None:
        job = await life.succeeded()
        delivery, of, claim = await sending(store, life)
        assert of == job
        assert of.video == VIDEO
        assert delivery == await life.delivery(job)
        assert (delivery.state, delivery.attempts) == (DeliveryState.SENDING, 1)
        assert await store.next_due(Work.DELIVER) == claim.until

    async def test_a_delivery_is_sent_once(self, store: Store, life: Life) -> None:
        job = await life.succeeded()
        delivery, _, claim = await sending(store, life)
        await store.record_sent(delivery.id, claim, message_id="m1", now=life.now)
        with pytest.raises(LostLease):
            await store.record_sent(delivery.id, claim, message_id="m2", now=life.now)
        sent = await life.delivery(job)
        assert sent is not None
        assert (sent.state, sent.message_id) == (DeliveryState.SENT, "m1")
        life.later(days=1)
        assert await store.claim_delivery(life.claim(), now=life.now) is None
        assert await store.next_due(Work.DELIVER) is None

    async def test_a_delivery_that_failed_for_now_is_tried_again_when_due(self, store: Store, life: Life) -> None:
        await life.succeeded()
        delivery, _, claim = await sending(store, life)
        due = life.now + timedelta(seconds=30)
        await store.retry_delivery(delivery.id, claim, due_at=due)
        assert await store.next_due(Work.DELIVER) == due
        assert await store.claim_delivery(life.claim(), now=life.now) is None
        life.now = due
        again, _, _ = await sending(store, life)
        assert (again.id, again.attempts) == (delivery.id, 2)

    async def test_a_delivery_given_up_is_never_tried_again_and_keeps_the_file(self, store: Store, life: Life) -> None:
        job = await life.succeeded()
        delivery, _, claim = await sending(store, life)
        await store.give_up_delivery(delivery.id, claim, why="channel gone", now=life.now)
        kept = await life.delivery(job)
        assert kept is not None
        assert kept.state is DeliveryState.UNDELIVERABLE
        assert (await life.reload(job)).video == VIDEO
        life.later(days=1)
        assert await store.claim_delivery(life.claim(), now=life.now) is None

    async def test_a_delivery_whose_sender_died_alone_is_taken_over_when_its_lease_ends(
        self, store: Store, life: Life
    ) -> None:
        await life.succeeded()
        delivery, _, claim = await sending(store, life)
        assert await store.claim_delivery(life.claim(), now=claim.until - timedelta(milliseconds=1)) is None
        life.now = claim.until
        again, _, _ = await sending(store, life)
        assert (again.id, again.attempts) == (delivery.id, 2)

    async def test_a_video_that_is_quicker_than_its_card_waits_for_it_but_not_for_ever(
        self, store: Store, life: Life
    ) -> None:
        for answered in (True, False):
            job, claim = await life.fetching()
            await store.succeed(job.id, claim, VIDEO, delivery_id=f"d-{job.id}", now=life.now)
            queued_at, patience = life.now, job.accepted_at + timedelta(seconds=10)
            assert await store.next_due(Work.DELIVER) == patience
            assert await store.claim_delivery(life.claim(), now=patience - timedelta(milliseconds=1)) is None
            if answered:
                await life.show(job)
                assert await store.next_due(Work.DELIVER) == queued_at
            else:
                life.now = patience
            delivery, of, claim = await sending(store, life)
            assert of.id == job.id
            await store.record_sent(delivery.id, claim, message_id="m", now=life.now)

    async def test_the_delivery_due_longest_goes_first(self, store: Store, life: Life) -> None:
        jobs = [await life.succeeded() for _ in range(3)]
        assert [(await sending(store, life))[1].id for _ in jobs] == [job.id for job in jobs]

    async def test_parallel_claims_never_get_the_same_delivery(self, store: Store, life: Life) -> None:
        jobs = [await life.succeeded() for _ in range(3)]
        claims = [life.claim() for _ in range(9)]
        got = await asyncio.gather(*(store.claim_delivery(claim, now=life.now) for claim in claims))
        assert sorted(found[1].id for found in got if found) == sorted(job.id for job in jobs)
