"""What it costs to post fifty finished videos of 18 MB, against a bot that posts the same file as often.

Sora Bot starts with fifty videos in its folder that wait for their post: it claims each, looks at its server, writes where it
posts, posts it as an answer to the card, and records that it is there. The other bot (`standins/bare_bot.py`) sends the file with
as many posts at once. Times run from the first post's beginning to the last one's end at the stand-in; processor time from the
gateway's READY on; the peak of the memory is the kernel's.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import backlog, processes
from benchmarks.backlog import Backlogs
from benchmarks.processes import Failed, Process, Stage
from benchmarks.table import Row, compared
from bot.workers.jobs.deliver import WIDTH
from tests.standins.uniall import video

LONGEST = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. size: of one video, in bytes."""

    rounds: int = 3
    videos: int = 50
    size: int = 18_000_000


@dataclass(slots=True)
class Figures:
    """One value for each round: seconds, processor seconds, megabytes."""

    wall: list[float]
    cpu: list[float]
    peak: list[float]


async def run(folder: Path, backlogs: Backlogs, scale: Scale) -> list[Row]:
    """The rows."""
    file = folder / "video.mp4"
    file.write_bytes(video("job", scale.size))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    bare, found = Figures([], [], []), Figures([], [], [])
    async with processes.stage(folder) as on:
        posting = {"POST_FILE": str(file), "POST_TIMES": str(scale.videos), "POST_AT_ONCE": str(WIDTH)}
        for number in range(scale.rounds):
            async with on.bare_bot(posting) as bot:
                await _posted(on, bot, scale.videos, bare)
            database = await backlogs.copy(scale.videos, folder / f"deliveries-{number}.db")
            await backlog.finish(database, file, sha256)
            async with on.sora_bot(database) as bot:
                await _posted(on, bot, scale.videos, found)
    what = f"{scale.videos} posts of {scale.size / 1e6:.0f} MB"
    return [
        compared(f"{what}: time", found.wall, bare.wall),
        compared(f"{what}: CPU", found.cpu, bare.cpu),
        compared(f"{what}: peak memory", found.peak, bare.peak, "MB"),
    ]


async def _posted(on: Stage, bot: Process, count: int, figures: Figures) -> None:
    """Wait until this bot has posted all of them, and note what that took."""
    before, end = bot.cpu(), time.perf_counter() + LONGEST
    ready_at = (await on.state())["ready_at"]
    while True:
        uploads = [(begun, ended) for begun, ended in (await on.state())["uploads"] if begun >= ready_at]
        if len(uploads) >= count:
            break
        if time.perf_counter() > end or bot.process.returncode is not None:
            raise Failed(f"{len(uploads)} of {count} videos posted: {bot.last_words()}")
        await asyncio.sleep(0.1)
    figures.wall.append(max(ended for _, ended in uploads) - min(begun for begun, _ in uploads))
    figures.cpu.append(bot.cpu() - before)
    figures.peak.append(bot.memory(peak=True))
