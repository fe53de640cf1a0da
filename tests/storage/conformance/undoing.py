"""Undo: each change once, within ten minutes, where nobody has changed the same since."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from bot.domain.moderation import settings_edits as edits
from bot.domain.moderation.audit import AuditAction, Change, SettingsEdit
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Setting, Threads
from bot.domain.quota.limits import Per, Unit
from bot.domain.quota.rules import Subject
from bot.domain.refusals.refusal import Refusal
from tests.storage.life import Life, WholeStore, at_most

PLAIN = GuildSettings(guild_id="guild")
Edit = Callable[[GuildSettings], GuildSettings]


async def newest(store: WholeStore) -> Change:
    return (await store.changes("guild", None, before_id=None, limit=1))[0]


class Undoing:
    async def test_a_rule_set_changed_or_removed_is_as_it_was_and_the_entry_says_so(
        self, store: WholeStore, life: Life
    ) -> None:
        rule = await life.set_rule(Subject.MEMBER, 5, of="ann")
        first = await newest(store)
        await life.set_rule(Subject.MEMBER, 7, of="ann")
        second = await newest(store)
        with pytest.raises(Refusal, match="undo_changed"):
            await store.undo(life.actor(), first.id, now=life.now)
        done = await store.undo(life.actor(), second.id, now=life.now)
        assert (done.original, done.change.undoes) == (second, second.id)
        assert await newest(store) == done.change
        assert (done.change.before, done.change.after) == (second.after, second.before)
        assert await store.rules("guild") == [rule]
        await life.remove_rule(rule)
        removed = await newest(store)
        await store.undo(life.actor(), removed.id, now=life.now)
        assert [one.amount for one in await store.rules("guild")] == [5]
        await store.undo(life.actor(), first.id, now=life.now)
        assert await store.rules("guild") == []

    async def test_a_plan_replaces_all_rules_of_a_subject_at_once_and_is_undone_at_once(
        self, store: WholeStore, life: Life
    ) -> None:
        kept = await life.set_rule(Subject.ROLE, 1, of="fan")
        old = [await life.set_rule(Subject.EVERYONE, 5), await life.set_rule(Subject.EVERYONE, 9, per=Per.WEEK)]
        new = [life.rule(Subject.EVERYONE, 6), life.rule(Subject.EVERYONE, 3, Unit.USD, Per.MONTH)]
        changed = await store.plan(life.actor(), Subject.EVERYONE, "", new, now=life.now)
        assert changed is not None
        assert changed.before == tuple(old)
        assert {(one.amount, one.unit, one.per) for one in await store.rules("guild")} == {
            (6, Unit.VIDEOS, Per.DAY),
            (3, Unit.USD, Per.MONTH),
            (1, Unit.VIDEOS, Per.DAY),
        }
        assert await store.plan(life.actor(), Subject.EVERYONE, "", new[::-1], now=life.now) is None
        await store.undo(life.actor(), changed.change.id, now=life.now)
        assert {(one.amount, one.per) for one in await store.rules("guild")} == {
            (5, Per.DAY),
            (9, Per.WEEK),
            (1, Per.DAY),
        }
        assert kept in await store.rules("guild")
        gone = await store.plan(life.actor(), Subject.EVERYONE, "", [], now=life.now)
        assert gone is not None
        assert await store.rules("guild") == [kept]
        await store.undo(life.actor(), gone.change.id, now=life.now)
        assert len(await store.rules("guild")) == 3

    async def test_of_two_presses_at_once_one_undoes_and_only_for_ten_minutes(
        self, store: WholeStore, life: Life
    ) -> None:
        await life.set_rule(Subject.EVERYONE, 5)
        change = await newest(store)
        answers = await asyncio.gather(
            *(store.undo(life.actor(), change.id, now=life.now) for _ in range(5)), return_exceptions=True
        )
        refused = [str(answer) for answer in answers if isinstance(answer, Refusal)]
        assert refused == ["undo_done"] * 4
        await life.set_rule(Subject.EVERYONE, 5)
        change = await newest(store)
        with pytest.raises(Refusal, match="undo_none"):
            await store.undo(life.actor("other"), change.id, now=life.now)
        with pytest.raises(Refusal, match="undo_none"):
            await store.undo(life.actor(), change.id - 1, now=life.now)  # an undoing is not undone
        life.later(minutes=10)
        with pytest.raises(Refusal, match="undo_late"):
            await store.undo(life.actor(), change.id, now=life.now)

    async def test_every_setting_a_pause_and_a_block_are_as_they_were(self, store: WholeStore, life: Life) -> None:
        block = Block(member_id="7", until=life.now.replace(hour=20), reason="spam")
        pause = Pause(until=life.now.replace(hour=21), reason="late")
        made: list[tuple[AuditAction, str, Edit]] = [
            (AuditAction.SETTING, Setting.CHANNELS, partial(edits.with_channel, channel_id="1")),
            (AuditAction.SETTING, Setting.CHANNELS, partial(edits.with_channel, channel_id="2")),
            (AuditAction.SETTING, Setting.MODELS, partial(edits.with_family, family="Sora 2")),
            (AuditAction.SETTING, Setting.LIMITS, partial(edits.with_limits, running=1, dearest=0.5)),
            (AuditAction.SETTING, Setting.FILTER, lambda old: replace(old, terms=frozenset({"a", "b"}))),
            (AuditAction.SETTING, Setting.FILTER, lambda old: replace(old, terms=frozenset({"b", "c"}))),
            (AuditAction.SETTING, Setting.LOG_CHANNEL, partial(edits.with_log_channel, channel_id="9")),
            (AuditAction.SETTING, Setting.LOG_CHANNEL, partial(edits.with_log_channel, channel_id=None)),
            (AuditAction.SETTING, Setting.THREADS, partial(edits.with_threads, mode=Threads.ALWAYS)),
            (AuditAction.SETTING, Setting.RESULTS, partial(edits.with_spoiler, spoiler=True)),
            (AuditAction.BLOCKED, "7", partial(edits.with_block, block=block, now=life.now)),
            (AuditAction.BLOCKED, "7", partial(edits.with_block, block=Block(member_id="7"), now=life.now)),
            (AuditAction.UNBLOCKED, "7", partial(edits.without_block, member_id="7", now=life.now)),
            (AuditAction.PAUSED, "", partial(edits.with_pause, pause=pause)),
            (AuditAction.PAUSED, "", partial(edits.with_pause, pause=Pause())),
            (AuditAction.RESUMED, "", partial(edits.without_pause, now=life.now)),
        ]
        states, changes = [await store.guild("guild")], list[Change]()
        for action, subject_id, apply in made:
            edit = SettingsEdit(action=action, subject_id=subject_id, apply=apply)
            changed = await store.change_guild(life.actor(), edit, now=life.now)
            assert changed.change is not None, (action, subject_id)
            states.append(changed.after)
            changes.append(changed.change)
        with pytest.raises(Refusal, match="undo_changed"):
            await store.undo(life.actor(), changes[0].id, now=life.now)
        for change, state in zip(changes[::-1], states[-2::-1], strict=True):
            await store.undo(life.actor(), change.id, now=life.now)
            assert await store.guild("guild") == state, change
        assert await store.guild("guild") == PLAIN

    async def test_a_zone_goes_back_by_one_more_change(self, store: WholeStore, life: Life) -> None:
        apply = partial(edits.with_zone, zone="Asia/Tokyo", at=life.now)
        edit = SettingsEdit(action=AuditAction.SETTING, subject_id=Setting.TIMEZONE, apply=apply)
        changed = await store.change_guild(life.actor(), edit, now=life.now)
        assert changed.change is not None
        await store.undo(life.actor(), changed.change.id, now=life.now)
        settings = await store.guild("guild")
        assert (settings.zone, len(settings.zones)) == ("UTC", 2)

    async def test_of_a_grant_only_what_is_unspent_is_taken_back(self, store: WholeStore, life: Life) -> None:
        await life.grant(3)
        change = await newest(store)
        await life.accept(limits=[at_most(1)])
        await life.accept(limits=[at_most(1)])
        done = await store.undo(life.actor(), change.id, now=life.now)
        assert done.taken is not None
        assert (done.taken.amount, done.spent) == (2, 1)
        assert await life.granted() == 0
        await life.grant(1)
        change = await newest(store)
        await life.accept(limits=[at_most(1)])
        with pytest.raises(Refusal, match="undo_spent"):
            await store.undo(life.actor(), change.id, now=life.now)

    async def test_taking_back_is_undone_into_the_grants_that_it_came_from(self, store: WholeStore, life: Life) -> None:
        await life.grant_lot(2, days=1)
        await life.grant(2)
        before = (await store.allowance("guild", "ann", [], [], now=life.now)).lots
        assert await life.grant(-3) == (4, 1)
        change = await newest(store)
        done = await store.undo(life.actor(), change.id, now=life.now)
        assert (done.taken, done.spent) == (None, 0)
        assert (await store.allowance("guild", "ann", [], [], now=life.now)).lots == before

    async def test_a_grant_with_an_end_or_to_a_role_is_over_and_what_running_jobs_took_does_not_come_back(
        self, store: WholeStore, life: Life
    ) -> None:
        limit = [at_most(1)]
        dated = await life.grant_lot(3, days=1)
        await life.accept(limits=limit)
        job = await life.accept(limits=limit)
        done = await store.undo(life.actor(), dated.change.id, now=life.now)
        assert done.taken is not None
        assert (done.taken.amount, done.spent) == (2, 1)
        await store.cancel(job.id, now=life.now)
        assert await life.granted() == 0
        shared = await life.grant_lot(3, role="fan")
        job = await life.accept(limits=limit, roles=["fan"])
        done = await store.undo(life.actor(), shared.change.id, now=life.now)
        assert done.taken is not None
        assert (done.taken.role, done.spent) == (True, 1)
        assert await life.granted(roles=["fan"]) == 0
        await store.cancel(job.id, now=life.now)
        assert await life.granted(roles=["fan"]) == 0
        assert await store.role_grants("guild", now=life.now) == []

    async def test_nothing_new_is_accepted_during_a_pause_and_it_ends_by_itself(
        self, store: WholeStore, life: Life
    ) -> None:
        job = await life.submitted()
        pause = Pause(until=life.now.replace(hour=23), reason="late")
        await life.configure(partial(edits.with_pause, pause=pause))
        with pytest.raises(Refusal, match="paused"):
            await life.accept()
        await life.finish(job)
        life.now = life.now.replace(hour=23, minute=0)
        await life.accept()
