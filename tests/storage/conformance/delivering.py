"""Deliveries: claimed, sent once, tried again, given up."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import LostLease
from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery, DeliveryState
from bot.domain.messages.posts import PostedMessage
from bot.domain.queue.claims import Claim, Work
from bot.ports.database.store import Store
from tests.storage.life import POSTED, VIDEO, Life, WholeStore
from tests.storage.single_cards import record_card


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
        there = PostedMessage(message_id="m1", channel_id="the channel of the thread")
        await store.record_sent(delivery.id, claim, there, now=life.now)
        with pytest.raises(LostLease):
            await store.record_sent(delivery.id, claim, POSTED, now=life.now)
        sent = await life.delivery(job)
        assert sent is not None
        assert sent == replace(
            delivery, state=DeliveryState.SENT, message_id="m1", channel_id="the channel of the thread"
        )
        life.later(days=1)
        assert await store.claim_delivery(life.claim(), now=life.now) is None
        assert await store.next_due(Work.DELIVER) is None

    async def test_a_delivery_that_failed_for_now_is_tried_again_when_due(self, store: Store, life: Life) -> None:
        await life.succeeded()
        delivery, _, claim = await sending(store, life)
        due = life.now + timedelta(seconds=30)
        await store.retry_delivery(delivery.id, claim, due_at=due, now=life.now)
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
            await store.record_sent(delivery.id, claim, POSTED, now=life.now)

    async def test_the_delivery_due_longest_goes_first(self, store: Store, life: Life) -> None:
        jobs = [await life.succeeded() for _ in range(3)]
        assert [(await sending(store, life))[1].id for _ in jobs] == [job.id for job in jobs]

    async def test_parallel_claims_never_get_the_same_delivery(self, store: Store, life: Life) -> None:
        jobs = [await life.succeeded() for _ in range(3)]
        claims = [life.claim() for _ in range(9)]
        got = await asyncio.gather(*(store.claim_delivery(claim, now=life.now) for claim in claims))
        assert sorted(found[1].id for found in got if found) == sorted(job.id for job in jobs)


class Requeueing:
    async def test_a_post_that_was_given_up_goes_back_into_the_queue_for_another_channel(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.undeliverable()
        before = await life.delivery(job)
        now = life.later(days=3)
        assert await store.requeue(job.id, channel_id="elsewhere", now=now)
        queued = await life.delivery(job)
        assert before
        assert before.why == "channel gone"
        assert queued == replace(before, state=DeliveryState.QUEUED, channel_id="elsewhere", queued_at=now, why=None)
        assert await store.next_due(Work.DELIVER) == now
        got = await store.claim_delivery(claim := life.claim(), now=life.now)
        assert got
        assert (got[0].channel_id, got[0].attempts, got[1].id) == ("elsewhere", 2, job.id)
        await store.give_up_delivery(got[0].id, claim, why="gone too", now=life.now)
        assert await store.requeue(job.id, channel_id="third", now=life.now)

    async def test_of_two_who_ask_for_it_one_gets_it(self, store: WholeStore, life: Life) -> None:
        job = await life.undeliverable()
        asked = [store.requeue(job.id, channel_id=f"channel {number}", now=life.now) for number in range(5)]
        answers = await asyncio.gather(*asked)
        assert sum(answers) == 1
        delivery = await life.delivery(job)
        assert delivery
        assert delivery.channel_id == f"channel {answers.index(True)}"

    async def test_only_what_was_given_up_can_be_asked_for(self, store: WholeStore, life: Life) -> None:
        async def asked(job: Generation) -> None:
            before = await life.delivery(job)
            assert not await store.requeue(job.id, channel_id="elsewhere", now=life.now)
            assert await life.delivery(job) == before

        await asked(await life.posted())
        queued = await life.succeeded()
        await asked(queued)
        await store.claim_delivery(life.claim(), now=life.now)
        await asked(queued)
        await asked(await life.accept())
        assert not await store.requeue("nobody", channel_id="elsewhere", now=life.now)

    async def test_a_claim_from_before_it_was_given_up_writes_nothing_any_more(
        self, store: WholeStore, life: Life
    ) -> None:
        job, claim = await life.posting()
        await store.give_up_delivery(f"d-{job.id}", claim, why="gone", now=life.now)
        await store.requeue(job.id, channel_id="elsewhere", now=life.now)
        with pytest.raises(LostLease):
            await store.give_up_delivery(f"d-{job.id}", claim, why="late", now=life.now)

    async def test_a_card_that_says_it_is_kept_is_due_again_once_it_is_posted_elsewhere(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.accept()
        await life.show(job)
        await life.undeliverable(job)
        [due] = await store.cards_due(now=life.later(minutes=1), limit=9)
        await record_card(store, due, shown="kept", again_at=None, now=life.now)
        await store.requeue(job.id, channel_id="elsewhere", now=life.now)
        await store.claim_delivery(claim := life.claim(), now=life.now)
        await store.record_sent(f"d-{job.id}", claim, replace(POSTED, channel_id="elsewhere"), now=life.now)
        assert [due.generation.id for due in await store.cards_due(now=life.later(minutes=1), limit=9)] == [job.id]
        card_context = await store.card_context(await life.reload(job))
        assert card_context.delivery
        assert (card_context.delivery.message_id, card_context.delivery.channel_id) == ("m", "elsewhere")
