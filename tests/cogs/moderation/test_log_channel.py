"""The log channel hears of starts and failures, and never delays or fails what it hears of."""

import pytest

from tests.cogs.moderation.conftest import Server, server_of
from tests.process.clean import logs
from tests.process.conftest import Studio
from tests.standins.discord import Permission
from tests.standins.uniall import refuse

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_starts_and_failures_are_told_without_a_ping(server: Server) -> None:
    log = await server.log_channel()
    await server.video("a **fox** @everyone")
    started = await server.logged(log, "started a video")
    assert f"<@{server.mia.id}>" in started.text
    assert "fox" in started.text
    server.studio.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    card = await server.mia.slash("sora", prompt="refused").message()
    why = (await server.studio.wait_card(card, "Failed")).split("**Failed** · ")[1].split(".")[0]
    failed = await server.logged(log, "failed")
    assert why in failed.text
    assert [message.text for message in server.studio.discord.messages(log) if "started" in message.text] == [
        started.text
    ]
    assert {*started.pinged, *failed.pinged} == set()


async def test_a_log_channel_that_hangs_or_is_closed_or_gone_stops_no_video(server: Server) -> None:
    log = await server.log_channel()
    hanging = server.studio.discord.fail_next("POST", rf"/channels/{log.id}/messages", "hang")
    await server.video("hanging")
    assert hanging.times == 0
    server.studio.discord.revoke(log, Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES)
    await server.video("closed")
    server.studio.discord.world.delete_channel(log)
    await server.video("gone")
    missed = "log_not_posted"  # entries of one channel take turns, and the first one hangs
    await server.studio.discord.wait_for(lambda: missed in logs(server.studio.folder), what=missed)
    channel = server.studio.discord.channel
    await server.config("log-channel", channel=channel)
    await server.video("the log is where the videos are")
    assert "started" in (await server.logged(channel, "started")).text
    assert len(server.studio.results()) == 4


async def test_the_operator_is_told_once_that_the_budget_is_used_up(studio: Studio) -> None:
    server = server_of(studio)
    office = studio.discord.world.add_channel(studio.discord.guild, "office")
    await studio.start(OPERATOR_BUDGET="1 videos per month", OPERATOR_CHANNEL_ID=office.id)
    await server.video("within")
    assert "the operator's limit" in await server.sora("beyond")
    await studio.discord.wait_message(lambda message: "OPERATOR_BUDGET" in message.text, channel=office)
    await studio.bot.stop()
    await studio.bot.start()
    assert "the operator's limit" in await server.sora("beyond", studio.person("Ben"))
    assert studio.held() == 0
    await studio.bot.stop()
    assert len([message for message in studio.discord.messages(office) if "OPERATOR_BUDGET" in message.text]) == 1
