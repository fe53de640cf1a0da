"""Grants, kept until spent and spent last; and the reset of what was used."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.domain.moderation.audit_facts import GrantFact
from bot.domain.moderation.guild_settings import ZoneChange
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.domain.quota.rules import Subject
from bot.domain.refusals.refusal import QuotaExceeded, Refusal
from tests.storage.life import Life, WholeStore, at_most, terms

ONE = at_most(1)


async def refused(life: Life, *limits: Limit) -> QuotaExceeded:
    with pytest.raises(Refusal, match="quota") as refusal:
        await life.accept(limits=limits or [ONE])
    assert isinstance(refusal.value.payload, QuotaExceeded)
    return refusal.value.payload


class Granting:
    async def test_a_grant_is_spent_after_the_quota_to_the_last_unit_and_no_further(self, life: Life) -> None:
        await life.grant(2)
        for left in (2, 1, 0):
            await life.accept(limits=[ONE])
            assert await life.granted() == left
        refusal = await refused(life)
        assert refusal.grants == 0
        assert await life.tally(Scope.MEMBER) == (0, 1)
        assert await life.tally(Scope.GUILD) == (0, 3)
        assert await life.tally(Scope.OPERATOR) == (0, 3)

    async def test_a_grant_is_kept_until_spent_over_any_number_of_windows(self, life: Life) -> None:
        await life.grant(1)
        await life.accept(limits=[ONE])
        life.later(days=400)
        await life.accept(limits=[ONE])
        assert await life.granted() == 1
        await life.accept(limits=[ONE])
        assert await life.granted() == 0

    async def test_a_grant_may_pay_for_a_part_of_a_job_and_the_rest_counts(self, life: Life) -> None:
        limit = at_most(10, Unit.SECONDS)
        await life.grant(5, Unit.SECONDS)
        await life.accept(life.new(seconds=8), limits=[limit])
        await life.accept(life.new(seconds=4), limits=[limit])
        assert await life.granted(Unit.SECONDS) == 3
        [use] = await life.uses(limits=[limit])
        assert (use.used, use.held) == (0, 10)
        refusal = await refused(life, limit)
        assert refusal.grants == 3

    async def test_two_windows_of_one_unit_cost_a_grant_once(self, life: Life) -> None:
        limits = [at_most(1), at_most(1, per=Per.WEEK), at_most(1, per=Per.MONTH)]
        await life.grant(1)
        await life.accept(limits=limits)
        await life.accept(limits=limits)
        assert await life.granted() == 0

    async def test_a_grant_covers_neither_another_unit_nor_a_pool_nor_the_budget(self, life: Life) -> None:
        await life.grant(9)
        await life.accept()
        await refused(life, at_most(7, Unit.SECONDS))
        await refused(life, at_most(1, scope=Scope.OPERATOR))
        await life.set_rule(Subject.SERVER, 1)
        await refused(life, ONE)
        assert await life.granted() == 9

    @pytest.mark.parametrize("end", [Resolution.VOID, Resolution.BILLED, "cancel"])
    async def test_what_a_grant_paid_comes_back_when_the_job_ends_without_a_video(
        self, store: WholeStore, life: Life, end: Resolution | str
    ) -> None:
        await life.grant(1)
        await life.succeeded(await life.accept(limits=[ONE]))
        job = await life.accept(limits=[ONE])
        assert await life.granted() == 0
        if isinstance(end, Resolution):
            _, claim = await life.polling(job)
            await store.fail(job.id, claim, fault="lost", detail="", resolution=end, now=life.now)
        else:
            await store.cancel(job.id, now=life.now)
        assert await life.granted() == 1
        assert await life.tally(Scope.MEMBER) == (1, 0)
        await life.accept(limits=[ONE])

    async def test_what_a_grant_paid_stays_paid_when_the_video_is_there(self, life: Life) -> None:
        await life.grant(1)
        for _ in range(2):
            await life.succeeded(await life.accept(limits=[ONE]))
        assert await life.granted() == 0
        assert await life.tally(Scope.MEMBER) == (1, 0)
        assert await life.tally(Scope.GUILD) == (2, 0)

    async def test_of_parallel_jobs_one_gets_the_one_grant(self, store: WholeStore, life: Life) -> None:
        await life.grant(1)
        await life.accept(limits=[ONE])
        answers = await asyncio.gather(
            *(store.accept(life.new(), terms(ONE), now=life.now) for _ in range(20)), return_exceptions=True
        )
        assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
        assert await life.granted() == 0

    async def test_a_negative_grant_takes_back_and_never_below_zero(self, store: WholeStore, life: Life) -> None:
        assert await life.grant(5) == (0, 5)
        assert await life.grant(-2) == (5, 3)
        assert await life.grant(-9) == (3, 0)
        assert await life.grant(-1) == (0, 0)
        lines = await store.changes("guild", "ann", before_id=None, limit=9)
        facts = [GrantFact(unit=Unit.VIDEOS, amount=amount) for amount in (0, 5, 3, 0)]
        assert [(line.before, line.after) for line in lines[::-1]] == list(pairwise(facts))  # what took nothing is none

    async def test_a_grant_is_of_one_member_in_one_server(self, life: Life) -> None:
        await life.grant(5)
        assert await life.granted(member="bob") == 0
        assert await life.granted(guild="other") == 0
        await life.accept(life.new("bob"), limits=[ONE])
        with pytest.raises(Refusal):
            await life.accept(life.new("bob"), limits=[ONE])

    async def test_taking_back_what_is_spent_takes_nothing_and_its_return_comes_back(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.grant(1)
        await life.accept(limits=[ONE])
        job = await life.accept(limits=[ONE])
        assert await life.grant(-1) == (0, 0)
        await store.cancel(job.id, now=life.now)
        assert await life.granted() == 1


class Resetting:
    async def test_a_reset_opens_every_current_window_and_leaves_holds_grants_pools_and_others(
        self, life: Life
    ) -> None:
        for member in ("ann", "bob"):
            await life.succeeded(await life.accept(life.new(member)))
        await life.accept()
        await life.grant(3)
        await life.reset()
        for per in Per:
            assert await life.tally(Scope.MEMBER, per=per) == (0, 1)
            assert await life.tally(Scope.MEMBER, "bob", per=per) == (1, 0)
            assert await life.tally(Scope.GUILD, per=per) == (2, 1)
            assert await life.tally(Scope.OPERATOR, per=per) == (2, 1)
        assert await life.granted() == 3

    async def test_a_member_may_go_on_after_a_reset(self, store: WholeStore, life: Life) -> None:
        await life.succeeded(await life.accept(limits=[ONE]))
        await refused(life)
        await life.reset()
        await life.accept(limits=[ONE])
        [line] = await store.changes("guild", "ann", before_id=None, limit=9)
        assert line.action == "reset"

    async def test_what_was_held_at_a_reset_counts_when_it_is_settled_and_nothing_goes_below_zero(
        self, store: WholeStore, life: Life
    ) -> None:
        ended, failing = await life.submitted(), await life.submitted()
        await life.reset()
        await life.finish(ended)
        assert await life.tally(Scope.MEMBER) == (1, 1)
        await life.reset()
        assert await life.tally(Scope.MEMBER) == (0, 1)
        claim = life.claim()
        assert await life.claim_poll(claim, now=life.now)
        await store.fail(failing.id, claim, fault="x", detail="", resolution=Resolution.VOID, now=life.now)
        await life.reset()
        await life.reset()
        assert await life.tally(Scope.MEMBER) == (0, 0)

    async def test_a_window_that_is_over_stays_as_it_was(self, life: Life) -> None:
        await life.succeeded()
        then = life.now
        life.later(days=1)
        await life.reset()
        assert await life.tally(Scope.MEMBER, at=then) == (1, 0)
        assert await life.tally(Scope.MEMBER, per=Per.MONTH, at=then) == (0, 0)

    async def test_the_windows_that_a_reset_opens_are_those_of_the_server_s_zone(
        self, store: WholeStore, life: Life
    ) -> None:
        tokyo = (ZoneChange(life.now - timedelta(days=90), "Asia/Tokyo"),)
        await life.configure(lambda old: replace(old, zones=tokyo))
        life.now = datetime(2026, 3, 4, 14, 59, tzinfo=UTC)
        await life.succeeded()
        then = life.now
        life.now = datetime(2026, 3, 4, 15, 1, tzinfo=UTC)  # the next day there
        await life.succeeded()
        await life.reset()
        assert await life.tally(Scope.MEMBER, at=then) == (1, 0)
        allowance = await store.allowance("guild", "ann", [], [at_most(5), at_most(5, per=Per.WEEK)], now=life.now)
        assert [bound.use and bound.use.used for bound in allowance.bounds] == [0, 0]
        [day, _] = [bound.use for bound in allowance.bounds if bound.use]
        assert day.window.start == datetime(2026, 3, 4, 15, tzinfo=UTC)
