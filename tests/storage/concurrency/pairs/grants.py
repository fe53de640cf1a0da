"""A job gives back what it holds of several grants in the order in which it has taken them; a moderator takes back in the
opposite order."""

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.domain.generation import Generation
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Unit
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import no_fault, pair
from tests.storage.life import Life, at_most


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
    return Pair(one=_taken_back(bench), other=partial(bench.other.cancel, job.id, now=bench.life.now), check=no_fault)


@pair("accepting.withdraw: guild")
async def grants_are_taken_back_and_a_job_withdrawn(bench: Bench) -> Pair:
    job = await _covered_by_several(bench.life)
    return Pair(one=_taken_back(bench), other=partial(bench.other.withdraw, job.id, now=bench.life.now), check=no_fault)


@pair("removals.remove_unposted: guild")
async def grants_are_taken_back_and_a_job_removed(bench: Bench) -> Pair:
    job, life = await _covered_by_several(bench.life), bench.life
    return Pair(
        one=_taken_back(bench),
        other=partial(bench.other.remove_unposted, job.id, life.change(), now=life.now),
        check=no_fault,
    )


@pair("failures.give_back_waiting: guild")
async def grants_are_taken_back_and_a_server_given_back(bench: Bench) -> Pair:
    await _covered_by_several(bench.life)
    given = partial(bench.other.give_back_waiting, "guild", fault="server_left", most=9, now=bench.life.now)
    return Pair(one=_taken_back(bench), other=given, check=no_fault)


@pair("failures.fail: guild")
async def grants_are_taken_back_and_a_job_fails(bench: Bench) -> Pair:
    life = bench.life
    job, claim = await _covered_by_several(life), life.claim()
    while (found := await life.store.claim_submit(claim, most=9, now=life.now)) and found.id != job.id:
        pass
    assert found
    fail = partial(bench.other.fail, fault="x", detail="", resolution=Resolution.VOID, now=life.now)
    return Pair(one=_taken_back(bench), other=partial(fail, job.id, claim), check=no_fault)
