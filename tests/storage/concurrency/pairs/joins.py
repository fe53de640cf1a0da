"""Joins and reports, while a part is removed or another report comes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.domain.generation import Generation
from bot.domain.moderation.reports import CaseEnd, Report
from bot.storage.store import SqlStore
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import Check, after, one_of, pair
from tests.storage.conformance.joining import chain, finish, join_of, wanted


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
        check=after(_ended_with_its_part, bench, parts),
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
        check=after(_ended_with_its_part, bench, parts),
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
        check=after(_dropped_or_queued, bench, made),
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
