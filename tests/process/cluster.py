"""Gateways and workers as processes of their own, on one PostgreSQL database and one bucket, between the stand-ins."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.process.clean import logs
from tests.process.conftest import Studio, studio_in
from tests.standins.discord import Channel
from tests.standins.discord.waiting import PATIENCE
from tests.standins.process import BotProcess
from tests.storage.postgres.server import PostgresServer


@dataclass(slots=True, repr=False)
class Cluster:
    """The processes by name. `studio` has the stand-ins and the database; its own bot is not started."""

    studio: Studio
    env: dict[str, str]
    members: dict[str, BotProcess] = field(default_factory=dict[str, BotProcess])

    async def launch(self, name: str, *words: str, **env: str) -> BotProcess:
        """Start a process, which may have to wait for others."""
        folder = self.studio.folder / name
        folder.mkdir(exist_ok=True)
        more = {**self.env, "MEDIA_DIR": str(folder / "media"), "METRICS_LISTEN": "127.0.0.1:0", **env}
        uniall = self.studio.uniall.base_url
        member = BotProcess(self.studio.discord, folder, uniall_base_url=uniall, env=more, words=words)
        self.members[name] = member
        await member.launch()
        return member

    async def start(self, name: str, *words: str, **env: str) -> BotProcess:
        """Start a process, until `/readyz` says that it is ready."""
        member = await self.launch(name, *words, **env)
        await self.until(name, '{"ready": true}\n')
        return member

    async def until(self, name: str, verdict: str) -> None:
        """Until `/readyz` of a process says this."""
        said = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while said != verdict:
                    said = await self.ready(name)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{name} says {said}\n{self.members[name].output()[-3000:]}") from None

    async def ready(self, name: str) -> str:
        """What `/readyz` of a process says; empty while it does not answer."""
        member = self.members[name]
        assert member.running, member.output()[-3000:]
        served = [record for record in member.records() if record["event"] == "metrics_served"]
        if not served:
            return ""
        address = f"http://{served[0]['address']}:{served[0]['port']}/readyz"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return await answer.text()

    async def posted(self, channel: Channel) -> int:
        """How many videos are in a channel, once there is one."""
        studio = self.studio
        found = await studio.discord.wait_for(
            lambda: [message for message in studio.discord.messages(channel) if studio.files(message)], "a video"
        )
        return len(found)

    async def stop(self) -> None:
        """Stop every process that runs; each ends with code 0 and a log without a traceback."""
        running = {name: member for name, member in self.members.items() if member.running}
        codes = await asyncio.gather(*(member.stop() for member in running.values()))
        ended = dict(zip(running, codes, strict=True))
        assert ended == dict.fromkeys(running, 0), {name: self.members[name].output()[-3000:] for name in running}
        for member in self.members.values():
            assert "Traceback" not in member.output(), member.output()[-4000:]


@asynccontextmanager
async def cluster_in(
    folder: Path, postgres: PostgresServer, bucket: dict[str, str], **env: str
) -> AsyncGenerator[Cluster]:
    """A cluster in which nothing runs yet; at the end, as `assert_clean` says. bucket: the settings of it."""
    async with AsyncExitStack() as opened:
        studio = await opened.enter_async_context(studio_in(folder, postgres, **bucket, **env))
        studio.discord.rules.identify_gap = 0.5
        cluster = Cluster(studio, dict(studio.bot.env))
        try:
            yield cluster
            await cluster.stop()
        finally:
            for member in cluster.members.values():
                if member.running:
                    await member.kill()
        assert logs(folder) == ""
