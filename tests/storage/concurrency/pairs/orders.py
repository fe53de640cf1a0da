"""Neither call waits for what the other one holds while the other one waits for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.generation import Generation
from bot.domain.messages.card import CardRecord, DueCard
from bot.domain.quota.limits import Scope
from bot.ports.database.jobs.polls import PollRecord
from bot.storage.database import Writing
from bot.storage.store import SqlStore
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import accept, no_fault, pair
from tests.storage.conformance.joining import chain, wanted
from tests.storage.life import POSTED, Life, at_most


@pair()
async def an_accept_and_a_cancel_write_the_same_balances(bench: Bench) -> Pair:
    life = bench.life
    job = await life.accept(life.new("ann", "one"))
    return Pair(
        one=accept(bench.one, life, life.new("ann", "two"), at_most(9, scope=Scope.OPERATOR)),
        other=partial(bench.other.cancel, job.id, now=life.now),
        check=no_fault,
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
        check=no_fault,
    )


async def _backwards(life: Life) -> list[Generation]:
    """Jobs whose rows lie in the opposite order of their ids."""
    return [await life.accept(replace(life.new(), id=name)) for name in ("job3", "job2", "job1")]


def recorded(store: SqlStore, jobs: list[Generation], life: Life) -> Callable[[], Any]:
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
        one=recorded(bench.one, jobs, life),
        other=partial(bench.other.hold_waiting, "disk", now=life.now),
        check=no_fault,
    )


@pair("submits.submitting: rows")
async def cards_are_recorded_while_submits_are_put_in_doubt(bench: Bench) -> Pair:
    life = bench.life
    jobs = await _backwards(life)
    for _ in jobs:
        assert await life.next()
    later = life.later(hours=1)
    return Pair(one=recorded(bench.one, jobs, life), other=partial(bench.other.submitting, now=later), check=no_fault)


async def _all_cards_later(writing: Writing) -> None:
    await writing.execute("UPDATE generation SET card_due_at = card_due_at + 3600000")


@pair("cards.cards_due_now: rows")
async def cards_are_recorded_while_a_channel_opens(bench: Bench) -> Pair:
    life = bench.life
    jobs = await _backwards(life)
    for job in jobs:
        await life.show(job)
        await life.store.cancel(job.id, now=life.now)
    await bench.store.db.write(_all_cards_later)
    return Pair(
        one=recorded(bench.one, jobs, life),
        other=partial(bench.other.cards_due_now, "channel", now=life.now),
        check=no_fault,
    )


@pair("orphaned_leases.end_orphaned: rows")
async def cards_are_recorded_while_a_process_leaves(bench: Bench) -> Pair:
    life = bench.life
    jobs = await _backwards(life)
    for _ in jobs:
        assert await life.next()
    return Pair(
        one=recorded(bench.one, jobs, life), other=partial(bench.other.leave, "gone", now=life.now), check=no_fault
    )


@pair("removals.record_removal: rows")
async def a_removal_is_done_while_the_post_is_found(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await life.posting()
    await life.store.remove_unposted(job.id, life.change(), now=life.now)
    await life.store.give_up_delivery(f"d-{job.id}", claim, why="channel gone", now=life.now)
    return Pair(
        one=partial(bench.one.record_removal, job.id, due_at=None),
        other=partial(bench.other.adopt_post, job.id, POSTED, now=life.now),
        check=no_fault,
    )


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
        check=no_fault,
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
        check=no_fault,
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


@pair("failures.give_back_waiting: rows")
async def a_server_is_given_back_while_its_cards_arerecorded(bench: Bench) -> Pair:
    life = bench.life
    jobs = [
        await life.accept(replace(life.new(member), id=name)) for member, name in (("ann", "job2"), ("bob", "job1"))
    ]
    return Pair(
        one=partial(bench.one.give_back_waiting, "guild", fault="server_left", most=9, now=life.now),
        other=recorded(bench.other, jobs, life),
        check=no_fault,
    )


@pair("erasing._slice: rows")
async def a_result_is_removed_while_its_author_is_forgotten(bench: Bench) -> Pair:
    life = bench.life
    parts = await chain(life, "ann", "ann")
    await life.store.request_join(wanted(life, parts), now=life.now)
    return Pair(
        one=partial(bench.one.forget, "ann", now=life.now),
        other=partial(bench.other.remove_result, parts[1].id, None, now=life.now),
        check=no_fault,
    )
