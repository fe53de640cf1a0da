"""The whole bot as a process, between a Discord and a UniAll on loopback."""

import asyncio
import io
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.standins.discord import DiscordStandIn, Message, Person
from tests.standins.openapi import openapi_spec
from tests.standins.process import BotProcess
from tests.standins.uniall import ScriptedUniAll, video


@dataclass(slots=True)
class Studio:
    """Discord, UniAll, and the bot between them. `start` it, perhaps with other settings."""

    discord: DiscordStandIn
    uniall: ScriptedUniAll
    folder: Path
    bot: BotProcess

    async def start(self, **env: str | None) -> BotProcess:
        """Start the bot; again after a stop or a kill."""
        self.bot.env.update({name: value for name, value in env.items() if value is not None})
        await self.bot.start()
        return self.bot

    async def command(self, *words: str, code: int = 0) -> str:
        """Run another `sora-bot` command in the bot's environment; what it says, once its exit code is as expected."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words),
            cwd=self.folder,
            env=self.bot.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode == code, said.decode()
        return said.decode()

    def person(self, name: str = "Mia") -> Person:
        """A new member."""
        return self.discord.person(name)

    def results(self) -> list[Message]:
        """The messages that carry a video."""
        return [message for message in self.discord.messages() if self.files(message)]

    def files(self, message: Message) -> list[str]:
        """The videos a message carries."""
        return [file.filename for file in message.attachments if file.filename.endswith(".mp4")]

    async def wait_results(self, count: int, timeout: float = 20.0) -> list[Message]:
        """So many videos in the channel."""
        await self.discord.wait_for(lambda: len(self.results()) >= count, timeout, f"{count} results")
        return self.results()

    async def wait_card(self, message: Message, words: str, timeout: float = 20.0) -> str:
        """Until a card says so; everything it says."""
        await self.discord.wait_for(lambda: words in said(message), timeout, f"{words!r} on the card")
        return said(message)

    def posted(self) -> list[bytes]:
        """The bytes of every posted video."""
        return sorted(file.data for message in self.results() for file in message.attachments)

    def made(self) -> list[bytes]:
        """The bytes of every video that UniAll made."""
        return sorted(video(job_id, self.uniall.size) for job_id in self.uniall.jobs)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with closing(sqlite3.connect(f"file:{self.bot.database}?mode=ro", uri=True)) as database:
            return database.execute(sql).fetchall()

    def held(self) -> int:
        """Videos held by members' running jobs."""
        where = "per = 'month' AND scope = 'member'"
        return self.rows(f"SELECT coalesce(sum(held_videos), 0) FROM balance WHERE {where}")[0][0]  # noqa: S608

    def used(self, scope: str = "member") -> int:
        """Videos used today in a scope."""
        found = dict(self.rows("SELECT scope, sum(used_videos) FROM balance WHERE per = 'day' GROUP BY scope"))
        return found.get(scope, 0)


def said(message: Message) -> str:
    """All words of a message's components."""

    def walk(parts: list[dict[str, Any]]) -> list[str]:
        return [
            word
            for part in parts
            for word in [*([part["content"]] if part.get("type") == 10 else []), *walk(part.get("components") or [])]
        ]

    return "\n".join([message.content, *walk(message.components)])


def buttons(message: Message) -> list[str]:
    """The labels of a message's buttons."""

    def walk(parts: list[dict[str, Any]]) -> list[str]:
        return [
            word
            for part in parts
            for word in [*([part["label"]] if part.get("type") == 2 else []), *walk(part.get("components") or [])]
        ]

    return walk(message.components)


def logs(folder: Path) -> str:
    """Everything the bot has logged."""
    return "".join(file.read_text() for file in sorted(folder.glob("run-*.err")))


def picture(width: int = 320, height: int = 180, form: str = "PNG") -> bytes:
    """A small real image."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (180, 40, 40)).save(out, form)
    return out.getvalue()


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """Both stand-ins and a bot that is not yet started; at the end, what was sent is held against Discord's description."""
    async with DiscordStandIn() as discord, ScriptedUniAll() as uniall:
        bot = BotProcess(
            discord,
            tmp_path,
            uniall_base_url=uniall.base_url,
            env={"UNIALL_API_KEY": uniall.key, "DEFAULT_QUOTA": "unlimited", "POLL_MAX_SECONDS": "0.3"},
        )
        yield Studio(discord, uniall, tmp_path, bot)
        if bot.running:
            assert await bot.stop() == 0
        description = openapi_spec()
        if description is not None:
            asked = [exchange for exchange in discord.journal.exchanges if exchange.whole]
            wrong = [fault for exchange in asked for fault in description.violations(exchange)]
            assert not wrong, wrong[:3]
        log = logs(tmp_path)
        assert "Traceback" not in log, log[-4000:]
        assert discord.token not in log
        assert uniall.key not in log
