"""The stand-in, alone and with the sample bot connected to it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import discord as discord_py
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.standins.discord import DiscordStandIn
from tests.standins.openapi import VARIABLE, Description, openapi_spec
from tests.standins.sample_bot import SampleBot


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandIn]:
    """Discord, with nobody connected."""
    async with DiscordStandIn() as standin:
        yield standin


@asynccontextmanager
async def connected(discord: DiscordStandIn) -> AsyncGenerator[SampleBot]:
    """A sample bot, connected and synced, until the iteration ends."""
    sessions = len(discord.gateway.live) + 1
    client = SampleBot()
    running = asyncio.create_task(client.start(discord.token))
    try:
        await discord.ready(sessions=sessions)
        yield client
    finally:
        await client.close()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def redirected(discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch) -> DiscordStandIn:
    """Discord, where discord.py in this process will look for it."""
    monkeypatch.setattr(Route, "BASE", discord.base_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(discord.gateway_url))
    return discord


@pytest.fixture
async def bot(redirected: DiscordStandIn) -> AsyncIterator[SampleBot]:
    """The sample bot, connected and synced."""
    async with connected(redirected) as client:
        yield client


@pytest.fixture(scope="session")
def description() -> Description:
    """Discord's API description; without it the test is skipped."""
    found = openapi_spec()
    if found is None:
        pytest.skip(f"{VARIABLE} names no copy of Discord's API description")
    return found


@pytest.fixture
def general(bot: SampleBot, discord: DiscordStandIn) -> discord_py.PartialMessageable:
    """The bot's hand in the channel "general"."""
    guild = int(discord.guild.id)
    return bot.get_partial_messageable(int(discord.channel.id), guild_id=guild)
