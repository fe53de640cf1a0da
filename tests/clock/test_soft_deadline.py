"""A job past its soft deadline is in nobody's way, and is still polled."""

from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from bot.domain.generation import Generation, State, soft_deadline
from bot.domain.messages.card import CardContext
from bot.domain.provider import JobState, JobStatus
from bot.domain.refusals.refusal import Refusal
from bot.workers.jobs.poll import OVERDUE_WIDTH
from cogs.cards import status_card
from tests.clock.bench import Bench
from tests.cogs.conftest import generation, texts
from tests.conftest import POSTGRESQL_LONG
from tests.storage.single_cards import record_card

ENGINES = POSTGRESQL_LONG


async def wedged(bench: Bench, count: int, *, seconds: int = 4, ago: timedelta) -> list[Generation]:
    """So many jobs of one member that were submitted so long ago, and have just been polled."""
    jobs = [await bench.life.submitted(await bench.life.accept(bench.life.new(seconds=seconds))) for _ in range(count)]
    bench.clock.at = jobs[0].submitted_at + ago if jobs[0].submitted_at else bench.clock.at
    for job in jobs:
        await bench.life.show(job)
        bench.rows.submitted_at(job.id, bench.clock.at - ago)
    for _ in jobs:
        assert await bench.turn(bench.polls)
    return jobs


@pytest.mark.parametrize(("seconds", "deadline"), [(4, 600), (12, 600), (20, 600), (21, 630), (60, 1800)])
async def test_the_soft_deadline_is_30_times_the_length_and_at_least_10_minutes_from_when_it_was_submitted(
    bench: Bench, seconds: int, deadline: int
) -> None:
    assert soft_deadline(seconds) == timedelta(seconds=deadline)
    [job] = await wedged(bench, 1, seconds=seconds, ago=timedelta(seconds=deadline - 1))
    assert not (await bench.row(job)).overdue
    bench.pass_(seconds=60)
    await bench.turn(bench.polls)
    assert (await bench.row(job)).overdue


async def test_ten_wedged_jobs_stop_nobody_and_are_still_polled(bench: Bench) -> None:
    jobs = await wedged(bench, 10, ago=timedelta(minutes=11))
    mine = await bench.life.accept(most_open=10)  # their own member's too
    other, second = await bench.life.accepted("bob", 2)
    for job in (mine, other, second):
        await bench.life.show(job)
    assert (await bench.store.card_context(mine)).queue_position == 2, "they do not count as its member's turns"
    await bench.life.configure(lambda old: replace(old, most_running=1))
    sent = [await bench.store.claim_submit(bench.life.claim(), most=2, now=bench.clock.now()) for _ in range(3)]
    assert [job.id for job in sent if job] == [other.id, mine.id]
    await bench.life.configure(lambda old: replace(old, most_waiting=0))
    with pytest.raises(Refusal):
        await bench.life.accept()  # one that runs counts as before
    for minute in range(3):
        bench.pass_(seconds=61)
        for _ in jobs:
            assert await bench.turn(bench.polls), minute
    bench.job = JobStatus(job_id="j", state=JobState.SUCCEEDED, video_url="https://cdn/v")
    bench.pass_(seconds=61)
    assert await bench.turn(bench.polls)
    ends = [await bench.row(job) for job in jobs]
    assert sum(job.rendered_at is not None for job in ends) == 1, "a late end is an end"
    assert {job.state for job in ends} == {State.SUBMITTED}


async def test_polls_of_wedged_jobs_leave_places_for_others(bench: Bench) -> None:
    await wedged(bench, 3, ago=timedelta(minutes=11))
    fresh = await bench.life.submitted()
    bench.pass_(minutes=2)
    [first] = await bench.polls._claim(bench.world.claim(600), 1)
    assert first.id == fresh.id, "whoever is not late goes first"
    bench.polls.loop.under_way = lambda kind: OVERDUE_WIDTH
    assert await bench.polls._claim(bench.world.claim(600), 9) == []
    bench.polls.loop.under_way = lambda kind: OVERDUE_WIDTH - 1
    assert len(await bench.polls._claim(bench.world.claim(600), 9)) == 1


async def test_its_card_is_looked_at_when_it_passes_the_deadline_and_not_at_each_poll_after(bench: Bench) -> None:
    [job] = await wedged(bench, 1, ago=timedelta(minutes=11))
    [card] = await bench.store.cards_due(now=bench.clock.now(), limit=9)
    assert (card.generation.id, card.generation.overdue) == (job.id, True)
    await record_card(bench.store, card, shown="late", again_at=None, now=bench.clock.now())
    bench.pass_(seconds=61)
    assert await bench.turn(bench.polls)
    assert await bench.store.cards_due(now=bench.clock.now() + timedelta(hours=1), limit=9) == []


def test_the_card_says_that_it_takes_unusually_long_how_long_it_is_tried_and_that_the_quota_is_held() -> None:
    now = discord.utils.utcnow()
    late = generation(
        State.SUBMITTED, submitted_at=now, due_at=now, tried=timedelta(hours=4), overdue=True, progress=99
    )
    said = texts(status_card.render(late, CardContext(expected_seconds=90)))
    assert "unusually long" in said
    assert "Until then your quota is held." in said
    until = int(said.partition("<t:")[2].partition(":f>")[0])
    assert 0 <= until - (now + timedelta(hours=20)).timestamp() <= 3600
    polled = replace(late, due_at=late.due_at + timedelta(minutes=1), tried=late.tried + timedelta(minutes=1))
    assert status_card.digest(status_card.render(polled, CardContext())) == status_card.digest(
        status_card.render(late, CardContext())
    )
    assert "配额" in texts(status_card.render(replace(late, locale="zh-CN"), CardContext()))
