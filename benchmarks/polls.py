"""How many polls a second the whole bot makes with two hundred jobs at UniAll, and how few it makes of each video.

The bot polls two hundred jobs that never end, each as soon as its settings allow (ten times a second); beside it three clients
of a few lines ask the same stand-in with two hundred at once (`standins/poller.py`). Counted at the stand-in.

With the normal settings a job is polled ever more rarely: how often, and how late its end is seen, is reckoned from the gaps
that the bot's own poll worker chooses.
"""

import asyncio
import json
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from benchmarks import backlog, processes
from benchmarks.backlog import Backlogs
from benchmarks.processes import Failed, Stage
from benchmarks.table import Row, compared, median
from bot.domain.generation import Generation
from bot.workers.jobs.poll import PollWorker

LEAST = 1_200
CLIENTS = ("httpx", "httpx-aiohttp", "aiohttp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. in_flight: jobs at UniAll; seconds: of each round and client."""

    rounds: int = 3
    in_flight: int = 200
    seconds: float = 3.0


async def run(folder: Path, backlogs: Backlogs, scale: Scale) -> list[Row]:
    """The rows."""
    found: dict[str, list[float]] = {name: [] for name in ("bot", *CLIENTS)}
    cores: list[float] = []
    database = folder / "polls.db"
    async with processes.stage(folder) as on:
        for _ in range(scale.rounds):
            await backlogs.copy(scale.in_flight, database)
            await backlog.fly(database)
            settings = {
                "MAX_IN_FLIGHT": str(scale.in_flight),
                "POLL_MIN_SECONDS": "0.1",
                "POLL_MAX_SECONDS": "0.1",
            }
            async with on.sora_bot(database, settings) as bot:
                await asyncio.sleep(1.5)  # its start is over
                before, cpu = await on.state(on.uniall), bot.cpu()
                await asyncio.sleep(scale.seconds)
                after = await on.state(on.uniall)
                took = after["now"] - before["now"]
                found["bot"].append((after.get("polls", 0) - before.get("polls", 0)) / took)
                cores.append((bot.cpu() - cpu) / took)
            for name in CLIENTS:
                found[name].append(await _client(on, name, scale))
    at = f"polls with {scale.in_flight} in flight"
    speed = median(found["bot"])
    return [
        Row(what=at, value=f"{speed:,.0f} /s", aim=f"≥ {LEAST:,} /s", within=speed >= LEAST),
        Row(what=f"{at}: cores of the bot", value=f"{median(cores):.2f}"),
        *(compared(f"{at}, against {name}", found["bot"], found[name], "/s") for name in CLIENTS),
        *paced(),
    ]


async def _client(on: Stage, name: str, scale: Scale) -> float:
    """Polls a second of another client."""
    words = ("--origin", f"http://127.0.0.1:{on.uniall.port}", "--at-once", str(scale.in_flight))
    module = "benchmarks.standins.poller"
    process = await processes.start("-m", module, name, *words, "--seconds", str(scale.seconds), folder=on.folder)
    if await process.process.wait():
        raise Failed(f"{name}: {process.last_words()}")
    said = json.loads(process.last_words())
    return said["polls"] / said["seconds"]


def paced(videos: int = 200) -> Iterator[Row]:
    """How often a video is polled with the normal settings, reckoned."""
    for length in (60, 180, 600):
        counts, late = zip(*(_polls_of(length, random.Random(seed)) for seed in range(videos)), strict=True)
        yield Row(
            what=f"polls of a video that takes {length} s, normal settings",
            value=f"{statistics.mean(counts):.1f}, its end seen {statistics.mean(late):.1f} s late",
            beside=f"{length / 5:.0f} at a fixed 5 s",
        )


def _polls_of(length: int, chance: random.Random) -> tuple[int, float]:
    """Polls of one video that renders so many seconds, and how many seconds its end is seen late."""
    policy = SimpleNamespace(poll_min=5.0, poll_max=60.0, max_in_flight=10)
    worker = PollWorker(cast("Any", SimpleNamespace(policy=policy, random=chance)))
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    job: Generation = replace(backlog.job(0), submitted_at=begun)
    now, polls = begun + timedelta(seconds=policy.poll_min), 1
    while (passed := (now - begun).total_seconds()) < length:
        now += worker._gap(job, now, None)
        polls += 1
    return polls, passed - length
