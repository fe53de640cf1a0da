"""Remove and Block on a line of the log channel, at every moment of a video's life, and reports that close by themselves."""

import asyncio

import pytest
from aiohttp import web

from tests.cogs.moderation.conftest import Server, private, report
from tests.process.conftest import Studio, said
from tests.standins.discord import Permission
from tests.standins.uniall import Script, say

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = {"MAX_IN_FLIGHT": "1"}


def held_back(studio: Studio, prompt: str) -> asyncio.Event:
    """Keep the job of this prompt running until the event."""
    go = asyncio.Event()

    async def running(request: web.Request) -> web.StreamResponse | None:
        return None if go.is_set() else await say(status="in_progress", progress=7)(request)

    studio.uniall.scripts[prompt] = Script(always_poll=running)
    return go


async def test_a_started_video_that_is_removed_is_never_posted_and_a_waiting_one_is_given_back(server: Server) -> None:
    studio, log = server.studio, await server.log_channel()
    ben, other = studio.person("Ben"), studio.discord.person("Other", permissions=Permission.MANAGE_GUILD)
    go = held_back(studio, "rude @everyone")
    card = await server.mia.slash("sora", prompt="rude @everyone", duration=8).message()
    line = await server.logged(log, "started a video")
    for part in (f"<@{server.mia.id}>", r"rude \@everyone", "Sora 2 · Landscape · 8 s · $0.544", f"/{card.id})"):
        assert part in line.text
    assert (line.labels, line.pinged) == (["Remove", "Block member"], set())
    waiting = await server.mia.slash("sora", prompt="also rude").message()
    [running_job, waiting_job] = studio.database.generations()
    assert waiting_job.prompt == "also rude"
    for label in line.labels:
        assert "manage this server" in private(await ben.press(line, label).answer())
    # A job that waits for its turn.
    await server.mod.slash("config threads", mode="always").answer()
    another = await studio.discord.wait_message(lambda message: message is not line, channel=log)
    await server.mod.forge(another, f"remove:{waiting_job.id}").message()
    assert "your quota is back" in await studio.wait_card(waiting, "Removed by a moderator")
    assert studio.held() == 1
    # One that runs: two moderators at once, and a kill before it is done.
    both = [person.press(line, "Remove") for person in (server.mod, other)]
    await asyncio.gather(*(press.answer() for press in both))
    await studio.discord.wait_for(lambda: "it is not posted" in line.text, what="the outcome")
    assert line.labels == ["Block member"]
    assert "it is not posted" in await studio.wait_card(card, "Removed by a moderator")
    await studio.bot.kill()
    await studio.bot.start()
    go.set()
    await studio.settled(server.mia, 1)
    await studio.wait_card(card, "it was not posted")
    await studio.discord.wait_for(studio.database.at_rest, what="rest")
    assert studio.results() == []
    [post] = studio.database.deliveries()
    assert post.state == "undeliverable"
    assert [(change.actor_id in (server.mod.id, other.id), change.subject_id) for change in studio.database.audit()][
        -2:
    ] == [(True, server.mia.id)] * 2
    assert len(studio.database.audit("result_removed")) == 2
    assert not list((studio.bot.media).glob(f"*{running_job.id}*.mp4"))
    await server.mod.press(line, "Block member").answer()
    assert f"<@{server.mod.id}> blocked <@{server.mia.id}>" in line.text
    assert line.labels == []
    assert "blocked you" in await server.sora()


async def test_a_video_that_is_removed_while_its_post_is_under_way_is_deleted(server: Server) -> None:
    studio, log = server.studio, await server.log_channel()
    here = rf"/channels/{studio.discord.channel.id}/messages"
    lost = studio.discord.fail_next("POST", here, "hang", after_processing=True)
    card = await server.mia.slash("sora", prompt="rude").message()
    line = await server.logged(log, "started a video")
    [video] = await studio.wait_results(1)
    assert lost.times == 0
    await server.mod.press(line, "Remove").message()
    await studio.discord.wait_for(lambda: "it is not posted" in line.text, what="the outcome")
    await studio.bot.kill()
    await studio.bot.start()
    await studio.discord.wait_for(lambda: video.deleted, what="the video gone")
    await studio.wait_card(card, "removed from this channel")
    assert (studio.used(), studio.held()) == (1, 0)


async def test_a_removed_video_that_fails_is_given_back_and_its_prompt_is_not_posted_again(server: Server) -> None:
    studio, log = server.studio, await server.log_channel()
    go = held_back(studio, "rude")
    card = await server.mia.slash("sora", prompt="rude").message()
    await studio.submitted("rude")
    line = await server.logged(log, "> rude")
    await server.mod.press(line, "Remove").message()
    await studio.discord.wait_for(lambda: "it is not posted" in line.text, what="the removal, before the failure")
    studio.uniall.job("rude").state = "failed"
    go.set()
    assert "your quota is back" in await studio.wait_card(card, "it failed as well")
    assert "Removed by a moderator" in said(card)
    assert card.labels == []
    await studio.settled(server.mia, 0)
    await studio.discord.wait_for(studio.database.at_rest, what="rest")
    assert [message for message in studio.discord.messages() if "rude" in said(message)] == [card]


async def test_a_kept_part_that_is_removed_takes_its_joined_video_along(server: Server) -> None:
    studio, log, here = server.studio, await server.log_channel(), server.studio.discord.channel
    first = await server.video("first")
    go = held_back(studio, "rude")
    form = server.mia.press(first, "Continue")
    await form.first_answer()
    card = await server.mia.submit_modal(form, {"prompt": "rude"}).message()
    await studio.submitted("rude")
    studio.discord.revoke(here, Permission.SEND_MESSAGES)
    go.set()
    await studio.wait_card(card, "It is kept")
    studio.discord.revoke(here)
    [part] = studio.database.generations("rude")
    await server.mia.forge(first, f"join:{part.id}").first_answer()
    joined = (await studio.wait_results(2))[-1]
    await studio.discord.wait_for(studio.database.at_rest, what="rest")
    line = await server.logged(log, "> rude")
    await server.mod.press(line, "Remove").message()
    await studio.discord.wait_for(lambda: joined.deleted, what="the joined video gone")
    await studio.discord.wait_for(lambda: "it is not posted" in line.text, what="the outcome")
    assert studio.results() == [first]


async def test_reports_of_one_video_are_counted_on_one_message_that_closes_with_it(server: Server) -> None:
    studio, log = server.studio, await server.log_channel()
    ben, cem, dan = (studio.person(name) for name in ("Ben", "Cem", "Dan"))
    video = await server.video("a rude fox")
    assert "have been told" in await report(ben, video, "illegal")
    told = await server.logged(log, "reported")
    opened = cem.press(video, "Report")  # the form is open during a restart
    await opened.answer()
    await studio.bot.kill()
    await studio.bot.start()
    answer = await cem.submit_modal(opened, {"reason": "sexual", "words": "look **closely** @everyone"}).answer()
    assert "have been told" in private(answer)
    assert "2 reports of [a video]" in told.text
    for part in (f"<@{ben.id}> · **Illegal or dangerous**", f"<@{cem.id}> · **Sexual content**", r"look \*\*closely"):
        assert part in told.text
    assert told.pinged == set()
    wrong = dan.forge_modal(video, f"report-form:{studio.database.generations()[0].id}:1:1", {"reason": "'; DROP"})
    assert "form" in private(await wrong.answer())
    assert len([message for message in studio.discord.messages(log) if "🚩" in message.text]) == 1
    studio.discord.world.delete(video)
    await studio.discord.wait_for(lambda: "The video is gone" in told.text, what="the report closed")
    assert told.labels == []
    assert "none open" in (await server.mod.slash("config show").answer()).text


async def test_a_log_channel_is_offered_once_after_a_command_and_once_after_a_report(server: Server) -> None:
    studio, ben = server.studio, server.studio.person("Ben")
    asked = server.mod.slash("quota list")
    await asked.answer()
    assert "No log channel yet" in said(await asked.followup())
    again = server.mod.slash("quota list")
    await again.answer()
    video = await server.video("a rude fox")
    assert "kept for the moderators" in await report(ben, video, "other", "see for yourself")
    after = server.mod.slash("config timezone")
    await after.answer()
    offer = await after.followup()
    assert "One report waits" in said(offer)
    assert (again.followups, offer.viewer_id) == ([], server.mod.id)
    channel = studio.discord.world.add_channel(studio.discord.guild, "mod-log")
    chosen = server.mod.select(offer, "config:log-offer", [channel.id])
    assert f"<#{channel.id}>" in (await chosen.answer()).text
    assert "see for yourself" in (await server.logged(channel, "reported")).text
