"""Before a job is sent again its like is looked for in UniAll's list: only its own is followed, by clocks that are not ours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.generation import Generation, State
from bot.domain.provider import Accepted, Fault, JobState, JobStatus, ListedJob, RetryLater
from bot.uniall.reading.listings import listed_jobs
from tests.clock.bench import Bench
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import START

ENGINES = POSTGRESQL_LONG

ASKED = (int((START - datetime(2015, 1, 1, tzinfo=UTC)).total_seconds() * 1000)) << 22  # Discord's id for that moment


async def refused_once(bench: Bench) -> Generation:
    """A job that UniAll did not take for now, due again."""
    job = await bench.life.accept(replace(bench.life.new(), interaction_id=str(ASKED)))
    bench.sync()
    await bench.life.show(job)
    bench.taken = RetryLater(fault=Fault.RATE_LIMITED)
    assert await bench.turn(bench.submits)
    bench.pass_(minutes=2)
    bench.taken = Accepted(status=JobStatus(job_id="sent again", state=JobState.QUEUED))
    return job


def like(job: Generation, after: float, *, failed: bool = False, name: str = "started") -> ListedJob:
    created = int(START.timestamp() + after)
    return ListedJob(job_id=name, prompt=job.prompt, model=job.model, created_at=created, failed=failed)


@pytest.mark.parametrize(
    "off", [timedelta(0), timedelta(hours=-1), timedelta(minutes=10), timedelta(days=365)], ids=str
)
async def test_a_job_that_a_refused_try_has_started_is_found_whatever_the_clock_here_was_set_to(
    bench: Bench, off: timedelta
) -> None:
    bench.clock_there = lambda: bench.steady.at  # UniAll and Discord are right, and so was this machine at first
    job = await refused_once(bench)
    bench.listed = [like(job, -3600, name="an older one"), like(job, 2)]
    bench.clock.at += off
    bench.uniall.answered(bench.steady.at)
    bench.discord.answered(bench.steady.at)
    due = (await bench.row(job)).due_at
    bench.clock.at = max(bench.clock.at, due) if off > timedelta(0) else bench.clock.at
    assert await bench.turn(bench.submits)
    assert (await bench.row(job)).job_id == "started"


async def test_a_try_that_is_listed_as_failed_is_sent_again(bench: Bench) -> None:
    job = await refused_once(bench)
    bench.listed = [like(job, 2, failed=True)]
    assert await bench.turn(bench.submits)
    row = await bench.row(job)
    assert (row.state, row.job_id) == (State.SUBMITTED, "sent again")


def test_a_list_says_which_jobs_have_failed() -> None:
    words = ("failed", "cancelled", "expired", "in_progress", "completed", "unheard of")
    found = listed_jobs({"data": [{"id": word, "status": word} for word in words]})
    assert found is not None
    assert [job.failed for job in found] == [True, True, True, False, False, False]
