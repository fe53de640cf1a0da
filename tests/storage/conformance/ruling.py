"""Rules, as `accept` applies them: read in its own transaction, whatever was true a moment ago."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.generation import Generation
from bot.domain.moderation.audit_facts import RuleFact
from bot.domain.moderation.guild_settings import ZoneChange
from bot.domain.quota.limits import Per, Scope, Unit
from bot.domain.quota.rules import Subject
from bot.domain.refusals.refusal import QuotaExceeded, Refusal
from tests.storage.life import MANY, Life, WholeStore, at_most, terms

FIVE = at_most(5)


async def count_until_refused(life: Life, *, member: str = "ann", roles: tuple[str, ...] = ()) -> int:
    """How many more jobs this member may have now; they are cancelled again."""
    jobs: list[Generation] = []
    with suppress(Refusal):
        while len(jobs) < 30:
            jobs.append(await life.accept(life.new(member), limits=[FIVE], roles=roles))
    for job in jobs:
        await life.store.cancel(job.id, now=life.now)
    return len(jobs)


async def refused(life: Life, new: Generation | None = None) -> QuotaExceeded:
    with pytest.raises(Refusal, match="quota") as refusal:
        await life.accept(new, limits=[FIVE])
    assert isinstance(refusal.value.payload, QuotaExceeded)
    return refusal.value.payload


class Ruling:
    async def test_own_rule_else_the_largest_of_the_roles_else_everyone_s_else_the_default(self, life: Life) -> None:
        roles = ("artist", "patron")
        assert await count_until_refused(life, roles=roles) == 5
        await life.set_rule(Subject.EVERYONE, 3)
        assert await count_until_refused(life, roles=roles) == 3
        await life.set_rule(Subject.ROLE, 7, of="artist")
        await life.set_rule(Subject.ROLE, 2, of="patron")
        await life.set_rule(Subject.ROLE, 9, of="stranger")
        assert await count_until_refused(life, roles=roles) == 7
        await life.set_rule(Subject.MEMBER, 1, of="ann")
        await life.set_rule(Subject.MEMBER, 9, of="bob")
        assert await count_until_refused(life, roles=roles) == 1

    async def test_a_role_won_or_lost_between_two_jobs_counts_from_the_next(self, life: Life) -> None:
        await life.set_rule(Subject.EVERYONE, 1)
        await life.set_rule(Subject.ROLE, 2, of="artist")
        await life.accept()
        await refused(life)
        await life.accept(roles=["artist"])
        with pytest.raises(Refusal):
            await life.accept(roles=["artist"])

    async def test_a_rule_set_changed_or_removed_counts_from_the_next_job_and_lets_running_ones_be(
        self, store: WholeStore, life: Life
    ) -> None:
        running = [await life.submitted(), await life.submitted()]
        rule = await life.set_rule(Subject.EVERYONE, 2)
        refusal = await refused(life)
        use = refusal.use
        assert (use.limit.amount, use.used, use.held, refusal.grants) == (2, 0, 2, 0)
        other = life.rule(Subject.EVERYONE, 1)
        changed = await store.set_rule(life.actor(), other, now=life.now)
        assert (changed.before, changed.rule) == (rule, replace(rule, amount=1))
        [line, _] = await store.changes("guild", None, before_id=None, limit=9)
        assert line == changed.change
        assert (line.before, line.after) == (RuleFact.of(rule), RuleFact.of(other))
        assert await store.rules("guild") == [replace(rule, amount=1)]
        await refused(life)
        await life.finish(running[0])
        await life.finish(running[1])
        assert await life.tally(Scope.MEMBER) == (2, 0)
        await life.remove_rule(replace(rule, amount=1))
        await life.accept(limits=[FIVE])

    async def test_minus_one_lifts_and_zero_closes_even_against_a_grant(self, life: Life) -> None:
        await life.set_rule(Subject.MEMBER, -1, of="ann")
        assert await count_until_refused(life) == 30
        await life.grant(5)
        await life.set_rule(Subject.MEMBER, 0, of="ann")
        refusal = await refused(life)
        assert refusal.grants == 5
        assert await life.granted() == 5

    async def test_rules_of_one_server_bind_no_other(self, life: Life) -> None:
        await life.set_rule(Subject.EVERYONE, 0)
        await life.set_rule(Subject.SERVER, 0)
        await refused(life)
        await life.accept(life.new(guild="other"), limits=[FIVE])

    async def test_a_pool_empties_for_all_whoever_used_it_and_fills_again_with_its_window(self, life: Life) -> None:
        await life.set_rule(Subject.SERVER, 2, per=Per.HOUR)
        await life.set_rule(Subject.SERVER, -1, per=Per.DAY)
        await life.succeeded(await life.accept(life.new("bob")))
        await life.accept(life.new("ann"))
        refusal = await refused(life, life.new("cem"))
        use = refusal.use
        assert (use.limit.scope, use.used, use.held) == (Scope.GUILD, 1, 1)
        life.later(hours=1)
        await life.accept(life.new("cem"))

    async def test_rules_are_listed_as_they_win_and_removed_only_in_their_own_server(
        self, store: WholeStore, life: Life
    ) -> None:
        pool = await life.set_rule(Subject.SERVER, 50, Unit.SECONDS, Per.WEEK)
        everyone = await life.set_rule(Subject.EVERYONE, 5)
        member = await life.set_rule(Subject.MEMBER, 1, of="ann")
        assert await store.rules("guild") == [member, everyone, pool]
        assert await store.rules("other") == []
        assert await store.remove_rule(life.actor("other"), pool.id, now=life.now) is None
        assert await store.remove_rule(life.actor(), "nothing", now=life.now) is None
        assert len(await store.changes("guild", None, before_id=None, limit=9)) == 3
        assert await store.rules("guild") == [member, everyone, pool]

    async def test_the_allowance_shows_what_binds_with_its_use_and_the_pools_and_grants(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.set_rule(Subject.EVERYONE, -1)
        await life.set_rule(Subject.MEMBER, 9, Unit.SECONDS, of="ann")
        await life.set_rule(Subject.SERVER, 50, Unit.SECONDS, Per.WEEK)
        await life.grant(3)
        await life.succeeded()
        await life.accept()
        allowance = await store.allowance("guild", "ann", [], [FIVE], now=life.now)
        videos, seconds = allowance.bounds
        assert (videos.binding.limit, videos.use) == (None, None)
        assert seconds.use is not None
        assert (seconds.use.used, seconds.use.held, seconds.use.left) == (4, 4, 1)
        [pool] = allowance.pools
        assert (pool.limit.scope, pool.used, pool.held) == (Scope.GUILD, 4, 4)
        assert allowance.grants == {Unit.VIDEOS: 3}

    async def test_the_day_changes_in_the_server_s_zone_also_on_a_daylight_saving_day(self, life: Life) -> None:
        berlin = (ZoneChange(datetime(2026, 1, 1, tzinfo=UTC), "Europe/Berlin"),)
        await life.configure(lambda old: replace(old, zones=berlin))
        await life.set_rule(Subject.EVERYONE, 1)
        for first, last in (  # the usual day, the one of 23 hours, the one of 25
            (datetime(2026, 3, 4, 23, tzinfo=UTC), datetime(2026, 3, 5, 23, tzinfo=UTC)),
            (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
            (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ):
            life.now = first - timedelta(milliseconds=1)
            await life.accept()
            life.now = last - timedelta(milliseconds=2)
            refusal = await refused(life)
            use = refusal.use
            assert (use.window.start, use.window.end) == (first, last)

    async def test_a_change_of_zone_opens_no_new_window_before_the_running_one_ends(self, life: Life) -> None:
        await life.set_rule(Subject.EVERYONE, 1)
        await life.accept()
        here = ZoneChange(life.now, "Pacific/Kiritimati")  # where it is tomorrow already
        await life.configure(lambda old: replace(old, zones=(here,)))
        await refused(life)
        life.now = datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
        await refused(life)
        life.later(seconds=1)
        await life.accept()
        life.now = datetime(2026, 3, 5, 9, 59, 59, tzinfo=UTC)
        await refused(life)
        life.later(seconds=1)
        await life.accept()

    async def test_twenty_in_parallel_with_two_left_are_two_whatever_the_rule_is_of(
        self, store: WholeStore, life: Life
    ) -> None:
        for subject, of in ((Subject.SERVER, ""), (Subject.EVERYONE, ""), (Subject.ROLE, "r"), (Subject.MEMBER, "ann")):
            life.later(days=1)
            rule = await life.set_rule(subject, 2, of=of)
            answers = await asyncio.gather(
                *(store.accept(life.new(), terms(FIVE, roles=["r"]), now=life.now) for _ in range(20)),
                return_exceptions=True,
            )
            assert sum(not isinstance(answer, BaseException) for answer in answers) == 2, subject
            await life.remove_rule(rule)

    async def test_a_rule_set_while_twenty_jobs_come_in_binds_all_that_come_after_it(
        self, store: WholeStore, life: Life
    ) -> None:
        accepts = [store.accept(life.new(), terms(at_most(MANY)), now=life.now) for _ in range(20)]
        answers = await asyncio.gather(
            *accepts[:5], life.set_rule(Subject.EVERYONE, 7), *accepts[5:], return_exceptions=True
        )
        assert sum(isinstance(answer, Refusal) for answer in answers) == 13
        assert await life.tally(Scope.MEMBER) == (0, 7)
