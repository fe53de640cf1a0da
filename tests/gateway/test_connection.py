"""The connection to the gateway comes back, also where the address for resuming is gone. Against the stand-in, over sockets."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.gateway import shard_connection
from bot.gateway.client import SoraBot, use_api
from bot.gateway.connection import Connection
from tests.standins.discord import DiscordStandIn


class Bot(SoraBot):
    """Identifies again at once, where Discord would want five seconds between two."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No wait."""


class Line:
    """A connected bot, with what it has waited between its tries."""

    def __init__(self, discord: DiscordStandIn, bot: SoraBot, pauses: list[float]) -> None:
        self.discord, self.bot, self.pauses = discord, bot, pauses

    async def sessions(self, count: int) -> None:
        """Until so many sessions were begun, the newest is live, and the bot has read its READY."""
        gateway = self.discord.gateway

        def look() -> bool:
            newest = gateway.sessions[-1] if len(gateway.sessions) == count else None
            return newest in gateway.live and self.bot.ws.session_id == newest.id

        await self.discord.wait_for(look, f"{count} sessions")


@pytest_asyncio.fixture
async def line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """A bot that is connected, and that waits no longer than it must."""
    pauses: list[float] = []
    pause = shard_connection._pause

    def short(failed: int) -> float:
        pauses.append(pause(failed))
        return 0.0

    monkeypatch.setattr(shard_connection, "_pause", short)
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    async with DiscordStandIn() as discord:
        use_api(discord.base_url)
        bot = Bot(())
        kept = Connection(bot, discord.token)
        await kept.log_in()
        life = asyncio.create_task(kept.stay())
        try:
            line = Line(discord, bot, pauses)
            await line.sessions(1)
            yield line
        finally:
            await bot.close()
            await life


async def test_after_two_failed_tries_at_the_resume_address_it_identifies_at_the_main_gateway(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    connect = line.bot.http.ws_connect

    async def watched(url: str, **options: int) -> aiohttp.ClientWebSocketResponse:
        asked.append(url.partition("?")[0])
        return await connect(url, **options)

    monkeypatch.setattr(line.bot.http, "ws_connect", watched)
    resume, main = "ws://127.0.0.1:9", line.discord.gateway_url
    line.discord.gateway.resume_address = resume
    line.discord.gateway.invalidate()
    await line.sessions(2)
    asked.clear()
    named = len(line.discord.requests("GET", r"/gateway/bot$"))
    await line.discord.gateway.drop()
    await line.sessions(3)
    assert [address.rstrip("/") for address in asked] == [resume, resume, main]
    assert len(line.discord.requests("GET", r"/gateway/bot$")) == named + 1, "the main gateway may have moved"
    assert line.discord.gateway.sessions[-1].resumes == []
    assert max(line.pauses) + shard_connection.HANDSHAKE < 60


async def test_a_session_whose_address_still_answers_is_resumed_at_once(line: Line) -> None:
    [session] = line.discord.gateway.sessions
    await line.discord.gateway.drop()
    await line.discord.wait_for(lambda: session.resumes and session in line.discord.gateway.live, "a resume")
    assert (len(line.discord.gateway.sessions), line.pauses) == (1, [])


async def test_no_pause_between_two_tries_comes_near_a_minute() -> None:
    for failed in (1, 2, 5, 10, 100, 100_000):
        assert 0.5 <= shard_connection._pause(failed) <= shard_connection.LONGEST_PAUSE
    assert shard_connection.LONGEST_PAUSE + shard_connection.HANDSHAKE < 60
