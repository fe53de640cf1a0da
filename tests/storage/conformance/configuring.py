"""A server's settings and its audit log, and what the settings mean for the queue."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.generation import State
from bot.domain.moderation.audit import AuditAction, SettingsEdit
from bot.domain.moderation.audit_facts import SpoilerFact, TermsFact
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Setting, Threads, ZoneChange
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal, TooManyOpen, TooManyWaiting
from tests.storage.life import Life, WholeStore, terms


def setting(one: Setting, apply: Callable[[GuildSettings], GuildSettings]) -> SettingsEdit:
    return SettingsEdit(action=AuditAction.SETTING, subject_id=one, apply=apply)


class Configuring:
    async def test_settings_are_kept_as_they_were_changed(self, store: WholeStore, life: Life) -> None:
        assert await store.guild("guild") == GuildSettings(guild_id="guild")
        wanted = GuildSettings(
            guild_id="guild",
            channels=frozenset({"1", "2"}),
            families=frozenset({"Sora 2"}),
            blocks=frozenset(
                {Block(member_id="eve"), Block(member_id="tim", until=life.later(hours=1), reason="spam")}
            ),
            pause=Pause(until=life.later(minutes=5), reason="late"),
            terms=frozenset({"naïve term", "x"}),
            most_running=2,
            most_waiting=3,
            longest=12,
            dearest=1_000_000,
            log_channel_id="9",
            threads=Threads.ALWAYS,
            spoiler=True,
            zones=(ZoneChange(life.now, "Europe/Berlin"),),
        )
        await life.configure(lambda _: wanted)
        assert await store.guild("guild") == wanted
        assert await store.guild("other") == GuildSettings(guild_id="other")
        changed = replace(
            wanted,
            terms=frozenset({"x"}),
            blocks=frozenset({Block(member_id="bob")}),
            pause=Pause(),
            most_running=None,
            spoiler=False,
        )
        edit = setting(Setting.FILTER, lambda _: changed)
        done = await store.change_guild(life.actor(), edit, now=life.now)
        assert (done.before, done.after) == (wanted, changed)
        assert await store.guild("guild") == changed

    async def test_two_edits_at_once_both_hold(self, store: WholeStore, life: Life) -> None:
        await asyncio.gather(
            *(life.configure(lambda old, n=n: replace(old, terms=old.terms | {str(n)})) for n in range(10))
        )
        assert (await store.guild("guild")).terms == {str(n) for n in range(10)}

    async def test_what_the_zone_was_cannot_be_rewritten(self, store: WholeStore, life: Life) -> None:
        await life.configure(lambda old: replace(old, zones=(ZoneChange(life.now, "Europe/Berlin"),)))
        for zones in ((), (ZoneChange(life.now, "Asia/Tokyo"),)):
            with pytest.raises(ValueError, match="time zone"):
                await life.configure(lambda old, zones=zones: replace(old, zones=zones))
        assert (await store.guild("guild")).zone == "Europe/Berlin"

    async def test_a_change_and_its_line_are_one_and_what_changes_nothing_or_raises_has_neither(
        self, store: WholeStore, life: Life
    ) -> None:
        def trouble(_: GuildSettings) -> GuildSettings:
            raise Refusal(RefusalCode.GONE)

        done = await store.change_guild(
            life.actor(), setting(Setting.RESULTS, lambda old: replace(old, spoiler=True)), now=life.now
        )
        again = await store.change_guild(life.actor(), setting(Setting.RESULTS, lambda old: old), now=life.now)
        assert (done.after.spoiler, again.change) == (True, None)
        with pytest.raises(Refusal, match="gone"):
            await store.change_guild(life.actor(), setting(Setting.RESULTS, trouble), now=life.now)
        [line] = await store.changes("guild", None, before_id=None, limit=9)
        assert line == done.change
        assert (line.before, line.after) == (SpoilerFact(spoiler=False), SpoilerFact(spoiler=True))

    async def test_of_the_banned_terms_a_line_names_those_that_came_and_went(
        self, store: WholeStore, life: Life
    ) -> None:
        for kept in ({"a", "b"}, {"b", "c"}):
            edit = setting(Setting.FILTER, lambda old, kept=kept: replace(old, terms=frozenset(kept)))
            await store.change_guild(life.actor(), edit, now=life.now)
        second, first = await store.changes("guild", None, before_id=None, limit=9)
        assert (first.before, first.after) == (None, TermsFact(terms=("a", "b")))
        assert (second.before, second.after) == (TermsFact(terms=("a",)), TermsFact(terms=("c",)))

    async def test_the_audit_log_reads_back_newest_first_in_pages_and_by_member(
        self, store: WholeStore, life: Life
    ) -> None:
        lines = [life.change(subject, at=life.later(seconds=1)) for subject in ("ann", "bob", "ann", "role", "mod")]
        for line in lines:
            await store.log_change(line)
        await store.log_change(life.change(guild_id="other"))
        found = await store.changes("guild", None, before_id=None, limit=9)
        assert [replace(line, id=0) for line in found] == lines[::-1]
        first = await store.changes("guild", None, before_id=None, limit=2)
        second = await store.changes("guild", None, before_id=first[-1].id, limit=2)
        assert first + second == found[:4]
        assert [line.subject_id for line in await store.changes("guild", "ann", before_id=None, limit=9)] == ["ann"] * 2
        assert len(await store.changes("guild", "mod", before_id=None, limit=9)) == 5

    async def test_with_most_waiting_so_many_wait_and_no_more(self, store: WholeStore, life: Life) -> None:
        await life.configure(lambda old: replace(old, most_waiting=2))
        first = (await life.accepted("ann", 3))[0]  # of which one is about to run
        with pytest.raises(Refusal) as refusal:
            await life.accept()
        assert refusal.value.payload == TooManyWaiting(running=1, waiting=2)
        await life.accept(life.new("bob"))
        await life.accept(life.new(guild="other"))
        await life.submitted(first)
        await life.accept()
        with pytest.raises(Refusal) as refusal:
            await life.accept()
        assert refusal.value.payload == TooManyWaiting(running=2, waiting=2)
        with pytest.raises(Refusal) as refusal:  # the operator's number still holds for the sum
            await store.accept(life.new("bob"), terms(most_open=1), now=life.now)
        assert refusal.value.payload == TooManyOpen(count=1)

    async def test_of_ten_in_parallel_so_many_are_accepted_as_may_run_and_wait(
        self, store: WholeStore, life: Life
    ) -> None:
        for member, most_waiting, accepted in (("ann", 2, 3), ("bob", 0, 1)):
            await life.configure(lambda old, most=most_waiting: replace(old, most_running=1, most_waiting=most))
            jobs = [life.new(member) for _ in range(10)]
            placed = await asyncio.gather(
                *(store.accept(job, terms(), now=life.now) for job in jobs), return_exceptions=True
            )
            assert sum(not isinstance(one, Refusal) for one in placed) == accepted

    async def test_with_most_running_further_jobs_wait_and_others_go_first(self, store: WholeStore, life: Life) -> None:
        await life.configure(lambda old: replace(old, most_running=1))
        mine = await life.accepted("ann", 3)
        [bob] = await life.accepted("bob")
        elsewhere = await life.accept(life.new("ann", "other"))
        places = [(await store.card_context(job)).queue_position for job in (*mine, bob, elsewhere)]
        assert places == [1, 4, 5, 2, 3]
        claimed = [await life.next() for _ in range(3)]
        assert [job.id for job in claimed if job] == [mine[0].id, bob.id, elsewhere.id]
        assert await life.next() is None
        assert [(await store.card_context(job)).queue_position for job in mine] == [None, 1, 2]

    async def test_a_job_beyond_most_running_goes_when_one_has_ended(self, store: WholeStore, life: Life) -> None:
        await life.configure(lambda old: replace(old, most_running=1, most_waiting=5))
        mine = await life.accepted("ann", 2)
        running = await life.submitted(mine[0])
        assert await life.next() is None
        await life.finish(running)
        got = await life.next()
        assert got is not None
        assert (got.id, got.state) == (mine[1].id, State.SUBMITTING)

    async def test_a_job_that_waits_for_later_leaves_its_place_among_the_running_to_the_next(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.configure(lambda old: replace(old, most_running=1))
        held = await life.accept(life.new(due_at=life.now + timedelta(hours=1)))
        ready = await life.accept()
        got = await life.next()
        assert got is not None
        assert got.id == ready.id
        assert (await store.card_context(held)).queue_position == 1
