"""UniAll out of reach: the operator is told once, and once when it is over; a metric says since when."""

import asyncio
from datetime import timedelta

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault, JobState, JobStatus
from bot.monitoring.metrics.recorder import Metrics
from bot.workers.watchers.reachability import Reachability
from tests.clock.bench import Bench
from tests.conftest import POSTGRESQL_LONG

ENGINES = POSTGRESQL_LONG

GONE = ProviderError(Fault.TRANSIENT, "ConnectTimeout")
HERE = JobStatus(job_id="j", state=JobState.RUNNING)


async def told(bench: Bench) -> list[str]:
    """What the operator has been told so far."""
    task = asyncio.create_task(bench.world.alerts.run())
    for _ in range(9):
        await asyncio.sleep(0)
    task.cancel()
    return bench.told


async def look(bench: Bench, reach: Reachability, *, minutes: float) -> None:
    for _ in range(int(minutes * 12)):
        bench.pass_(seconds=5)
        await reach.look()


async def since(bench: Bench, metrics: Metrics) -> float:
    page, _ = await metrics.page("", store=None, now=bench.clock.now(), alive={}, ready=True)
    [line] = [line for line in page.decode().splitlines() if line.startswith("sora_bot_uniall_unreachable_since")]
    return float(line.split()[1])


async def test_an_outage_of_five_minutes_is_told_once_also_by_an_idle_bot_and_so_is_its_end(bench: Bench) -> None:
    reach, metrics = Reachability.uniall(bench.world), Metrics((), bench.uniall)
    await look(bench, reach, minutes=30)
    assert bench.asked == 15, "an idle bot asks now and then"
    assert await since(bench, metrics) == 0
    while bench.uniall.idle:
        await look(bench, reach, minutes=1 / 12)
    bench.job, last = GONE, bench.clock.at
    await look(bench, reach, minutes=4.9)
    assert await told(bench) == []
    assert await since(bench, metrics) == last.timestamp()
    bench.clock.at += timedelta(hours=3)  # whatever the time of day
    await look(bench, reach, minutes=0.2)
    assert len(await told(bench)) == 1
    assert "out of reach for 5 minutes" in bench.told[0]
    await look(bench, reach, minutes=180)
    assert len(await told(bench)) == 1
    bench.job = HERE
    await look(bench, reach, minutes=1)
    assert await told(bench) == [bench.told[0], "UniAll answers again. It was out of reach for 185 minutes."]
    assert await since(bench, metrics) == 0
    bench.job = GONE
    await look(bench, reach, minutes=9)
    assert len(await told(bench)) == 3, "the next outage is told again, also within the hour"


async def test_one_lost_call_or_many_among_answered_ones_is_no_outage(bench: Bench) -> None:
    reach = Reachability.uniall(bench.world)
    for _ in range(100):
        bench.uniall.unanswered()
        await look(bench, reach, minutes=2)
        bench.uniall.answered()
        await look(bench, reach, minutes=1)
    assert await told(bench) == []


async def test_a_bot_that_never_had_an_answer_tells_that_too(bench: Bench) -> None:
    bench.job = GONE
    await look(bench, Reachability.uniall(bench.world), minutes=7.5)
    assert len(await told(bench)) == 1
