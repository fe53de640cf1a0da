"""Pairs of calls that two processes may make at the same moment, and what must hold whichever comes first.

Each prepares a fresh database, and names the locks without which it fails (`NEEDS`), as `interleaving.Site`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.admission import AcceptResult
from bot.domain.card import CardRecord, DueCard, WantedPlace
from bot.domain.errors import IllegalTransition, LostLease
from bot.domain.generation import Generation, State
from bot.domain.jobs import JobState, JobStatus
from bot.domain.moderation import settings_edits as edits
from bot.domain.moderation.audit import AuditAction, Change, SettingsEdit
from bot.domain.moderation.guild_settings import GuildSettings, Setting
from bot.domain.moderation.reports import CaseEnd, Report
from bot.domain.processes import Beat, Process, Role
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Limit, Scope, Unit
from bot.domain.quota.rules import Subject
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.domain.styles import Style
from bot.ports.database.polls import PollRecord
from bot.storage.store import SqlStore
from tests.storage.concurrency.interleaving import Bench, Pair, Scenario, Site
from tests.storage.conformance.joining import chain, finish, join_of, wanted
from tests.storage.life import POSTED, VIDEO, Life, at_most, terms

NEEDS: dict[str, tuple[Scenario, frozenset[Site]]] = {}
Check = Callable[[Any, Any], Awaitable[None] | None]


def pair(*needs: str) -> Callable[[Scenario], Scenario]:
    """Register a pair. needs: `module.function: lock`, each of which the pair fails without."""

    def register(prepare: Scenario) -> Scenario:
        sites = [need.split(": ") for need in needs]
        NEEDS[prepare.__name__] = prepare, frozenset((function, what) for function, what in sites)
        return prepare

    return register


def refused(outcome: Any, code: RefusalCode | None = None) -> bool:
    return isinstance(outcome, Refusal) and (code is None or outcome.code is code)


def one_of(*outcomes: Any) -> None:
    """One call has a result, the other was refused or has none."""
    assert sum(not isinstance(outcome, Exception) and bool(outcome) for outcome in outcomes) == 1


def accept(
    store: SqlStore, life: Life, new: Generation, *limits: Limit, roles: Collection[str] = ()
) -> Callable[[], Any]:
    return partial(store.accept, new, terms(*limits, roles=roles), now=life.now)


# Limits


@pair("accepting.accept: operator")
async def two_servers_share_what_is_left_of_the_operator_s_budget(bench: Bench) -> Pair:
    life, budget = bench.life, at_most(1, scope=Scope.OPERATOR)
    return Pair(
        one=accept(bench.one, life, life.new("ann", "one"), budget),
        other=accept(bench.other, life, life.new("bob", "two"), budget),
        check=one_of,
    )


@pair()
async def a_member_has_one_video_left(bench: Bench) -> Pair:
    life = bench.life
    return Pair(
        one=accept(bench.one, life, life.new(), at_most(1)),
        other=accept(bench.other, life, life.new(), at_most(1)),
        check=one_of,
    )


@pair("accepting.accept: guild")
async def a_server_s_pool_has_one_video_left(bench: Bench) -> Pair:
    life = bench.life
    await life.set_rule(Subject.SERVER, 1)
    return Pair(
        one=accept(bench.one, life, life.new("ann")),
        other=accept(bench.other, life, life.new("bob")),
        check=one_of,
    )


@pair("accepting.accept: guild")
async def a_member_has_one_job_too_few_to_be_refused(bench: Bench) -> Pair:
    life, under = bench.life, terms(most_open=1)
    return Pair(
        one=partial(bench.one.accept, life.new(), under, now=life.now),
        other=partial(bench.other.accept, life.new(), under, now=life.now),
        check=one_of,
    )


@pair()
async def a_grant_covers_one_video(bench: Bench) -> Pair:
    life = bench.life
    await life.grant(1)
    await life.accept()
    return Pair(
        one=accept(bench.one, life, life.new(), at_most(1)),
        other=accept(bench.other, life, life.new(), at_most(1)),
        check=one_of,
    )


@pair()
async def a_role_s_share_is_opened(bench: Bench) -> Pair:
    life = bench.life
    await life.grant_lot(1, role="fan")
    await life.accept()
    return Pair(
        one=accept(bench.one, life, life.new(), at_most(1), roles=["fan"]),
        other=accept(bench.other, life, life.new(), at_most(1), roles=["fan"]),
        check=one_of,
    )


@pair("accepting.accept: guild")
async def an_interaction_reaches_two_processes(bench: Bench) -> Pair:
    life, new = bench.life, bench.life.new()

    def same(one: AcceptResult, other: AcceptResult) -> None:
        assert one.generation.id == other.generation.id
        assert {one.fresh, other.fresh} == {True, False}

    again = replace(life.new(), interaction_id=new.interaction_id)
    return Pair(one=accept(bench.one, life, new), other=accept(bench.other, life, again), check=same)


@pair("accepting.accept: guild")
async def a_family_gets_two_versions(bench: Bench) -> Pair:
    life = bench.life
    parent = await life.accept()

    def numbered(one: AcceptResult, other: AcceptResult) -> None:
        assert {one.generation.version, other.generation.version} == {2, 3}

    return Pair(
        one=accept(bench.one, life, replace(life.new(), parent_id=parent.id)),
        other=accept(bench.other, life, replace(life.new("bob"), parent_id=parent.id)),
        check=numbered,
    )


@pair("joins.finish_join: guild")
async def a_family_gets_a_joined_video_and_a_version(bench: Bench) -> Pair:
    life = bench.life
    parts = await chain(life, "ann", "ann")
    join = await life.store.request_join(wanted(life, parts), now=life.now)
    claim = life.claim()
    assert await life.store.claim_join(claim, now=life.now)

    def numbered(one: Generation, other: AcceptResult) -> None:
        assert {one.version, other.generation.version} == {3, 4}

    return Pair(
        one=partial(finish, bench.one, life, join, claim, parts),
        other=accept(bench.other, life, replace(life.new(), parent_id=parts[1].id)),
        check=numbered,
    )


@pair("cards.take_places: guild")
async def two_cards_are_about_to_show_the_same_place(bench: Bench) -> Pair:
    life = bench.life
    waits = await life.accept()

    def different(one: set[str], other: AcceptResult) -> None:
        assert bool(one) != other.place_taken

    return Pair(
        one=partial(
            bench.one.take_places,
            [WantedPlace(generation_id=waits.id, guild_id="guild", place=3)],
            now=life.now,
        ),
        other=partial(bench.other.accept, life.new("bob"), terms(), now=life.now, place=3),
        check=different,
    )


# Rules, settings, grants


@pair("moderation.change_guild: guild")
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


@pair("moderation.set_rule: guild")
async def a_rule_is_set_twice(bench: Bench) -> Pair:
    life = bench.life
    await life.set_rule(Subject.EVERYONE, 1)
    return Pair(
        one=partial(bench.one.set_rule, life.actor(), life.rule(Subject.EVERYONE, 5), now=life.now),
        other=partial(bench.other.set_rule, life.actor(), life.rule(Subject.EVERYONE, 7), now=life.now),
        check=lambda *_: _told_in_order(bench),
    )


@pair("moderation.add_rule: guild")
async def a_rule_is_added_twice(bench: Bench) -> Pair:
    life = bench.life
    return Pair(
        one=partial(bench.one.add_rule, life.actor(), life.rule(Subject.EVERYONE, 5), now=life.now),
        other=partial(bench.other.add_rule, life.actor(), life.rule(Subject.EVERYONE, 7), now=life.now),
        check=one_of,
    )


@pair("moderation.plan: guild")
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


@pair("moderation.remove_rule: guild")
async def a_rule_is_removed_and_set(bench: Bench) -> Pair:
    life = bench.life
    rule = await life.set_rule(Subject.EVERYONE, 1)
    return Pair(
        one=partial(bench.one.remove_rule, life.actor(), rule.id, now=life.now),
        other=partial(bench.other.set_rule, life.actor(), life.rule(Subject.EVERYONE, 7), now=life.now),
        check=lambda *_: _told_in_order(bench),
    )


@pair("moderation.grant: guild")
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


@pair("moderation.grant_lot: guild")
async def a_grant_with_an_end_and_one_without(bench: Bench) -> Pair:
    life = bench.life
    lot = partial(Life(bench.one).grant_lot, 2, days=1, lot_id="lot")
    return Pair(
        one=lot,
        other=partial(bench.other.grant, life.actor(), "ann", Unit.VIDEOS, 3, now=life.now),
        check=lambda *_: _counted_on(bench),
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


@pair("moderation.reset: guild", "polls.succeed: guild")
async def usage_is_reset_and_a_job_settled(bench: Bench) -> Pair:
    life = bench.life
    await life.succeeded()
    job, claim = await life.fetching()
    reset = life.change("ann", action=AuditAction.RESET)
    return Pair(
        one=partial(bench.one.reset, "guild", "ann", reset),
        other=partial(bench.other.succeed, job.id, claim, VIDEO, delivery_id="d", now=life.now),
        check=lambda *_: None,
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


# Claims


@pair("submits.claim_submit: submit")
async def one_more_job_may_be_in_flight(bench: Bench) -> Pair:
    life = bench.life
    await life.accept(life.new("ann"))
    await life.accept(life.new("bob"))
    return Pair(
        one=partial(bench.one.claim_submit, life.claim(), most=1, now=life.now),
        other=partial(bench.other.claim_submit, life.claim(), most=1, now=life.now),
        check=one_of,
    )


@pair()
async def a_server_lets_one_job_of_a_member_run(bench: Bench) -> Pair:
    life = bench.life
    await life.configure(lambda old: replace(old, most_running=1))
    await life.accepted("ann", 2)
    return Pair(
        one=partial(bench.one.claim_submit, life.claim(), most=9, now=life.now),
        other=partial(bench.other.claim_submit, life.claim(), most=9, now=life.now),
        check=one_of,
    )


def _claimers(bench: Bench, name: str, *, due: timedelta = timedelta(0), **fields: Any) -> dict[str, Any]:
    life = bench.life
    claims = life.claim(), life.claim()
    at = life.later(minutes=1)
    return {
        "one": partial(getattr(bench.one, name), claims[0], now=at, **fields),
        "other": partial(getattr(bench.other, name), claims[1], now=at, **fields),
    }


def _different(one: Any, other: Any) -> None:
    """Each claimed one, and not the same."""
    ids = [getattr(found, "id", None) or found for found in (one, other)]
    assert None not in ids
    assert ids[0] != ids[1]


@pair("submits.claim_withdrawn: rows", "submits.claim_withdrawn: skip")
async def two_jobs_whose_model_is_gone(bench: Bench) -> Pair:
    for member in ("ann", "bob"):
        await bench.life.accept(bench.life.new(member))
    return Pair(**_claimers(bench, "claim_withdrawn", usable=["other"]), check=_different, waits=False)


@pair("polls.claim_polls: rows", "polls.claim_polls: skip")
async def two_jobs_to_poll(bench: Bench) -> Pair:
    life = bench.life
    for member in ("ann", "bob"):
        await life.submitted(await life.accept(life.new(member)))

    def apart(one: list[Generation], other: list[Generation]) -> None:
        assert (len(one), len(other)) == (1, 1)
        assert one[0].id != other[0].id

    return Pair(**_claimers(bench, "claim_polls", most=1, most_overdue=1), check=apart, waits=False)


@pair("polls.claim_fetch: rows", "polls.claim_fetch: skip")
async def two_files_to_fetch(bench: Bench) -> Pair:
    life = bench.life
    for member in ("ann", "bob"):
        await life.rendered(await life.accept(life.new(member)))
    return Pair(**_claimers(bench, "claim_fetch"), check=_different, waits=False)


@pair("deliveries.claim_delivery: rows", "deliveries.claim_delivery: skip")
async def two_videos_to_post(bench: Bench) -> Pair:
    life = bench.life
    for member in ("ann", "bob"):
        await life.succeeded(await life.accept(life.new(member)))

    def apart(one: Any, other: Any) -> None:
        assert one[0].id != other[0].id

    return Pair(**_claimers(bench, "claim_delivery"), check=apart, waits=False)


@pair("joins.claim_join: rows", "joins.claim_join: skip")
async def two_joins_to_make(bench: Bench) -> Pair:
    life = bench.life
    for guild in ("one", "two"):
        parts = [await life.posted(await life.accept(life.new(guild=guild)), message=f"{guild}{n}") for n in (1, 2)]
        await life.store.request_join(wanted(life, parts, guild=guild), now=life.now)
    return Pair(**_claimers(bench, "claim_join"), check=_different, waits=False)


@pair("failure_notices.claim_notice: rows", "failure_notices.claim_notice: skip")
async def two_notices_to_post(bench: Bench) -> Pair:
    life = bench.life
    for _ in range(2):
        await life.failed()

    def apart(one: Any, other: Any) -> None:
        assert one.generation.id != other.generation.id

    return Pair(**_claimers(bench, "claim_notice"), check=apart, waits=False)


# One generation


async def _state(bench: Bench, job: Generation) -> State:
    return (await bench.life.reload(job)).state


@pair("accepting.cancel: rows")
async def a_job_is_cancelled_and_sent(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.accept()

    async def either(one: Any, other: Any) -> None:
        one_of(one, other)
        assert await _state(bench, job) == (State.SUBMITTING if other else State.CANCELLED)

    return Pair(
        one=partial(bench.one.cancel, job.id, now=life.now),
        other=partial(bench.other.claim_submit, life.claim(), most=9, now=life.now),
        check=either,
    )


@pair("submits.claim_submit: state")
async def a_job_is_sent_while_the_one_before_it_is_cancelled(bench: Bench) -> Pair:
    life = bench.life
    first, second = await life.accepted("ann", 2)

    def one_of_them_is_sent(one: Any, other: Any) -> None:
        assert other.id == (first.id if isinstance(one, IllegalTransition) else second.id)

    return Pair(
        one=partial(bench.one.cancel, first.id, now=life.now),
        other=partial(bench.other.claim_submit, life.claim(), most=9, now=life.now),
        check=one_of_them_is_sent,
    )


@pair()
async def a_job_is_cancelled_twice(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.accept()
    return Pair(
        one=partial(bench.one.cancel, job.id, now=life.now),
        other=partial(bench.other.cancel, job.id, now=life.now),
        check=one_of,
    )


@pair()
async def a_job_in_doubt_is_given_back_twice(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.unknown()
    how = {"fault": "unclear", "detail": "", "resolution": Resolution.BILLED, "now": life.now}

    def once(*outcomes: Any) -> None:
        assert {type(outcome) for outcome in outcomes} == {LostLease, type(None)}

    return Pair(
        one=partial(bench.one.fail, job.id, None, **how),
        other=partial(bench.other.fail, job.id, None, **how),
        check=once,
    )


@pair("submits._row: rows")
async def a_job_in_doubt_is_found_and_given_back(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.unknown()
    status = JobStatus(job_id="found", state=JobState.RUNNING)

    def either(*outcomes: Any) -> None:
        assert sum(isinstance(outcome, LostLease) for outcome in outcomes) == 1

    return Pair(
        one=partial(bench.one.record_submitted, job.id, None, status, due_at=life.now, now=life.now),
        other=partial(
            bench.other.fail, job.id, None, fault="unclear", detail="", resolution=Resolution.BILLED, now=life.now
        ),
        check=either,
    )


@pair("submits.held: rows")
async def a_job_is_rendered_whose_lease_is_over(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.polling()
    later = life.now + timedelta(hours=1)

    def either(one: Any, other: list[Generation]) -> None:
        assert isinstance(one, LostLease) == bool(other)

    return Pair(
        one=partial(bench.one.record_rendered, job.id, claim, video_url=None, now=later),
        other=partial(bench.other.claim_polls, life.claim(hours=3), most=1, most_overdue=1, now=later),
        check=either,
        waits=False,
    )


@pair("deliveries._leave: rows")
async def a_post_is_recorded_whose_lease_is_over(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.posting()
    later = life.now + timedelta(hours=1)

    def either(one: Any, other: Any) -> None:
        assert isinstance(one, LostLease) == bool(other)

    return Pair(
        one=partial(bench.one.record_sent, f"d-{job.id}", claim, POSTED, now=later),
        other=partial(bench.other.claim_delivery, life.claim(hours=3), now=later),
        check=either,
        waits=False,
    )


@pair("removals.remove_unposted: rows")
async def a_job_is_removed_and_sent(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.accept()

    async def either(_: Any, other: Any) -> None:
        assert await _state(bench, job) == (State.SUBMITTING if other else State.CANCELLED)

    return Pair(
        one=partial(bench.one.remove_unposted, job.id, life.change(), now=life.now),
        other=partial(bench.other.claim_submit, life.claim(), most=9, now=life.now),
        check=either,
    )


# Forgetting


async def _erased(bench: Bench, job: Generation) -> None:
    assert (await bench.life.reload(job)).prompt == ""


@pair("deliveries._leave: rows")
async def a_video_is_posted_and_its_author_forgotten(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.posting()
    return Pair(
        one=partial(bench.one.record_sent, f"d-{job.id}", claim, POSTED, now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=lambda *_: _erased(bench, job),
    )


@pair("deliveries._leave: rows")
async def an_author_is_forgotten_and_their_video_posted(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.posting()
    return Pair(
        one=partial(bench.one.forget, "ann", now=life.now),
        other=partial(bench.other.record_sent, f"d-{job.id}", claim, POSTED, now=life.now),
        check=lambda *_: _erased(bench, job),
    )


@pair("deliveries.adopt_post: rows")
async def a_post_is_found_and_its_author_forgotten(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.succeeded()
    return Pair(
        one=partial(bench.one.adopt_post, job.id, POSTED, now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=lambda *_: _erased(bench, job),
    )


async def _kept_or_erased(bench: Bench, job: Generation) -> None:
    """A video that is to be posted still has its file."""
    post = await bench.store.delivery_of(job.id)
    discarded = await bench.store.to_discard()
    assert post
    assert post.state == "undeliverable" or VIDEO.file not in discarded


@pair("deliveries.requeue: rows")
async def a_video_is_asked_for_again_and_its_author_forgotten(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.undeliverable()
    return Pair(
        one=partial(bench.one.requeue, job.id, channel_id="channel", now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=lambda *_: _kept_or_erased(bench, job),
    )


@pair("deliveries.post_again: rows")
async def a_lost_post_is_made_again_and_its_author_forgotten(bench: Bench) -> Pair:
    life, job = bench.life, await bench.life.posted()

    async def either(*_: Any) -> None:
        post = await bench.store.delivery_of(job.id)
        assert post
        assert post.state == "sent" or (await life.reload(job)).prompt != ""

    return Pair(
        one=partial(bench.one.post_again, job.id, delivery_id="d2", channel_id="channel", now=life.now),
        other=partial(bench.other.forget, "ann", now=life.now),
        check=either,
    )


# Joins, removals, reports


async def _ended_with_its_part(bench: Bench, joins: Any) -> None:
    [[left]] = await bench.store.db.read("SELECT count(*) FROM joining WHERE state IN ('queued', 'made')")
    assert left == 0


@pair("joins.request_join: rows", "removals.remove_result: rows")
async def a_join_is_asked_for_and_a_part_of_it_removed(bench: Bench) -> Pair:
    life = bench.life
    parts = await chain(life, "ann", "ann")
    return Pair(
        one=partial(bench.one.request_join, wanted(life, parts), now=life.now),
        other=partial(bench.other.remove_result, parts[0].id, None, now=life.now),
        check=lambda *_: _ended_with_its_part(bench, parts),
    )


@pair("joins.request_join: guild")
async def two_chains_of_a_server_are_joined(bench: Bench) -> Pair:
    life = bench.life
    parts = [await life.posted(await life.accept(), message=f"post{number}") for number in range(4)]
    return Pair(
        one=partial(bench.one.request_join, wanted(life, parts[:2]), now=life.now),
        other=partial(bench.other.request_join, wanted(life, parts[2:]), now=life.now),
        check=one_of,
    )


@pair()
async def a_chain_is_joined_twice(bench: Bench) -> Pair:
    life = bench.life
    parts = await chain(life, "ann", "ann")

    def same(one: Any, other: Any) -> None:
        assert one.id == other.id

    return Pair(
        one=partial(bench.one.request_join, wanted(life, parts), now=life.now),
        other=partial(bench.other.request_join, wanted(life, parts), now=life.now),
        check=same,
    )


@pair("joins._held: rows")
async def a_join_is_made_and_a_part_of_it_removed(bench: Bench) -> Pair:
    life = bench.life
    parts = await chain(life, "ann", "ann")
    join = await life.store.request_join(wanted(life, parts), now=life.now)
    claim = life.claim()
    assert await life.store.claim_join(claim, now=life.now)
    return Pair(
        one=partial(finish, bench.one, life, join, claim, parts),
        other=partial(bench.other.remove_result, parts[0].id, None, now=life.now),
        check=lambda *_: _ended_with_its_part(bench, parts),
    )


@pair("joins.drop_join: rows")
async def a_joined_video_is_dropped_and_its_post_asked_for_again(bench: Bench) -> Pair:
    life = bench.life
    parts = await chain(life, "ann", "ann")
    made = await join_of(bench.store, life, parts)
    claim = life.claim()
    assert await life.store.claim_delivery(claim, now=life.now)
    await life.store.give_up_delivery(f"d-{made.id}", claim, why="channel gone", now=life.now)
    await life.store.remove_result(parts[0].id, None, now=life.now)
    return Pair(
        one=partial(bench.one.drop_join, made.id),
        other=partial(bench.other.requeue, made.id, channel_id="channel", now=life.now),
        check=lambda *_: _dropped_or_queued(bench, made),
    )


async def _dropped_or_queued(bench: Bench, made: Generation) -> None:
    post = await bench.store.delivery_of(made.id)
    assert post
    assert post.state == "undeliverable" or post.why is None, "it was dropped after it had been queued"


async def _reports(bench: Bench) -> tuple[Callable[[SqlStore], Any], Callable[[SqlStore], Any], Check]:
    """A result with one report; a call that settles it, a call that reports it too, and that no report is lost."""
    life, job = bench.life, await bench.life.posted()

    def report(store: SqlStore, by: str = "cem") -> Any:
        return store.report(Report(generation_id=job.id, guild_id="guild", reporter_id=by, at=life.now))

    def settle(store: SqlStore) -> Any:
        return store.settle_reports(job.id, "mod", CaseEnd.DISMISSED)

    async def none_is_lost(*_: Any) -> None:
        case = await bench.store.report_case(job.id)
        assert case
        assert case.end is None or all(one.settled_by for one in case.reports)

    await report(bench.store, "bob")
    return settle, report, none_is_lost


@pair()
async def reports_are_settled_and_another_one_comes(bench: Bench) -> Pair:
    settle, report, check = await _reports(bench)
    return Pair(one=partial(settle, bench.one), other=partial(report, bench.other), check=check)


@pair()
async def a_report_comes_and_they_are_settled(bench: Bench) -> Pair:
    settle, report, check = await _reports(bench)
    return Pair(one=partial(report, bench.one), other=partial(settle, bench.other), check=check)


# Orders: neither waits for what the other one holds while the other waits for it


def _nothing(*outcomes: Any) -> None:
    assert not any(isinstance(outcome, Exception) for outcome in outcomes)


@pair()
async def an_accept_and_a_cancel_write_the_same_balances(bench: Bench) -> Pair:
    life = bench.life
    job = await life.accept(life.new("ann", "one"))
    return Pair(
        one=accept(bench.one, life, life.new("ann", "two"), at_most(9, scope=Scope.OPERATOR)),
        other=partial(bench.other.cancel, job.id, now=life.now),
        check=_nothing,
    )


@pair("submits.release_submit: rows", "submits.release_submit: skip")
async def a_refusal_stops_all_while_the_same_member_s_next_job_is_cancelled(bench: Bench) -> Pair:
    life = bench.life
    jobs, claim = await life.accepted("ann", 2), life.claim()
    assert await life.store.claim_submit(claim, most=9, now=life.now)
    release = partial(bench.other.release_submit, hold="funds", due_at=life.now, now=life.now, stops_all=True)
    return Pair(
        one=partial(bench.one.cancel, jobs[1].id, now=life.now),
        other=partial(release, jobs[0].id, claim, tried=timedelta(seconds=1)),
        check=_nothing,
    )


async def _backwards(life: Life) -> list[Generation]:
    """Jobs whose rows lie in the opposite order of their ids."""
    return [await life.accept(replace(life.new(), id=name)) for name in ("job3", "job2", "job1")]


def _recorded(store: SqlStore, jobs: list[Generation], life: Life) -> Callable[[], Any]:
    records = [
        CardRecord(
            card=DueCard(generation=job, shown="", revision=0), shown="x", again_at=life.now + timedelta(hours=1)
        )
        for job in jobs
    ]
    return partial(store.record_cards, records, now=life.now)


@pair("media_files._set_hold: rows")
async def cards_are_recorded_while_all_waiting_jobs_are_held(bench: Bench) -> Pair:
    life = bench.life
    jobs = await _backwards(life)
    return Pair(
        one=_recorded(bench.one, jobs, life),
        other=partial(bench.other.hold_waiting, "disk", now=life.now),
        check=_nothing,
    )


@pair("submits.submitting: rows")
async def cards_are_recorded_while_submits_are_put_in_doubt(bench: Bench) -> Pair:
    life = bench.life
    jobs = await _backwards(life)
    for _ in jobs:
        assert await life.next()
    later = life.later(hours=1)
    return Pair(one=_recorded(bench.one, jobs, life), other=partial(bench.other.submitting, now=later), check=_nothing)


@pair("cards.cards_due_now: rows")
async def cards_are_recorded_while_a_channel_opens(bench: Bench) -> Pair:
    life = bench.life
    jobs = await _backwards(life)
    for job in jobs:
        await life.show(job)
        await life.store.cancel(job.id, now=life.now)
    later = "UPDATE generation SET card_due_at = card_due_at + 3600000"
    await life.store.db.write(lambda writing: writing.execute(later, ()))
    return Pair(
        one=_recorded(bench.one, jobs, life),
        other=partial(bench.other.cards_due_now, "channel", now=life.now),
        check=_nothing,
    )


@pair("processes.end_orphaned: rows")
async def cards_are_recorded_while_a_process_leaves(bench: Bench) -> Pair:
    life = bench.life
    jobs = await _backwards(life)
    for _ in jobs:
        assert await life.next()
    return Pair(
        one=_recorded(bench.one, jobs, life), other=partial(bench.other.leave, "gone", now=life.now), check=_nothing
    )


@pair("processes.void_leases: rows")
async def cards_are_recorded_while_a_process_starts(bench: Bench) -> Pair:
    opened = await cards_are_recorded_while_a_channel_opens(bench)
    return replace(opened, other=partial(bench.other.void_leases, now=bench.life.now))


@pair("removals.record_removal: rows")
async def a_removal_is_done_while_the_post_is_found(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.posting()
    await life.store.remove_unposted(job.id, life.change(), now=life.now)
    await life.store.give_up_delivery(f"d-{job.id}", claim, why="channel gone", now=life.now)
    return Pair(
        one=partial(bench.one.record_removal, job.id, due_at=None),
        other=partial(bench.other.adopt_post, job.id, POSTED, now=life.now),
        check=_nothing,
    )


# A job gives back what it holds of several grants in the order in which it has taken them; a moderator takes back in the
# opposite order.


async def _covered_by_several(life: Life) -> Generation:
    """A job that holds parts of two grants, of both of which something is left."""
    for number, amount in ((1, 5), (2, 9)):
        await life.grant_lot(amount, Unit.SECONDS, days=number, lot_id=f"lot{number}")
    limits = [at_most(4, Unit.SECONDS)]
    await life.accept(limits=limits)
    first = await life.accept(limits=limits)  # holds four of the first grant
    job = await life.accept(life.new(seconds=8), limits=limits)  # one, and seven of the second
    await life.store.cancel(first.id, now=life.now)
    return job


def _taken_back(bench: Bench) -> Callable[[], Any]:
    return partial(bench.one.grant, bench.life.actor(), "ann", Unit.SECONDS, -5, now=bench.life.now)


@pair("accepting.cancel: guild")
async def grants_are_taken_back_and_a_job_cancelled(bench: Bench) -> Pair:
    job = await _covered_by_several(bench.life)
    return Pair(one=_taken_back(bench), other=partial(bench.other.cancel, job.id, now=bench.life.now), check=_nothing)


@pair("accepting.withdraw: guild")
async def grants_are_taken_back_and_a_job_withdrawn(bench: Bench) -> Pair:
    job = await _covered_by_several(bench.life)
    return Pair(one=_taken_back(bench), other=partial(bench.other.withdraw, job.id, now=bench.life.now), check=_nothing)


@pair("removals.remove_unposted: guild")
async def grants_are_taken_back_and_a_job_removed(bench: Bench) -> Pair:
    job, life = await _covered_by_several(bench.life), bench.life
    return Pair(
        one=_taken_back(bench),
        other=partial(bench.other.remove_unposted, job.id, life.change(), now=life.now),
        check=_nothing,
    )


@pair("submits.give_back_waiting: guild")
async def grants_are_taken_back_and_a_server_given_back(bench: Bench) -> Pair:
    await _covered_by_several(bench.life)
    given = partial(bench.other.give_back_waiting, "guild", fault="server_left", most=9, now=bench.life.now)
    return Pair(one=_taken_back(bench), other=given, check=_nothing)


@pair("submits.fail: guild")
async def grants_are_taken_back_and_a_job_fails(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await _covered_by_several(life), life.claim()
    while (found := await life.store.claim_submit(claim, most=9, now=life.now)) and found.id != job.id:
        pass
    assert found
    fail = partial(bench.other.fail, fault="x", detail="", resolution=Resolution.VOID, now=life.now)
    return Pair(one=_taken_back(bench), other=partial(fail, job.id, claim), check=_nothing)


@pair()
async def polls_of_two_members_are_recorded_in_another_order_than_their_cards(bench: Bench) -> Pair:
    life = bench.life
    jobs: list[Generation] = []
    for member in ("bob", "ann"):
        jobs.append(await life.submitted(await life.accept(life.new(member))))
    claim = life.claim(hours=9)
    claimed = await life.store.claim_polls(claim, most=2, most_overdue=2, now=life.now)
    assert len(claimed) == 2
    later = life.now + timedelta(hours=1)
    polls = [
        PollRecord(
            generation_id=job.id,
            owner=claim.owner,
            progress=50,
            missing_since=None,
            due_at=later,
            polled_at=later,
            tried=timedelta(0),
        )
        for job in jobs[::-1]
    ]
    cards = [CardRecord(card=DueCard(generation=job, shown="", revision=0), shown="x", again_at=None) for job in jobs]
    return Pair(
        one=partial(bench.one.record_polls, polls, now=later),
        other=partial(bench.other.record_cards, cards, now=later),
        check=_nothing,
    )


@pair()
async def two_claims_find_jobs_of_the_same_members_overdue(bench: Bench) -> Pair:
    life = bench.life
    for member in ("ann", "bob", "bob", "ann"):
        await life.submitted(await life.accept(life.new(member)))
        life.later(seconds=1)
    later = life.now + timedelta(hours=1)
    return Pair(
        one=partial(bench.one.claim_polls, life.claim(hours=9), most=2, most_overdue=2, now=later),
        other=partial(bench.other.claim_polls, life.claim(hours=9), most=2, most_overdue=2, now=later),
        check=_nothing,
    )


@pair()
async def two_servers_are_given_back_that_share_their_members(bench: Bench) -> Pair:
    life = bench.life
    for member, guild in (("ann", "one"), ("bob", "one"), ("bob", "two"), ("ann", "two")):
        await life.accept(life.new(member, guild))
        life.later(seconds=1)
    given = [
        partial(store.give_back_waiting, guild, fault="server_left", most=9, now=life.now)
        for store, guild in ((bench.one, "one"), (bench.other, "two"))
    ]

    def both(one: int, other: int) -> None:
        assert (one, other) == (2, 2)

    return Pair(one=given[0], other=given[1], check=both)


@pair("submits.give_back_waiting: rows")
async def a_server_is_given_back_while_its_cards_are_recorded(bench: Bench) -> Pair:
    life = bench.life
    jobs = [
        await life.accept(replace(life.new(member), id=name)) for member, name in (("ann", "job2"), ("bob", "job1"))
    ]
    return Pair(
        one=partial(bench.one.give_back_waiting, "guild", fault="server_left", most=9, now=life.now),
        other=_recorded(bench.other, jobs, life),
        check=_nothing,
    )


@pair("forgotten._slice: rows")
async def a_result_is_removed_while_its_author_is_forgotten(bench: Bench) -> Pair:
    life = bench.life
    parts = await chain(life, "ann", "ann")
    await life.store.request_join(wanted(life, parts), now=life.now)
    return Pair(
        one=partial(bench.one.forget, "ann", now=life.now),
        other=partial(bench.other.remove_result, parts[1].id, None, now=life.now),
        check=_nothing,
    )


@pair("processes.end_orphaned: rows")
async def a_process_is_declared_dead_while_its_cards_are_recorded(bench: Bench) -> Pair:
    life = bench.life
    dead = Process(id="dead", role=Role.WORKER, version="1", started_at=life.now, seen_at=life.now)
    seen_at = await life.store.enter(dead, now=life.now)
    polled, sent = [
        await life.accept(replace(life.new(member), id=name)) for member, name in (("ann", "job1"), ("bob", "job2"))
    ]
    await life.polling(polled)
    await life.submitting(sent)

    async def in_doubt(one: list[str], _: None) -> None:
        assert one == ["dead"]
        assert (await life.reload(sent)).state is State.UNKNOWN

    return Pair(
        one=partial(bench.one.declare_dead, [replace(dead, seen_at=seen_at)], now=life.now),
        other=_recorded(bench.other, [polled, sent], life),
        check=in_doubt,
    )


@pair()
async def a_process_beats_while_it_is_declared_dead(bench: Bench) -> Pair:
    life = bench.life
    process = Process(id="slow", role=Role.WORKER, version="1", started_at=life.now, seen_at=life.now)
    seen_at = await life.store.enter(process, now=life.now - timedelta(minutes=1))
    await asyncio.sleep(0.002)  # the database's own clock, to a millisecond

    def dead_or_alive(one: list[str], beat: object) -> None:
        assert bool(one) is (beat is None)

    return Pair(
        one=partial(bench.one.declare_dead, [replace(process, seen_at=seen_at)], now=life.now),
        other=partial(
            bench.other.beat, "slow", now=life.now, term=timedelta(seconds=15), told_within=timedelta(hours=1)
        ),
        check=dead_or_alive,
    )


@pair()
async def two_processes_want_to_lead(bench: Bench) -> Pair:
    life = bench.life
    for name in ("one", "two"):
        process = Process(id=name, role=Role.WORKER, version="1", started_at=life.now, seen_at=life.now)
        await life.store.enter(process, now=life.now)
    beats = [
        partial(store.beat, name, now=life.now, term=timedelta(seconds=15), told_within=timedelta(hours=1))
        for store, name in ((bench.one, "one"), (bench.other, "two"))
    ]

    def one_leads(one: Beat, other: Beat) -> None:
        assert {one.leads, other.leads} == {True, False}

    return Pair(one=beats[0], other=beats[1], check=one_leads)
