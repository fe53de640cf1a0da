"""What a process without a gateway knows of servers: from Discord, for ten minutes. Against the stand-in, over sockets."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from discord.http import Route

from bot.domain.errors import PostError
from bot.gateway.client import SoraBot, use_api
from bot.gateway.connection import Connection
from bot.messenger import AskedServers, DiscordGuilds, DiscordMessenger
from bot.messenger.clock import DiscordClock
from tests.standins.discord import DiscordStandIn

MIB = 2**20


class Line:
    """A bot that has logged in by REST alone. `now`: its monotonic clock."""

    def __init__(self, discord: DiscordStandIn, bot: SoraBot) -> None:
        self.discord, self.now = discord, 0.0
        self.guilds = DiscordGuilds(bot, lambda: self.now)
        self.servers = AskedServers(self.guilds)
        nothing = cast(Any, None)
        self._messenger = DiscordMessenger(
            bot, self.guilds, nothing, nothing, discord_clock=DiscordClock(), context_of=nothing
        )

    async def limit(self, guild_id: str) -> int:
        """The upload limit of a server, in MiB."""
        return await self._messenger.upload_limit(cast(Any, SimpleNamespace(guild_id=guild_id))) // MIB

    @property
    def asked(self) -> int:
        """How often Discord was asked about a server."""
        return len(self.discord.requests("GET", r"/guilds/\d+$"))


@pytest.fixture
async def line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    async with DiscordStandIn() as discord:
        use_api(discord.base_url)
        bot = SoraBot(())
        bot.syncs_at_login = False
        kept = Connection(bot, discord.token, gateway=False)
        await kept.log_in()
        yield Line(discord, bot)
        await kept.close()
        assert discord.gateway.sessions == [], "a login by REST begins no session"


async def test_a_boosted_server_takes_what_its_tier_allows_and_is_asked_about_once(line: Line) -> None:
    boosted = line.discord.world.add_guild("Boosted")
    boosted.premium_tier = 2
    assert [await line.limit(boosted.id), await line.limit(line.discord.guild.id)] == [50, 20]
    assert [await line.limit(boosted.id), line.asked] == [50, 2]
    boosted.premium_tier = 3
    line.now = 601
    assert [await line.limit(boosted.id), line.asked] == [100, 3]


async def test_a_server_that_has_removed_the_bot_is_none_and_one_that_discord_does_not_tell_of_is_unknown(
    line: Line,
) -> None:
    left, here = line.discord.world.add_guild("Left"), line.discord.guild.id
    del left.members[line.discord.world.bot.id]
    assert (await line.servers.has(left.id), await line.servers.has(here)) == (False, True)
    away = line.discord.world.add_guild("Away").id
    line.discord.fail_next("GET", f"/guilds/{away}$", 404, times=2)  # a proxy's page: it has no code of Discord's
    assert await line.servers.has(away) is None
    with pytest.raises(PostError):
        await line.limit(away)
    assert await line.servers.has(away) is True
