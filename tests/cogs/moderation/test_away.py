"""What the gateway has not said, or says behind a veil, is not taken for the truth: a server in an outage, a hidden channel."""

import pytest

from tests.cogs.moderation.conftest import Server, private
from tests.process.conftest import Studio
from tests.standins.discord import Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_usage_and_quota_show_agree_with_what_sora_allows_while_the_server_is_away_and_no_mark_is_guessed(
    studio: Studio,
) -> None:
    discord = studio.discord
    discord.gateway.away.add(discord.guild.id)
    role = discord.world.add_role(discord.guild, "Creators")
    mod = discord.person("Mod", permissions=Permission.MANAGE_GUILD)
    server = Server(studio, mod, discord.person("Mia", roles=(role.id,)))
    await studio.start()
    await mod.slash("quota set", limit=0, unit="videos", per="day").answer()
    await mod.slash("quota set", limit=7, unit="videos", per="day", role=role).answer()
    assert "7 videos" in private(await server.mia.slash("usage").answer())
    assert "7 videos" in private(await mod.slash("quota show", member=server.mia).answer())
    assert f"<@&{role.id}>" in private(await mod.slash("quota log").answer())
    card = await server.mia.slash("sora", prompt="a fox").message()
    assert card.author is discord.world.bot
    assert card.channel is discord.channel
    log = await server.log_channel()
    assert f"<#{log.id}>\n" in await server.config("show")


async def test_a_hidden_channel_is_named_as_discord_names_it_and_a_log_channel_that_cannot_be_seen_is_marked(
    server: Server,
) -> None:
    discord = server.studio.discord
    secret, log = discord.world.add_channel(discord.guild, "secret-studio"), await server.log_channel()
    discord.revoke(secret, Permission.VIEW_CHANNEL)
    assert "#secret-studio" in await server.config("channels", allow=secret)
    assert "hidden" not in await server.config("channels")
    assert "Changed" in await server.config("channels", remove=secret)
    assert "may not write there" not in await server.config("show")
    discord.revoke(log, Permission.SEND_MESSAGES)
    assert "may not write there" in await server.config("show")
    discord.revoke(log, Permission.VIEW_CHANNEL)
    assert "cannot see it" in await server.config("show")
    assert "I cannot post in" in await server.config("log-channel", channel=secret)
    told = private(await server.mod.slash("quota log").answer())
    assert told.count(f"<#{secret.id}>") == 2
    assert "hidden" not in told
