"""Claims at the same moment: each takes another row, and none waits for another."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.generation import Generation
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import one_of, pair
from tests.storage.conformance.joining import wanted


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


@pair("posts.claim_post: rows", "posts.claim_post: skip")
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


@pair("posts.claim_post: rows", "posts.claim_post: skip")
async def two_notices_to_post(bench: Bench) -> Pair:
    life = bench.life
    for _ in range(2):
        await life.failed()

    def apart(one: Any, other: Any) -> None:
        assert one.generation.id != other.generation.id

    return Pair(**_claimers(bench, "claim_notice"), check=apart, waits=False)
