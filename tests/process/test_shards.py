"""One process has all the shards that Discord recommends, also on SQLite."""

import pytest

from bot.domain.processes.shards import Shards
from tests.process.conftest import Studio
from tests.standins.discord import Channel

pytestmark = pytest.mark.asyncio(loop_scope="module")


def room(studio: Studio, shard: int, of: int) -> Channel:
    """A channel in a new server of a shard."""
    world = studio.discord.world
    while Shards.all_of(of).shard_of((guild := world.add_guild("Studio")).id) != shard:
        pass
    return world.add_channel(guild, "general")


async def test_a_bot_with_two_shards_makes_videos_in_the_servers_of_both(studio: Studio) -> None:
    studio.discord.rules.shards = 2
    rooms = [room(studio, shard, 2) for shard in (0, 1)]
    await studio.start()
    await studio.discord.wait_for(lambda: len(studio.discord.gateway.live) == 2, "both shards")
    cards = [await studio.discord.person("Mia", channel=place).slash("sora", prompt="p").message() for place in rooms]
    for card in cards:
        await studio.wait_card(card, "Done")
    assert [len([m for m in studio.discord.messages(place) if studio.files(m)]) for place in rooms] == [1, 1]
