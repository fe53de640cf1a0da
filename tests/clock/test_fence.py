"""A process that the database has not heard from for a while pays for nothing and posts nothing: others may have done it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.generation import Generation, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.provider import Accepted, JobState, JobStatus
from bot.domain.queue.claims import Claim
from bot.runtime.own_process import OwnProcess
from bot.workers.jobs.deliver import DeliverWorker
from bot.workers.jobs.reconcile import Reconciliation
from bot.workers.jobs.submit import SubmitWorker
from tests.clock.bench import Bench
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life

ENGINES = POSTGRESQL_LONG


@pytest.fixture
def process(bench: Bench) -> OwnProcess:
    """This process shares its database; the bench's steady clock is its uptime."""
    process = OwnProcess("one", alone=False, uptime=bench.steady.seconds)
    bench.world = replace(bench.world, process=process)
    bench.submits, bench.deliveries = SubmitWorker(bench.world), DeliverWorker(bench.world)
    bench.reconciliation = Reconciliation(bench.world)
    bench.taken = Accepted(status=JobStatus(job_id="job", state=JobState.QUEUED))
    return process


def beat(bench: Bench, process: OwnProcess) -> None:
    process.confirm(began=bench.steady.seconds(), leads=False)


async def test_a_paused_process_sends_no_job_and_gives_it_back_unsent(bench: Bench, process: OwnProcess) -> None:
    job = await bench.life.accept()
    bench.sync()
    await bench.life.show(job)
    claim = bench.world.claim(600)
    claimed = await bench.submits._claim(claim)
    assert claimed is not None
    beat(bench, process)
    bench.pass_(seconds=10)
    bench.taken = None  # a call would fail the test
    await bench.submits._one(claimed, claim)
    assert (await bench.row(job)).state is State.RESERVED

    bench.pass_(seconds=2)
    beat(bench, process)
    bench.taken = Accepted(status=JobStatus(job_id="job", state=JobState.QUEUED))
    assert await bench.turn(bench.submits)
    assert (await bench.row(job)).state is State.SUBMITTED


async def test_a_paused_process_posts_nothing_and_who_posts_next_looks_first(bench: Bench, process: OwnProcess) -> None:
    job = await bench.life.succeeded()
    bench.sync()
    bench.post = AssertionError("posted")
    assert await bench.turn(bench.deliveries)
    delivery = await bench.life.delivery(job)
    assert delivery is not None
    assert delivery.state is DeliveryState.QUEUED
    assert len(await bench.store.tries(job.id)) == 1

    bench.pass_(minutes=10)
    beat(bench, process)
    bench.post = None
    assert await bench.turn(bench.deliveries)
    delivery = await bench.life.delivery(job)
    assert delivery is not None
    assert delivery.state is DeliveryState.SENT


async def doubted(bench: Bench) -> Generation:
    job, claim = await bench.life.submitting()
    bench.sync()
    await bench.store.record_unclear(job.id, claim, now=bench.clock.now())
    return job


async def test_a_doubt_waits_a_minute_where_another_process_may_hold_the_answer(
    bench: Bench, process: OwnProcess
) -> None:
    job = await doubted(bench)
    await bench.reconciliation.look()
    bench.pass_(seconds=59)
    await bench.reconciliation.look()
    assert (await bench.row(job)).state is State.UNKNOWN
    bench.pass_(seconds=1)
    await bench.reconciliation.look()
    assert (await bench.row(job)).state is State.FAILED


async def test_a_new_leader_goes_on_counting_since_the_doubt_began(bench: Bench, process: OwnProcess) -> None:
    bench.pass_(minutes=5)  # a submit may take minutes: it is the doubt that counts
    job = await doubted(bench)
    bench.pass_(seconds=40)
    await bench.reconciliation.look()
    assert (await bench.row(job)).state is State.UNKNOWN
    bench.pass_(seconds=20)
    await Reconciliation(bench.world).look()
    assert (await bench.row(job)).state is State.FAILED


async def test_a_claim_names_its_process(bench: Bench, process: OwnProcess) -> None:
    claim: Claim = bench.world.claim(60)
    assert claim.owner.startswith("one.")
    assert claim.until - bench.steady.now() == timedelta(seconds=60)
    assert isinstance(bench.life, Life)
