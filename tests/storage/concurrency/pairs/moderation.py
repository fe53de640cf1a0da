"""Changes by moderators at the same moment: none is lost, and the log says what happened."""

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.domain.moderation import settings_edits as edits
from bot.domain.moderation.audit import AuditAction, Change, SettingsEdit
from bot.domain.moderation.guild_settings import GuildSettings, Setting
from bot.domain.quota.limits import Unit
from bot.domain.quota.rules import Subject
from bot.domain.requests.styles import Style
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import accept, after, no_fault, one_of, pair
from tests.storage.life import VIDEO, Life, at_most


@pair("guild_settings.change_guild: guild")
async def two_settings_are_changed(bench: Bench) -> Pair:
    life = bench.life

    def edit(apply: Callable[[GuildSettings], GuildSettings]) -> SettingsEdit:
        return SettingsEdit(action=AuditAction.SETTING, subject_id=Setting.RESULTS, apply=apply)

    async def both(*_: Any) -> None:
        settings = await life.store.guild("guild")
        assert (settings.spoiler, settings.log_channel_id) == (True, "log")

    return Pair(
        one=partial(
            bench.one.change_guild, life.actor(), edit(lambda old: edits.with_spoiler(old, True)), now=life.now
        ),
        other=partial(
            bench.other.change_guild, life.actor(), edit(lambda old: edits.with_log_channel(old, "log")), now=life.now
        ),
        check=both,
    )


async def _histories(bench: Bench) -> list[Change]:
    return [*reversed(await bench.store.changes("guild", None, before_id=None, limit=9))]


async def _told_in_order(bench: Bench, *, since: int = 0) -> None:
    """Each entry of the audit log begins where the one before it has ended."""
    told = (await _histories(bench))[since:]
    assert [one.after for one in told[:-1]] == [one.before for one in told[1:]]


@pair("changes.set_rule: guild")
async def a_rule_is_set_twice(bench: Bench) -> Pair:
    life = bench.life
    await life.set_rule(Subject.EVERYONE, 1)
    return Pair(
        one=partial(bench.one.set_rule, life.actor(), life.rule(Subject.EVERYONE, 5), now=life.now),
        other=partial(bench.other.set_rule, life.actor(), life.rule(Subject.EVERYONE, 7), now=life.now),
        check=after(_told_in_order, bench),
    )


@pair("changes.add_rule: guild")
async def a_rule_is_added_twice(bench: Bench) -> Pair:
    life = bench.life
    return Pair(
        one=partial(bench.one.add_rule, life.actor(), life.rule(Subject.EVERYONE, 5), now=life.now),
        other=partial(bench.other.add_rule, life.actor(), life.rule(Subject.EVERYONE, 7), now=life.now),
        check=one_of,
    )


@pair("changes.plan: guild")
async def a_plan_and_a_plan_of_other_windows(bench: Bench) -> Pair:
    life = bench.life
    await life.set_rule(Subject.EVERYONE, 1)
    plans = [[life.rule(Subject.EVERYONE, amount, unit)] for amount, unit in ((5, Unit.SECONDS), (7, Unit.USD))]

    async def one_plan(*_: Any) -> None:
        assert len(await bench.store.rules("guild")) == 1
        await _told_in_order(bench, since=1)

    return Pair(
        one=partial(bench.one.plan, life.actor(), Subject.EVERYONE, "", plans[0], now=life.now),
        other=partial(bench.other.plan, life.actor(), Subject.EVERYONE, "", plans[1], now=life.now),
        check=one_plan,
    )


@pair("changes.remove_rule: guild")
async def a_rule_is_removed_and_set(bench: Bench) -> Pair:
    life = bench.life
    rule = await life.set_rule(Subject.EVERYONE, 1)
    return Pair(
        one=partial(bench.one.remove_rule, life.actor(), rule.id, now=life.now),
        other=partial(bench.other.set_rule, life.actor(), life.rule(Subject.EVERYONE, 7), now=life.now),
        check=after(_told_in_order, bench),
    )


@pair("changes.grant: guild")
async def a_grant_is_taken_back_and_spent(bench: Bench) -> Pair:
    life = bench.life
    await life.grant(1)
    await life.accept()

    async def once(one: Any, other: Any) -> None:
        one_of(one, other)
        assert await life.granted() == 0

    return Pair(
        one=partial(bench.one.grant, life.actor(), "ann", Unit.VIDEOS, -1, now=life.now),
        other=accept(bench.other, life, life.new(), at_most(1)),
        check=once,
    )


@pair("changes.grant_lot: guild")
async def a_grant_with_an_end_and_one_without(bench: Bench) -> Pair:
    life = bench.life
    lot = partial(Life(bench.one).grant_lot, 2, days=1, lot_id="lot")
    return Pair(
        one=lot,
        other=partial(bench.other.grant, life.actor(), "ann", Unit.VIDEOS, 3, now=life.now),
        check=after(_counted_on, bench),
    )


async def _counted_on(bench: Bench) -> None:
    """Each grant's entry begins with what the one before has left."""
    told = await _histories(bench)
    assert [one.before.amount for one in told] == sorted({0, *(one.after.amount for one in told[:-1])})  # type: ignore[union-attr]


@pair()
async def a_role_s_grant_is_closed_and_opened(bench: Bench) -> Pair:
    life = bench.life
    await life.grant_lot(1, role="fan", lot_id="fans")
    await life.accept()

    async def in_order(one: Any, other: Any) -> None:
        opened = not isinstance(other, Exception)
        [[entry_first]] = await bench.store.db.read(
            "SELECT count(*) FROM generation JOIN grant_lot ON grant_lot.id = 'fans' WHERE generation.id = ?",
            (other.generation.id if opened else "",),
        )
        assert one is not None
        assert bool(entry_first) == opened

    return Pair(
        one=partial(bench.one.close_grant, life.actor(), "fans", now=life.now),
        other=accept(bench.other, life, life.new(), at_most(1), roles=["fan"]),
        check=in_order,
    )


@pair("changes.reset: guild", "polls.succeed: guild")
async def usage_is_reset_and_a_job_settled(bench: Bench) -> Pair:
    life = bench.life
    await life.succeeded()
    job, claim = await life.fetching()
    reset = life.change("ann", action=AuditAction.RESET)
    return Pair(
        one=partial(bench.one.reset, "guild", "ann", reset),
        other=partial(bench.other.succeed, job.id, claim, VIDEO, delivery_id="d", now=life.now),
        check=no_fault,
    )


@pair("undo.undo: guild")
async def a_change_is_undone_twice(bench: Bench) -> Pair:
    life = bench.life
    await life.grant(3)
    [change] = await _histories(bench)
    return Pair(
        one=partial(bench.one.undo, life.actor(), change.id, now=life.now),
        other=partial(bench.other.undo, life.actor(), change.id, now=life.now),
        check=one_of,
    )


@pair("styles.add_style: guild")
async def a_style_is_added_twice(bench: Bench) -> Pair:
    life = bench.life
    return Pair(
        one=partial(bench.one.add_style, life.actor(), Style(name="Noir", text="x"), now=life.now),
        other=partial(bench.other.add_style, life.actor(), Style(name="noir", text="y"), now=life.now),
        check=one_of,
    )
