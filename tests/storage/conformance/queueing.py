"""The queue: fair between members, honest about places, never more in flight than allowed."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.generation import Generation, Image, State
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.claims import Work
from bot.ports.database.store import Store
from tests.storage.life import MANY, Life
from tests.tables import sampled


async def places(store: Store, jobs: list[Generation]) -> list[str]:
    """The ids in the order of the places their cards show."""
    shown = {(await store.card_context(job)).queue_position: job.id for job in jobs}
    assert sorted(shown, key=lambda place: place or 0) == list(range(1, len(jobs) + 1))
    return [shown[place] for place in range(1, len(jobs) + 1)]


class Queueing:
    async def test_a_members_twenty_never_stand_before_anothers_first(self, life: Life) -> None:
        await life.accepted("ann", 20)
        [bob] = await life.accepted("bob")
        order = [await life.next() for _ in range(3)]
        assert bob.id == (order[1].id if order[1] else None)

    async def test_what_a_member_has_in_flight_counts_as_their_turn(self, life: Life) -> None:
        await life.accepted("ann", 5)
        for _ in range(3):
            await life.next()
        bobs = await life.accepted("bob", 3)
        claimed = [await life.next() for _ in range(3)]
        assert [job.id for job in claimed if job] == [job.id for job in bobs]

    async def test_with_one_in_flight_members_take_turns(self, store: Store, life: Life) -> None:
        for member in ("ann", "bob", "cem"):
            await life.accepted(member, 4)
        order: list[str] = []
        for _ in range(12):
            job = await self.run_one(store, life, most=1)
            assert job is not None
            order.append(job.member_id)
        assert order == ["ann", "bob", "cem"] * 4

    async def test_who_comes_later_takes_the_next_turn_and_no_more(self, store: Store, life: Life) -> None:
        await life.accepted("ann", 6)
        order: list[str] = []
        for number in range(6):
            if number == 2:
                await life.accepted("bob", 2)
            job = await self.run_one(store, life, most=1)
            order.append(job.member_id if job else "")
        assert order == ["ann", "ann", "bob", "ann", "bob", "ann"]

    async def test_one_members_own_jobs_go_in_the_order_they_came(self, life: Life) -> None:
        jobs = await life.accepted("ann", 6)
        claimed = [await life.next() for _ in jobs]
        assert [job.id for job in claimed if job] == [job.id for job in jobs]

    @pytest.mark.parametrize("seed", sampled(range(6), (0, 1)))
    @pytest.mark.parametrize("most", [1, MANY])
    async def test_the_places_shown_are_the_order_in_which_the_claims_happen(
        self, store: Store, life: Life, seed: int, most: int
    ) -> None:
        chance = random.Random(seed)
        jobs: list[Generation] = []
        for _ in range(12):  # a past: some were served, some are still in flight
            jobs += await life.accepted(chance.choice("abcd"))
            if chance.random() < 0.6:
                await self.run_one(store, life, most=MANY, finish=most == 1 or chance.random() < 0.5)
        for _ in range(12):
            jobs += await life.accepted(chance.choice("abcde"))
        waiting = [job for job in [await life.reload(job) for job in jobs] if job.state is State.RESERVED]
        expected = await places(store, waiting)
        claimed: list[str] = []
        while job := await self.run_one(store, life, most=most, finish=most == 1):
            claimed.append(job.id)
        assert claimed == expected

    async def test_a_job_that_was_sent_has_no_place(self, store: Store, life: Life) -> None:
        first = await life.accept()
        await life.next()
        assert (await store.card_context(first)).queue_position is None
        assert (await store.card_context(await life.reload(first))).queue_position is None

    async def test_never_more_in_flight_than_allowed(self, store: Store, life: Life) -> None:
        await life.accepted("ann", 8)
        claims = [life.claim() for _ in range(8)]
        got = await asyncio.gather(*(store.claim_submit(claim, most=3, now=life.now) for claim in claims))
        assert len([job for job in got if job]) == 3

    async def test_submitting_unknown_and_submitted_jobs_take_a_slot_and_a_rendered_one_frees_it(
        self, store: Store, life: Life
    ) -> None:
        await life.unknown()
        await life.submitting()
        job, poll = await life.polling()
        await life.accept()
        assert await life.next(most=3) is None
        await store.record_rendered(job.id, poll, video_url=None, now=life.now)
        assert await life.next(most=3) is not None

    async def test_two_parallel_claims_never_get_the_same_job(self, store: Store, life: Life) -> None:
        jobs = await life.accepted("ann", 10)
        claims = [life.claim() for _ in range(20)]
        got = await asyncio.gather(*(store.claim_submit(claim, most=MANY, now=life.now) for claim in claims))
        assert sorted(job.id for job in got if job) == sorted(job.id for job in jobs)

    async def test_a_claimed_job_is_submitting_from_then_on(self, life: Life) -> None:
        accepted = await life.accept()
        job = await life.next()
        assert job is not None
        assert job == await life.reload(accepted)
        assert (job.state, job.attempts, job.submitting_at) == (State.SUBMITTING, 1, life.now)

    async def test_a_job_is_not_sent_before_it_is_due_and_does_not_keep_others_waiting(
        self, store: Store, life: Life
    ) -> None:
        early = await life.accept(life.new(due_at=life.now + timedelta(minutes=1)))
        other = await life.accept(life.new("bob", due_at=life.now + timedelta(seconds=30)))
        assert await life.next() is None
        assert await store.next_due(Work.SUBMIT) == other.due_at
        life.later(seconds=30)
        got = await life.next()
        assert got is not None
        assert got.id == other.id
        assert await store.next_due(Work.SUBMIT) == early.due_at

    async def test_a_job_with_an_image_waits_for_its_card_but_not_for_ever(self, store: Store, life: Life) -> None:
        image = Image(file="i.png", media_type="image/png")
        answered = await life.accept(life.new(image=image))
        assert await life.next() is None
        assert await store.next_due(Work.SUBMIT) == answered.accepted_at + timedelta(seconds=10)
        until = life.now + timedelta(days=1)
        await store.set_card(
            answered.id, message_id="card", image_url="https://cdn/i", image_until=until, shown="", now=life.now
        )
        got = await life.next()
        assert got is not None
        assert got.image == Image(file="i.png", media_type="image/png", url="https://cdn/i", url_until=until)
        both = await life.accept(replace(life.new(image=image), end_image=replace(image, file="e.png", spoiler=True)))
        await store.set_card(
            both.id,
            message_id="card",
            image_url="https://cdn/i",
            image_until=until,
            end_image_url="https://cdn/e",
            end_image_until=until,
            shown="",
            now=life.now,
        )
        got = await life.next()
        assert got is not None
        assert got.image == Image(file="i.png", media_type="image/png", url="https://cdn/i", url_until=until)
        last = Image(file="e.png", media_type="image/png", url="https://cdn/e", url_until=until, spoiler=True)
        assert got.end_image == last
        silent = await life.accept(life.new(image=image))
        life.now = silent.accepted_at + timedelta(seconds=9)
        assert await life.next() is None
        life.later(seconds=1)
        assert await life.next() is not None

    async def test_a_job_whose_card_could_not_be_answered_is_sent_all_the_same(self, store: Store, life: Life) -> None:
        job = await life.accept(life.new(image=Image(file="i.png", media_type="image/png", url="https://cdn/i")))
        await life.show(job, message_id=None)
        got = await life.next()
        assert got is not None
        assert (got.card_message_id, got.image and got.image.url) == (None, "https://cdn/i")

    async def test_nothing_is_due_where_nothing_waits(self, store: Store) -> None:
        assert [await store.next_due(work) for work in Work] == [None] * len(Work)

    async def test_the_usual_time_is_the_median_of_the_same_model_and_length(self, store: Store, life: Life) -> None:
        job = await life.accept(life.new("zoe"))
        assert (await store.card_context(job)).expected_seconds is None
        await store.cancel(job.id, now=life.now)
        for model, seconds, took in (
            ("sora-2", 4, 50),
            ("sora-2", 4, 90),
            ("sora-2", 4, 70),
            ("sora-2", 8, 500),
            ("x", 4, 1),
        ):
            running, poll = await life.polling(await life.accept(life.new(model=model, seconds=seconds)))
            assert running.submitted_at is not None
            done_at = running.submitted_at + timedelta(seconds=took)
            await store.record_rendered(running.id, poll, video_url=None, now=done_at)
            life.now = done_at
        assert (await store.card_context(job)).expected_seconds == 70

    async def test_only_the_last_twenty_count_for_the_usual_time(self, store: Store, life: Life) -> None:
        for number in range(41):
            running, poll = await life.polling()
            life.later(seconds=10 if number < 21 else 60)
            await store.record_rendered(running.id, poll, video_url=None, now=life.now)
        expected = (await store.card_context(await life.accept())).expected_seconds
        assert expected == pytest.approx(60, abs=0.1)

    async def run_one(self, store: Store, life: Life, *, most: int, finish: bool = True) -> Generation | None:
        """Claim the next and send it; finish: it is rendered at once, so that its slot is free again."""
        claim = life.claim()
        job = await store.claim_submit(claim, most=most, now=life.now)
        if job is None:
            return None
        status = JobStatus(job_id=f"job-{job.id}", state=JobState.RUNNING)
        await store.record_submitted(
            job.id, claim, status, due_at=life.now if finish else life.now + timedelta(days=9), now=life.now
        )
        if finish:
            poll = life.claim()
            polled = await life.claim_poll(poll, now=life.now)
            assert polled is not None
            await store.record_rendered(polled.id, poll, video_url=None, now=life.now)
        return job
