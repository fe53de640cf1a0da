"""One generation, of which two processes do something at the same moment."""

from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.errors import IllegalTransition, LostLease
from bot.domain.generation import Generation, State
from bot.domain.provider import JobState, JobStatus
from bot.domain.quota.ledger import Resolution
from tests.storage.concurrency.interleaving import Bench, Pair
from tests.storage.concurrency.pairs.registry import one_of, pair
from tests.storage.life import POSTED


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


@pair("submits.held_or_doubted: rows")
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
