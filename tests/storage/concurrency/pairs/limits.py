"""Accepts at the same moment: no limit is passed, and what is one is made once."""

from dataclasses import replace
from functools import partial

from bot.domain.generation import Generation
from bot.domain.messages.card import WantedPlace
from bot.domain.queue.admission import AcceptResult
from bot.domain.quota.limits import Scope
from bot.domain.quota.rules import Subject
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import accept, one_of, pair
from tests.storage.conformance.joining import chain, finish, wanted
from tests.storage.life import at_most, terms


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
