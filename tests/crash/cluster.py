"""The parts of a cluster under a storm: its processes, each with a supervisor, its database and its bucket.

A process that ends, however it ends, is started again after a pause, as systemd or a container platform does.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.process.cluster import Cluster
from tests.process.conftest import Studio
from tests.process.postgres_rows import forget
from tests.process.test_shards import room
from tests.standins.bucket import Gate, S3Server
from tests.standins.discord import Channel, DiscordStandIn
from tests.standins.forked import SHORT_LIVES
from tests.standins.process import BotProcess
from tests.standins.shapes import JsonObject
from tests.standins.uniall import Job
from tests.standins.uniall_server import ScriptedUniAll
from tests.storage.postgres.server import PostgresServer

SHARDS = 2
PROCESSES = {
    "worker a": ("worker",),
    "worker b": ("worker",),
    "gateway a": ("gateway", "--shards", "0-0/2"),
    "gateway b": ("gateway", "--shards", "1-1/2"),
}
STANDBY = {"standby": PROCESSES["gateway a"]}
IDENTIFY_GAP = 0.5  # seconds: a tenth of Discord's, as the pauses of the bots are a tenth
PAUSE = 0.5  # seconds before a supervisor starts a process again
ENDED_WELL = (-signal.SIGKILL, 1)  # the storm's doing, or the process was declared dead or could not start


class WatchedUniAll(ScriptedUniAll):
    """Counts how many jobs it has under way at most."""

    most_at_once = 0

    def add(self, path: str, fields: JsonObject, image: bytes | None = None) -> Job:
        """See `ScriptedUniAll.add`."""
        job = super().add(path, fields, image)
        under_way = sum(job.at - other.at < self.seconds for other in self.jobs.values())
        self.most_at_once = max(self.most_at_once, under_way)
        return job


@dataclass(slots=True, kw_only=True, repr=False)
class Site:
    """Everything that a storm hits. rooms: a channel in a server of each shard. done: what was done to it, and how often."""

    cluster: Cluster
    uniall: WatchedUniAll
    postgres: PostgresServer
    s3: S3Server
    gate: Gate
    program: str
    rooms: list[Channel]
    done: Counter[str] = field(default_factory=Counter[str])
    database_is_up: bool = True
    _supervisors: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    _calm: bool = False

    @property
    def studio(self) -> Studio:
        """The stand-ins and the database."""
        return self.cluster.studio

    async def start(self) -> None:
        """Start every process, each with its supervisor; the standby once all others are ready."""
        for name, words in PROCESSES.items():
            await self.cluster.launch(name, *words)
        for name in PROCESSES:
            await self.cluster.until(name, '{"ready": true}\n')
        for name, words in STANDBY.items():
            await self.cluster.launch(name, *words)
        self._supervisors = [asyncio.create_task(self._supervise(name)) for name in self.cluster.members]

    async def _supervise(self, name: str) -> None:
        member = self.cluster.members[name]
        while True:
            while member.running:  # noqa: ASYNC110 - its end is seen, whoever ends it
                await asyncio.sleep(0.05)
            if self._calm:  # whoever stops it waits for its end
                return
            code = await member.exited()
            self.done[f"ended with {code}"] += 1
            assert code in ENDED_WELL, f"{name} ended with {code}: {member.output()[-3000:]}"
            await asyncio.sleep(PAUSE)
            await member.launch()

    def check(self) -> None:
        """Raise what a supervisor has found."""
        for task in self._supervisors:
            if task.done():
                task.result()

    async def all_up(self) -> bool:
        """Whether every process runs and says that it is ready."""
        for name, member in self.cluster.members.items():
            if not member.running or '"ready": true' not in await self.cluster.ready(name):
                return False
        return True

    async def stop(self) -> None:
        """Stop every process in order."""
        self._calm = True
        await self.cluster.stop()
        await asyncio.gather(*self._supervisors)

    async def abandon(self) -> None:
        """End everything, however it stands."""
        self._calm = True
        for task in self._supervisors:
            task.cancel()
        for member in self.cluster.members.values():
            self._signal(member, signal.SIGKILL)
        await asyncio.gather(*self._supervisors, return_exceptions=True)

    # -- what a storm does

    def kill(self, chance: random.Random, of: str = "") -> None:
        """SIGKILL one of the processes that run, and whatever it has started. of: how its name begins."""
        running = [name for name, member in self.cluster.members.items() if member.running and name.startswith(of)]
        if not running:  # all are about to be started again
            return
        # A gateway is away for as long as its silence proves nothing: half as often, so that members are answered at all.
        name = chance.choices(running, [2 if name.startswith("worker") else 1 for name in running])[0]
        self.done[f"kill of a {name.split()[0]}"] += 1
        self._signal(self.cluster.members[name], signal.SIGKILL)

    def kill_gateways(self, shard: int) -> None:
        """SIGKILL every process that has this shard, or waits for it."""
        self.done["kill of a gateway before a card"] += 1
        for name, words in {**PROCESSES, **STANDBY}.items():
            if words[-1] == f"{shard}-{shard}/{SHARDS}":
                self._signal(self.cluster.members[name], signal.SIGKILL)

    async def freeze(self, chance: random.Random, seconds: float) -> None:
        """Stop one of the processes by SIGSTOP for so long, or until it is killed."""
        member = self.cluster.members[chance.choice(list(self.cluster.members))]
        self.done["SIGSTOP"] += 1
        self._signal(member, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._signal(member, signal.SIGCONT)

    async def lose_database(self, how: str, seconds: float) -> None:
        """PostgreSQL is stopped for so long. how: `fast`, or `immediate` as in a crash."""
        self.done[f"PostgreSQL stopped, {how}"] += 1
        self.database_is_up = False
        forget(str(self.studio.bot.address))
        await asyncio.to_thread(self.postgres.down, how)
        try:
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(self.postgres.up)
            self.database_is_up = True

    async def lose_bucket(self, how: str, seconds: float) -> None:
        """The bucket is away for so long. how: `restart`, `closed` (no connection), `silent` (no answer)."""
        self.done[f"bucket {how}"] += 1
        if how == "restart":
            await asyncio.to_thread(self.s3.stop)
        elif how == "closed":
            self.gate.close()
        else:
            self.gate.silent = True
        try:
            await asyncio.sleep(seconds)
        finally:
            if how == "restart":
                await asyncio.to_thread(self.s3.start, self.program)
            else:
                self.gate.open()

    @staticmethod
    def _signal(member: BotProcess, number: signal.Signals) -> None:
        for send in (os.killpg, os.kill):  # it may not be a session of its own yet, or have ended
            with suppress(ProcessLookupError):
                if member.running:
                    send(member.pid, number)
                    return


@asynccontextmanager
async def open_site(
    folder: Path, postgres: PostgresServer, s3: S3Server, program: str, **env: str
) -> AsyncGenerator[Site]:
    """The stand-ins, a database and a bucket; no process runs yet, and none is left at the end."""
    async with DiscordStandIn() as discord, WatchedUniAll() as uniall, Gate(s3.endpoint) as gate:
        discord.rules.identify_gap, discord.rules.shards = IDENTIFY_GAP, SHARDS
        address = await postgres.take()
        bot = BotProcess(discord, folder, uniall_base_url=uniall.base_url)
        bot.address = address
        studio = Studio(discord, uniall, folder, bot)
        settings = {
            "UNIALL_API_KEY": uniall.key,
            "POLL_MAX_SECONDS": "0.3",
            "DATABASE_URL": address,
            SHORT_LIVES: "1",
            **s3.env(uuid4().hex, gate.endpoint),
            **env,
        }
        site = Site(
            cluster=Cluster(studio, settings),
            uniall=uniall,
            postgres=postgres,
            s3=s3,
            gate=gate,
            program=program,
            rooms=[room(studio, shard, SHARDS) for shard in range(SHARDS)],
        )
        try:
            yield site
        finally:
            await site.abandon()
            forget(address)
