"""Grants with an end, and grants to a role: what is spent first, whose share it is, and what an end does."""

import asyncio

import pytest

from bot.domain.quota.limits import Unit
from bot.domain.refusals.refusal import Refusal
from tests.storage.life import Life, WholeStore, at_most, terms

NONE = at_most(1, Unit.SECONDS)  # less than any job: each has to be covered
VIDEO = 4  # seconds of a job


async def spend(life: Life, member: str = "ann", *roles: str) -> str:
    """A job that grants of seconds have to pay for but for one second; its id."""
    return (await life.accept(life.new(member), limits=[NONE], roles=roles)).id


class GrantLots:
    async def test_what_ends_first_is_spent_first_and_after_its_end_the_rest_is_gone(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.grant(10)
        await life.grant_lot(10, days=9)
        await life.grant_lot(10, days=2)
        none = [at_most(1)]
        await life.accept(limits=none)
        for _ in range(11):
            await life.accept(limits=none)
        allowance = await store.allowance("guild", "ann", [], [], now=life.now)
        assert [(lot.left, lot.ends_at is None) for lot in allowance.lots] == [(9, False), (10, True)]
        assert (allowance.grants, allowance.grants_held) == ({Unit.VIDEOS: 19}, {Unit.VIDEOS: 11})
        life.later(days=9)
        assert await life.granted() == 10
        await life.accept(limits=none)  # the day's own quota
        for _ in range(10):
            await life.accept(limits=none)
        with pytest.raises(Refusal, match="quota"):
            await life.accept(limits=none)

    async def test_one_job_may_take_of_several_grants_and_gives_each_its_part_back(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.grant_lot(1, Unit.SECONDS, days=1)
        await life.grant_lot(1, Unit.SECONDS, role="fan")
        await life.grant(1, Unit.SECONDS)
        job = await spend(life, "ann", "fan")
        assert await life.granted(Unit.SECONDS) == 0
        await store.cancel(job, now=life.now)
        assert await life.granted(Unit.SECONDS) == 3
        life.later(days=1)
        assert await life.granted(Unit.SECONDS) == 2

    async def test_a_job_that_fails_after_the_end_of_its_grant_gives_back_to_it_and_it_stays_over(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.grant_lot(3, Unit.SECONDS, days=1)
        job = await spend(life)
        life.later(days=2)
        await store.cancel(job, now=life.now)
        assert await life.granted(Unit.SECONDS) == 0
        with pytest.raises(Refusal, match="quota"):
            await spend(life)

    async def test_everyone_who_has_a_role_has_a_share_of_their_own_from_their_first_spending_on(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.grant_lot(6, Unit.SECONDS, role="fan", days=5)
        await life.grant_lot(3, Unit.SECONDS, role="guild")  # the role that everyone has
        for member in ("ann", "bob"):
            assert await life.granted(Unit.SECONDS, member=member, roles=["fan"]) == 9
            assert await life.granted(Unit.SECONDS, member=member) == 3
            await spend(life, member, "fan")
        assert await life.granted(Unit.SECONDS) == 6  # opened: it stays without the role
        assert await life.granted(Unit.SECONDS, member="cem") == 3
        assert await life.granted(Unit.SECONDS, member="ann", guild="other", roles=["fan"]) == 0
        await spend(life, "cem")
        with pytest.raises(Refusal, match="quota"):
            await spend(life, "cem")
        [fan, everyone] = await store.role_grants("guild", now=life.now)
        assert (fan.subject_id, everyone.subject_id) == ("fan", "guild")
        life.later(days=5)
        assert await store.role_grants("guild", now=life.now) == [everyone]

    async def test_two_roles_give_both_shares_and_parallel_jobs_open_each_once(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.grant_lot(2, role="fan")
        await life.grant_lot(1, role="patron", days=1)
        roles = ["fan", "patron"]
        answers = await asyncio.gather(
            *(store.accept(life.new(), terms(at_most(1), roles=roles), now=life.now) for _ in range(20)),
            return_exceptions=True,
        )
        assert sum(not isinstance(answer, BaseException) for answer in answers) == 4
        assert await life.granted(roles=roles) == 0

    async def test_a_negative_grant_takes_from_all_of_a_members_own_what_is_spent_last_first(
        self, store: WholeStore, life: Life
    ) -> None:
        changed = await life.grant_lot(5, days=3)
        assert (changed.before, changed.after) == (0, 5)
        await life.grant_lot(4, role="fan")
        assert await life.grant(2) == (5, 7)
        assert await life.grant(-3) == (7, 4)
        allowance = await store.allowance("guild", "ann", ["fan"], [], now=life.now)
        assert [(lot.left, lot.role_id) for lot in allowance.lots] == [(4, None), (4, "fan")]
        assert await life.grant(-9) == (4, 0)
        assert await life.granted(roles=["fan"]) == 4
