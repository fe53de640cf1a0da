"""What a long queue costs: the processor time of the whole bot, one claim, and one tick of its loops.

The whole bot runs with a thousand waiting jobs and ten commands a second. A claim (the next job of the fair queue is chosen and
its submit stored) and a tick (a claim of each kind, the due times of all loops, the cards that are due) are taken of the store
alone, on databases of several sizes in turns; the ratio is to the smallest. Ten of the jobs are at UniAll for the claim; for the
tick all of them are.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from benchmarks import backlog, processes
from benchmarks.backlog import Backlogs
from benchmarks.first_answer import SORA
from benchmarks.processes import Process, Stage
from benchmarks.table import Row, compared, median, ms
from bot.domain.queue.claims import Claim, Work
from bot.ports.database.jobs.polls import PollRecord
from bot.storage.store import SqlStore

T = TypeVar("T")
MOST_CORES, MOST_CLAIM = 0.3, 2.0
LEASE = timedelta(minutes=10)
MOST_AT_UNIALL = 20_000
POLLS = 2  # that one tick claims: the smallest database must not run out of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. seconds: of load on the bot in a round; times: claims and ticks of each size."""

    rounds: int = 3
    waiting: int = 1_000
    seconds: float = 6.0
    times: int = 40
    claims: tuple[int, ...] = (100, 1_000, 10_000)
    ticks: tuple[int, ...] = (100, 10_000)


async def cpu(folder: Path, backlogs: Backlogs, scale: Scale) -> list[Row]:
    """Cores that the bot uses with many waiting and ten commands a second."""
    database, bare, found, idle = folder / "cpu.db", list[float](), list[float](), list[float]()
    async with processes.stage(folder) as on:
        for _ in range(scale.rounds):
            async with on.bare_bot() as bot:
                bare.append(await _cores(on, bot, scale.seconds))
            await backlogs.copy(scale.waiting, database)
            async with on.sora_bot(database) as bot:
                await asyncio.sleep(2)  # its start is over
                before, begun = bot.cpu(), time.perf_counter()
                await asyncio.sleep(scale.seconds / 2)
                idle.append((bot.cpu() - before) / (time.perf_counter() - begun))
                found.append(await _cores(on, bot, scale.seconds))
    at, used = f"{scale.waiting:,} waiting", median(found)
    return [
        compared(f"{at}, 10 commands/s: cores", found, bare, "cores"),
        Row(what=f"{at}, 10 commands/s: cores", value=f"{used:.2f}", aim=f"≤ {MOST_CORES}", within=used <= MOST_CORES),
        Row(what=f"{at}, no commands: cores", value=f"{median(idle):.2f}"),
    ]


async def _cores(on: Stage, bot: Process, seconds: float) -> float:
    """Processor seconds a second under ten commands a second."""
    before, begun = bot.cpu(), time.perf_counter()
    await on.load("pace", **SORA, rate=10, seconds=seconds)
    return (bot.cpu() - before) / (time.perf_counter() - begun)


async def claims(folder: Path, backlogs: Backlogs, scale: Scale) -> list[Row]:
    """One claim of the fair queue."""

    async def one(store: SqlStore, number: int) -> float:
        now = datetime.now(UTC)
        claim = Claim(owner=f"claim-{number}", until=now + LEASE)
        begun = time.perf_counter()
        job = await store.claim_submit(claim, most=MOST_AT_UNIALL, now=now)
        took = time.perf_counter() - begun
        assert job, "nothing waits"
        await store.release_submit(job.id, claim, hold=None, due_at=now, now=now)
        return took

    times = await _in_turns(folder, backlogs, scale.claims, scale.times, one)
    return list(_against_smallest("one claim with {:,} waiting", times, most=MOST_CLAIM))


async def ticks(folder: Path, backlogs: Backlogs, scale: Scale) -> list[Row]:
    """One tick with all jobs at UniAll; of the last database, which is the largest, each part of it as well."""
    parts: dict[str, float] = {}

    async def timed(name: str, call: Awaitable[T]) -> T:
        begun = time.perf_counter()
        result = await call
        parts[name] = time.perf_counter() - begun
        return result

    async def one(store: SqlStore, number: int) -> float:
        now = datetime.now(UTC)
        claim = Claim(owner=f"tick-{number}", until=now + LEASE)
        await timed("claim of a submit", store.claim_submit(claim, most=MOST_AT_UNIALL, now=now))
        polls = store.claim_polls(claim, most=POLLS, most_overdue=POLLS, now=now)
        jobs = await timed("claim of polls", polls)
        for work in Work:
            await timed(f"due time of {work}", store.next_due(work))
        await timed("due cards", store.cards_due(now=now, limit=50))
        took = sum(parts.values())
        assert jobs, "no poll is due"
        await store.record_polls([_polled(job.id, claim, now) for job in jobs], now=now)
        return took

    times = await _in_turns(folder, backlogs, scale.ticks, scale.times, one, fly=True)
    shares = sorted(parts.items(), key=lambda part: -part[1])[:3]
    split = ", ".join(f"{name} {ms(took)}" for name, took in shares)
    return [*_against_smallest("one tick with {:,} in flight", times), Row(what="its dearest parts", value=split)]


def _polled(generation_id: str, claim: Claim, now: datetime) -> PollRecord:
    """A poll that found the job rendering; the next is due in a minute."""
    gap = timedelta(minutes=1)
    return PollRecord(
        generation_id=generation_id,
        owner=claim.owner,
        progress=1,
        missing_since=None,
        due_at=now + gap,
        polled_at=now,
        tried=gap,
    )


async def _in_turns(
    folder: Path,
    backlogs: Backlogs,
    sizes: tuple[int, ...],
    times: int,
    one: Callable[[SqlStore, int], Awaitable[float]],
    *,
    fly: bool = False,
) -> dict[int, list[float]]:
    """Seconds of `one` on a database of each size, all of them in each round."""
    found: dict[int, list[float]] = {size: [] for size in sizes}
    async with AsyncExitStack() as stack:
        stores: dict[int, SqlStore] = {}
        for size in sizes:
            path = await backlogs.copy(size, folder / f"turn-{size}.db")
            if fly:
                await backlog.fly(path)
            stores[size] = await SqlStore.open(path)
            stack.push_async_callback(stores[size].close)
        for number in range(times):
            for size, store in stores.items():
                took = await one(store, number)
                if number:  # the first warms the caches
                    found[size].append(took)
    return found


def _against_smallest(what: str, times: dict[int, list[float]], *, most: float | None = None) -> list[Row]:
    smallest, *others = times
    first = Row(what=what.format(smallest), value=f"{median(times[smallest]) * 1000:.2f} ms")
    return [first, *(compared(what.format(size), times[size], times[smallest], most=most) for size in others)]
