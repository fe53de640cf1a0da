"""Several shards, in one process and in two. Against the stand-in, over sockets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.domain.errors import OperatorNeeded, Unusable
from bot.domain.processes.shards import Shards
from bot.gateway import identify, shard_connection
from bot.gateway.client import SoraBot, use_api
from bot.gateway.connection import Connection
from bot.gateway.identify import IdentifyGate, OwnTurns, Take
from tests.standins.discord import DiscordStandIn, Guild, Rules

GAP = 0.4


def guild_of(discord: DiscordStandIn, shard: int, of: int) -> Guild:
    """A new server of a shard."""
    while True:
        guild = discord.world.add_guild("Studio")
        if Shards.all_of(of).shard_of(guild.id) == shard:
            return guild


def short(_: int) -> float:
    """The pause between two attempts."""
    return 0.01


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordStandIn]:
    """Discord, where this process looks for it; a turn lasts GAP, and less than that is an invalid session."""
    monkeypatch.setattr(identify, "GAP", GAP)
    monkeypatch.setattr(identify, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(shard_connection, "_pause", short)
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    async with DiscordStandIn(rules=Rules(identify_gap=GAP * 0.9)) as standin:
        use_api(standin.base_url)
        yield standin


@asynccontextmanager
async def connected(
    discord: DiscordStandIn, shards: Shards | None, take: Take | None = None, *, reserve: float = 0.0
) -> AsyncGenerator[SoraBot]:
    """A bot with these shards, until all of them are connected, and then until the block ends."""
    bot = SoraBot((), shards=shards)
    bot.gate = IdentifyGate(take)
    kept = Connection(bot, discord.token, reserve=reserve)
    life: asyncio.Task[None] | None = None
    try:
        await kept.log_in()
        life = asyncio.create_task(kept.stay())
        await until(discord, lambda: not bot.unconnected and bot.servers.named, life)
        yield bot
    finally:
        await kept.close()
        if life:
            await life


async def until(discord: DiscordStandIn, look: object, life: asyncio.Task[None] | None = None) -> None:
    """Until `look` is true; it may change without a request to Discord."""
    assert callable(look)
    async with asyncio.timeout(30):
        while not look():
            if life and life.done():
                life.result()
            await asyncio.sleep(0.01)


async def test_each_shard_has_the_servers_that_discord_gives_it(discord: DiscordStandIn) -> None:
    theirs, ours = guild_of(discord, 0, 2), guild_of(discord, 1, 2)
    async with connected(discord, Shards.parse("1-1/2")) as bot:
        await until(discord, bot.is_ready)
        assert [guild.id for guild in bot.guilds if str(guild.id) in (theirs.id, ours.id)] == [int(ours.id)]
        assert await bot.servers.has(ours.id) is True
        assert await bot.servers.has(str(((1 << 40) + 1) << 22)) is False, "this shard has named all of its servers"
        assert await bot.servers.has(theirs.id) is None, "another process has that shard"


async def test_one_process_has_as_many_shards_as_discord_recommends(discord: DiscordStandIn) -> None:
    discord.rules.shards, discord.rules.max_concurrency = 3, 3
    servers = [guild_of(discord, shard, 3) for shard in range(3)]
    async with connected(discord, None) as bot:
        await until(discord, bot.is_ready)
        assert {str(guild.id) for guild in bot.guilds} >= {guild.id for guild in servers}
        assert sorted(session.shard for session in discord.gateway.live) == [(0, 3), (1, 3), (2, 3)]
    assert discord.gateway.live == []


async def test_two_processes_never_identify_for_one_key_within_a_turn(discord: DiscordStandIn) -> None:
    turns = OwnTurns()  # what they share
    async with connected(discord, Shards.parse("0-1/4"), turns.take) as first:
        async with connected(discord, Shards.parse("2-3/4"), turns.take):
            assert len(discord.gateway.live) == 4
            discord.gateway.invalidate()
            await until(discord, lambda: len(discord.gateway.live) == 4 and len(discord.gateway.identifies) == 8)
        assert not first.unconnected
    assert discord.gateway.closest_identifies() >= GAP * 0.9


async def test_keys_do_not_wait_for_each_other(discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identify, "GAP", 3600.0)
    discord.rules.max_concurrency = 2
    async with connected(discord, Shards.all_of(2)):
        assert sorted(one.key for one in discord.gateway.identifies) == [0, 1]


async def test_a_resumed_session_needs_no_turn(discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identify, "GAP", 3600.0)
    async with connected(discord, Shards.all_of(1)) as bot:
        await discord.gateway.drop()
        await until(discord, lambda: discord.gateway.sessions[0].resumes and not bot.unconnected)
    assert len(discord.gateway.sessions) == 1


async def test_a_shard_whose_turn_is_long_in_coming_lets_its_socket_go_and_asks_again(
    discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identify, "PATIENCE", 0.05)
    asked = 0

    async def seldom(_: int) -> bool:
        nonlocal asked
        asked += 1
        return asked > 12

    async with connected(discord, Shards.all_of(1), seldom):
        assert len(discord.gateway.identifies) == 1


async def test_a_turn_that_was_given_long_ago_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identify, "LOOK_EVERY", 0.0)
    now, slow = 0.0, [identify.FRESH + 0.1, 0.0]

    async def take(_: int) -> bool:
        nonlocal now
        now += slow.pop(0)  # the process is stopped, or the database slow, after the turn is stored
        return True

    await IdentifyGate(take, lambda: now).wait(0)
    assert not slow, "it has taken another turn"
    now, slow = 0.0, [identify.PATIENCE + 0.1]
    with pytest.raises(identify.IdentifyBusy):
        await IdentifyGate(take, lambda: now).wait(0)


async def test_a_server_that_was_left_while_its_shard_was_away_is_gone_and_those_of_others_stay(
    discord: DiscordStandIn,
) -> None:
    left, other = guild_of(discord, 1, 2), guild_of(discord, 0, 2)
    async with connected(discord, Shards.all_of(2)) as bot:
        await until(discord, bot.is_ready)
        assert await bot.servers.has(left.id) is True
        [session] = [session for session in discord.gateway.live if session.shard == (1, 2)]
        session.dead = True
        assert session.connection
        await session.connection.drop(4000)
        del discord.world.guilds[left.id]
        await until(discord, lambda: session not in discord.gateway.live and bot.get_guild(int(left.id)) is None)
        assert await bot.servers.has(other.id) is True
        await until(discord, lambda: not bot.unconnected)
        async with asyncio.timeout(30):
            while await bot.servers.has(left.id) is not False:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)


async def test_nothing_is_started_below_a_tenth_of_the_days_sessions(discord: DiscordStandIn) -> None:
    discord.rules.identifies_left = 100
    with pytest.raises(Unusable, match=r"100 more of 1000 new gateway sessions today") as caught:
        async with connected(discord, Shards.all_of(1), reserve=0.1):
            pass
    assert caught.value.exit_code == 1
    assert discord.gateway.identifies == []


async def test_too_few_shards_for_discord_are_for_the_operator_to_mend(discord: DiscordStandIn) -> None:
    with pytest.raises(OperatorNeeded, match=r"refuses 3-3/2 as this bot's shards"):
        async with connected(discord, Shards(first=3, last=3, of=2)):
            pass
