"""A step is given up after a day of real tries, and never because time has passed."""

import errno
from datetime import timedelta

import pytest

from bot.domain.errors import PostError, ProviderError
from bot.domain.generation import State
from bot.domain.messages.delivery import LOST, DeliveryState
from bot.domain.provider import Fault, JobState, JobStatus, NeverLeft, RetryLater
from tests.clock.bench import Bench
from tests.conftest import POSTGRESQL_LONG

ENGINES = POSTGRESQL_LONG

RUNNING = JobStatus(job_id="j", state=JobState.RUNNING)
AWAY = ProviderError(Fault.TRANSIENT, "503")
UNKNOWN = ProviderError(Fault.NOT_FOUND, "task_not_exist")


def done(link: str | None) -> JobStatus:
    return JobStatus(job_id="j", state=JobState.SUCCEEDED, video_url=link)


@pytest.mark.parametrize("said", [RUNNING, AWAY, UNKNOWN], ids=["running", "503", "not known"])
async def test_a_day_of_downtime_or_a_clock_set_forward_ends_no_job_that_is_polled(
    bench: Bench, said: JobStatus | ProviderError
) -> None:
    job = await bench.life.submitted()
    bench.sync()
    bench.job = said
    for _ in range(3):
        bench.uniall.answered()
        assert await bench.turn(bench.polls)
        bench.down(hours=25)
    assert (await bench.row(job)).state is State.SUBMITTED


async def test_a_job_that_never_ends_is_polled_for_a_day_of_running_time_and_then_given_back(bench: Bench) -> None:
    job = await bench.life.submitted()
    bench.sync()
    for _ in range(23 * 60):
        assert await bench.turn(bench.polls)
        bench.pass_(seconds=60)
    bench.down(hours=25)
    assert (await bench.row(job)).state is State.SUBMITTED
    for _ in range(62):
        await bench.turn(bench.polls)
        bench.pass_(seconds=60)
    failed = await bench.row(job)
    assert (failed.state, failed.fault) == (State.FAILED, "timed_out")


async def test_polls_that_nobody_answered_while_uniall_was_away_are_no_tries(bench: Bench) -> None:
    job = await bench.life.submitted()
    bench.sync()
    bench.job = AWAY
    for _ in range(60):
        assert await bench.turn(bench.polls)
        bench.pass_(seconds=60)
    assert (await bench.row(job)).tried == timedelta(0)
    for _ in range(60):  # now it answers others
        bench.uniall.answered()
        assert await bench.turn(bench.polls)
        bench.pass_(seconds=60)
    assert (await bench.row(job)).tried == timedelta(hours=1)


async def test_a_job_is_lost_after_minutes_of_answers_that_do_not_know_it(bench: Bench) -> None:
    job = await bench.life.submitted()
    bench.sync()
    bench.job = UNKNOWN
    polls = 0
    while (await bench.row(job)).state is State.SUBMITTED:
        polls += await bench.turn(bench.polls)
        bench.pass_(seconds=61)
    assert polls == 4, "two minutes and a little of what is due each minute"


async def test_after_downtime_the_first_thing_is_to_ask_for_a_fresh_link(bench: Bench) -> None:
    job = await bench.life.rendered()
    bench.sync()
    bench.down(hours=25)
    bench.job = done("https://cdn/fresh")
    assert await bench.turn(bench.fetches)
    assert bench.links == ["https://cdn/fresh"]
    assert (await bench.row(job)).state is State.SUCCEEDED


async def test_a_server_that_asks_for_an_hour_delays_a_finished_video_by_ten_minutes_at_most(bench: Bench) -> None:
    job = await bench.life.rendered()
    bench.sync()
    bench.file = ProviderError(Fault.RATE_LIMITED, retry_after=3600)
    assert await bench.turn(bench.fetches)
    assert (await bench.row(job)).due_at - bench.clock.at == timedelta(minutes=10)


async def test_a_disk_that_was_full_for_a_day_costs_no_job(bench: Bench) -> None:
    job = await bench.life.rendered()
    bench.sync()
    bench.job, bench.file = done("https://cdn/v"), OSError(errno.ENOSPC, "full")
    assert await bench.tries(bench.fetches, hours=26) > 100
    waiting = await bench.row(job)
    assert (waiting.state, waiting.tried) == (State.SUBMITTED, timedelta(0))
    assert set(bench.links) == {"https://cdn/v"}, "the link was not at fault"
    bench.file = ProviderError(Fault.EXPIRED, "403")  # the first thing after it
    assert await bench.turn(bench.fetches)
    assert (await bench.row(job)).state is State.SUBMITTED
    bench.file = None
    bench.pass_(minutes=11)
    assert await bench.turn(bench.fetches)
    assert (await bench.row(job)).state is State.SUCCEEDED


async def test_a_file_that_cannot_be_had_is_given_up_after_a_day_of_links_just_asked_for(bench: Bench) -> None:
    job = await bench.life.rendered()
    bench.sync()
    bench.job, bench.file = done("https://cdn/v"), ProviderError(Fault.EXPIRED, "403")
    assert await bench.tries(bench.fetches, hours=20) > 50
    bench.job = AWAY  # such tries are none
    await bench.tries(bench.fetches, hours=20)
    assert (await bench.row(job)).state is State.SUBMITTED
    bench.job = done("https://cdn/v")
    asked = bench.asked
    await bench.tries(bench.fetches, hours=12)
    failed = await bench.row(job)
    assert (failed.state, failed.fault) == (State.FAILED, "result_missing")
    assert bench.asked > asked
    assert None in bench.links[-4:], "the content address takes turns with the link"


@pytest.mark.parametrize("outcome", [RetryLater(fault=Fault.MODEL_UNAVAILABLE), NeverLeft()])
async def test_a_day_of_downtime_ends_no_job_that_waits_to_be_sent(
    bench: Bench, outcome: RetryLater | NeverLeft
) -> None:
    job = await bench.life.accept()
    bench.sync()
    bench.taken = outcome
    await bench.life.show(job)
    bench.down(hours=25)
    assert await bench.turn(bench.submits)
    assert (await bench.row(job)).state is State.RESERVED


async def test_what_the_key_is_refused_counts_for_every_job_that_waits_and_once(bench: Bench) -> None:
    jobs = await bench.life.accepted("ann", 3)
    for job in jobs:
        await bench.life.show(job)
    bench.sync()
    bench.taken = RetryLater(fault=Fault.INSUFFICIENT_FUNDS, coded=True)
    assert await bench.turn(bench.submits)
    assert {(await bench.row(job)).tried for job in jobs} == {timedelta(seconds=60)}
    bench.clock.at -= timedelta(hours=3)
    assert not await bench.turn(bench.submits), "a pause is not ended by the time of day"
    bench.pass_(seconds=61)
    assert await bench.turn(bench.submits)


async def test_a_post_is_tried_for_a_day_in_which_discord_answers(bench: Bench) -> None:
    job = await bench.life.succeeded()
    await bench.life.show(job)
    bench.sync()
    bench.post = PostError("503")
    bench.discord.answered()
    assert await bench.turn(bench.deliveries)
    bench.down(hours=25)
    await bench.tries(bench.deliveries, hours=30)  # Discord is away
    delivery = await bench.store.delivery_of(job.id)
    assert delivery
    assert delivery.state is DeliveryState.QUEUED
    assert delivery.tried < timedelta(minutes=30)
    for error, state in ((OSError(errno.ENOSPC, "full"), "queued"), (PostError("503"), "undeliverable")):
        bench.post = error
        for _ in range(24 * 20):
            bench.discord.answered()
            await bench.turn(bench.deliveries)
            bench.pass_(minutes=5)
        delivery = await bench.store.delivery_of(job.id)
        assert delivery
        assert delivery.state == state


async def test_a_video_gone_from_the_disk_is_lost_after_minutes_in_which_uniall_does_not_know_it(bench: Bench) -> None:
    job = await bench.life.succeeded()
    bench.sync()
    bench.post, bench.job = FileNotFoundError(), UNKNOWN
    for _ in range(3):
        await bench.turn(bench.deliveries)
        bench.down(hours=25)
    delivery = await bench.store.delivery_of(job.id)
    assert delivery
    assert delivery.state is DeliveryState.QUEUED, "downtime is no answer"
    for _ in range(12):
        await bench.turn(bench.deliveries)
        bench.pass_(seconds=61)
    delivery = await bench.store.delivery_of(job.id)
    assert delivery
    assert (delivery.state, delivery.why) == (DeliveryState.UNDELIVERABLE, LOST)
