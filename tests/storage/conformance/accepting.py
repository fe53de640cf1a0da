"""Accepting, limits, windows, cancelling, small facts."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import IllegalTransition
from bot.domain.generation import Generation, Image, State
from bot.domain.queue.admission import AcceptResult
from bot.domain.quota.ledger import Amount, Resolution
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.domain.refusals.refusal import QuotaExceeded, Refusal, TooManyOpen
from bot.ports.database.store import Store
from tests.storage.life import PRICE, Life, at_most, terms


async def parallel(
    store: Store, jobs: list[Generation], limits: list[Limit], now: datetime
) -> list[AcceptResult | Refusal]:
    async def one(job: Generation) -> AcceptResult | Refusal:
        try:
            return await store.accept(job, terms(*limits), now=now)
        except Refusal as refusal:
            return refusal

    return await asyncio.gather(*(one(job) for job in jobs))


class Accepting:
    async def test_what_is_accepted_is_what_is_stored(self, store: Store, life: Life) -> None:
        until = datetime(2026, 3, 5, 1, 2, 3, tzinfo=UTC)
        image = Image(file="i.png", media_type="image/png", url="https://cdn/i", url_until=until, kept=True)
        new = replace(
            life.new(image=image),
            accepted_at=life.now + timedelta(microseconds=789),
            parent_channel_id="the channel of the thread",
            locale="zh-CN",
            draft_id="the form",
        )
        placed = await store.accept(new, terms(most_open=1), now=life.now)
        assert placed.fresh
        assert placed.generation == await store.generation(new.id)
        assert placed.generation == replace(new, accepted_at=life.now, root_id=new.id)

    async def test_an_unknown_id_is_no_generation(self, store: Store) -> None:
        assert await store.generation("nobody") is None

    async def test_the_same_interaction_accepted_twice_is_one_job_and_one_reservation(
        self, store: Store, life: Life
    ) -> None:
        first = life.new()
        again = replace(life.new(), interaction_id=first.interaction_id)
        one = await store.accept(first, terms(most_open=1), now=life.now)
        two = await store.accept(again, terms(at_most(0), most_open=1), now=life.now)
        assert (one.fresh, two.fresh) == (True, False)
        assert one.generation == two.generation
        assert await store.generation(again.id) is None
        assert await life.tally(Scope.MEMBER) == (0, 1)

    async def test_the_same_form_submitted_twice_is_one_job_and_one_reservation(self, store: Store, life: Life) -> None:
        first, again = (replace(life.new(), draft_id="form") for _ in range(2))
        one = await store.accept(first, terms(most_open=1), now=life.now)
        two = await store.accept(again, terms(at_most(0), most_open=1), now=life.now)
        assert (one.fresh, two.fresh) == (True, False)
        assert one.generation == two.generation
        assert await store.generation(again.id) is None
        assert await life.tally(Scope.MEMBER) == (0, 1)

    async def test_the_same_form_in_parallel_is_fresh_once(self, store: Store, life: Life) -> None:
        jobs = [replace(life.new(), draft_id="form") for _ in range(10)]
        placed = await parallel(store, jobs, [], life.now)
        assert sum(isinstance(one, AcceptResult) and one.fresh for one in placed) == 1
        assert len({one.generation.id for one in placed if isinstance(one, AcceptResult)}) == 1

    async def test_a_form_that_was_refused_can_be_accepted_later(self, store: Store, life: Life) -> None:
        refused, later = (replace(life.new(), draft_id="form") for _ in range(2))
        with pytest.raises(Refusal):
            await store.accept(refused, terms(at_most(0)), now=life.now)
        assert (await store.accept(later, terms(), now=life.now)).fresh

    async def test_the_same_interaction_in_parallel_is_fresh_once(self, store: Store, life: Life) -> None:
        first = life.new()
        jobs = [replace(life.new(), interaction_id=first.interaction_id) for _ in range(10)]
        answers = await parallel(store, jobs, [at_most(1)], life.now)
        assert sum(isinstance(answer, AcceptResult) and answer.fresh for answer in answers) == 1
        [(won, count)] = Counter(answer.generation.id for answer in answers if isinstance(answer, AcceptResult)).items()
        assert (won in {job.id for job in jobs}, count) == (True, 10)  # which of them comes first is the engine's
        assert await life.tally(Scope.MEMBER) == (0, 1)

    async def test_an_interaction_answers_with_its_job_even_after_the_end(self, store: Store, life: Life) -> None:
        job = await life.accept()
        await store.cancel(job.id, now=life.now)
        placed = await store.accept(job, terms(most_open=1), now=life.now)
        assert (placed.fresh, placed.generation.state) == (False, State.CANCELLED)

    async def test_twenty_parallel_accepts_with_two_left_give_exactly_two(self, store: Store, life: Life) -> None:
        answers = await parallel(store, [life.new() for _ in range(20)], [at_most(2)], life.now)
        assert sum(isinstance(answer, AcceptResult) for answer in answers) == 2
        refusals = [answer for answer in answers if isinstance(answer, Refusal)]
        assert {refusal.code for refusal in refusals} == {"quota"}
        assert await life.tally(Scope.MEMBER) == (0, 2)

    async def test_a_refusal_says_which_limit_and_changes_nothing(self, store: Store, life: Life) -> None:
        before = await life.uses()
        new = life.new(seconds=8)
        limits = [at_most(1), at_most(7, Unit.SECONDS, Per.WEEK)]
        with pytest.raises(Refusal) as refused:
            await life.accept(new, limits=limits)
        met = refused.value.payload
        assert isinstance(met, QuotaExceeded)
        assert (met.use.limit, met.use.used, met.use.held) == (limits[1], 0, 0)
        assert met.amount == Amount(videos=1, seconds=8, micros=PRICE)
        assert await life.uses() == before
        assert await store.generation(new.id) is None

    @pytest.mark.parametrize(
        ("limit", "own", "neighbour", "stranger"),
        [
            (at_most(1, scope=Scope.MEMBER), False, True, True),
            (at_most(1, scope=Scope.GUILD), False, False, True),
            (at_most(1, scope=Scope.OPERATOR), False, False, False),
            (at_most(7, Unit.SECONDS, scope=Scope.GUILD), False, False, True),
            (at_most(2 * PRICE - 1, Unit.USD, scope=Scope.OPERATOR), False, False, False),
        ],
    )
    async def test_a_limit_binds_its_own_scope_and_no_other(
        self, life: Life, limit: Limit, own: bool, neighbour: bool, stranger: bool
    ) -> None:
        await life.accept(life.new("ann", "guild"), limits=[limit])
        for member, guild, fits in (("ann", "guild", own), ("bob", "guild", neighbour), ("ann", "other", stranger)):
            if fits:
                await life.accept(life.new(member, guild), limits=[limit])
            else:
                with pytest.raises(Refusal, match="quota"):
                    await life.accept(life.new(member, guild), limits=[limit])

    async def test_member_server_and_operator_limits_hold_together(self, life: Life) -> None:
        limits = [at_most(2), at_most(3, scope=Scope.GUILD), at_most(4, scope=Scope.OPERATOR)]
        tries = [("ann", "guild")] * 3 + [("bob", "guild")] * 2 + [("ann", "other")] * 2
        taken: list[bool] = []
        for member, guild in tries:
            try:
                await life.accept(life.new(member, guild), limits=limits)
                taken.append(True)
            except Refusal:
                taken.append(False)
        assert taken == [True, True, False, True, False, True, False]

    async def test_use_is_counted_in_every_unit_and_window(self, life: Life) -> None:
        await life.accept(life.new(seconds=8, micros=500_000))
        await life.accept(life.new(seconds=4, micros=300_000))
        uses = await life.uses()
        assert len(uses) == 36
        for use in uses:
            expected = {Unit.VIDEOS: 2, Unit.SECONDS: 12, Unit.USD: 800_000}[use.limit.unit]
            assert (use.used, use.held) == (0, expected), use.limit

    async def test_a_used_up_window_is_free_again_in_the_next(self, life: Life) -> None:
        limits = [at_most(1, per=Per.HOUR)]
        await life.accept(limits=limits)
        with pytest.raises(Refusal):
            await life.accept(limits=limits)
        life.later(hours=1)
        await life.accept(limits=limits)

    @pytest.mark.parametrize("resolution", ["post", "void", "billed"])
    async def test_a_job_counts_in_the_window_it_was_accepted_in_though_it_ends_in_the_next(
        self, store: Store, life: Life, resolution: str
    ) -> None:
        accepted_at = life.now
        job = await life.accept()
        life.later(days=1)
        if resolution == "post":
            await life.succeeded(job)
        else:
            _, claim = await life.polling(job)
            await store.fail(
                job.id,
                claim,
                fault="lost",
                detail="",
                resolution=Resolution(resolution),
                now=life.later(milliseconds=1),
            )
        used = {"post": (1, 1, 1), "void": (0, 0, 0), "billed": (0, 0, 1)}[resolution]
        for scope, expected in zip((Scope.MEMBER, Scope.GUILD, Scope.OPERATOR), used, strict=True):
            assert await life.tally(scope, at=accepted_at) == (expected, 0)
            assert await life.tally(scope) == (0, 0)

    async def test_at_most_so_many_of_one_member_are_open_at_once(self, store: Store, life: Life) -> None:
        [first, _] = [await life.accept(most_open=2) for _ in range(2)]
        with pytest.raises(Refusal) as refused:
            await life.accept(most_open=2)
        assert refused.value.payload == TooManyOpen(count=2)
        await life.accept(life.new("bob"), most_open=2)
        await life.accept(life.new("ann", "other"), most_open=2)
        await store.cancel(first.id, now=life.now)
        await life.accept(most_open=2)

    async def test_cancelling_gives_everything_back_and_ends_the_job(self, store: Store, life: Life) -> None:
        before = await life.uses()
        job = await life.accept()
        cancelled = await store.cancel(job.id, now=life.now)
        assert cancelled == replace(job, state=State.CANCELLED, finished_at=life.now) == await life.reload(job)
        assert await life.uses() == before
        assert await life.next() is None

    async def test_cancelling_is_possible_only_while_reserved(self, store: Store, life: Life) -> None:
        gone = await life.accept()
        await store.cancel(gone.id, now=life.now)
        ended = await life.succeeded(), await life.failed()
        sent, _ = await life.submitting()
        for job in (gone, *ended, sent, await life.unknown(), await life.submitted()):
            before = (await store.generation(job.id), await life.uses())
            with pytest.raises(IllegalTransition):
                await store.cancel(job.id, now=life.now)
            assert (await store.generation(job.id), await life.uses()) == before

    async def test_cancelling_what_nobody_knows_is_refused(self, store: Store, life: Life) -> None:
        with pytest.raises(IllegalTransition, match="no generation"):
            await store.cancel("nobody", now=life.now)

    async def test_cancel_and_claim_in_parallel_never_both_succeed(self, store: Store, life: Life) -> None:
        for _ in range(5):
            job = await life.accept()
            claimed, cancelled = await asyncio.gather(
                life.next(), store.cancel(job.id, now=life.now), return_exceptions=True
            )
            assert (claimed is None) != isinstance(cancelled, IllegalTransition)

    async def test_a_small_fact_is_kept_until_it_is_replaced(self, store: Store) -> None:
        assert await store.get_value("digest") is None
        await store.set_value("digest", "one")
        await store.set_value("other", "x")
        await store.set_value("digest", "two")
        assert await store.get_value("digest") == "two"
