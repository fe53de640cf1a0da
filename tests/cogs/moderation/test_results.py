"""Delete and Report below a posted video, and what moderators do about a report."""

import pytest

from tests.cogs.moderation.conftest import Server, menus, private, report
from tests.process.conftest import said
from tests.standins.discord import Message, Permission, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def press(person: Person, message: Message, label: str) -> str:
    """What only the presser reads."""
    return private(await person.press(message, label).answer())


async def delete(server: Server, person: Person, message: Message, outcome: str = "The video is gone") -> None:
    """Press Delete, and confirm."""
    asked = await person.press(message, "Delete").message()
    assert "not given back" in said(asked)
    assert not message.deleted
    await person.press(asked, "Delete for everyone").message()
    await server.studio.discord.wait_for(lambda: outcome in said(asked), what="the confirmation")


async def test_the_author_deletes_a_video_after_a_restart_and_quota_stays_used(server: Server) -> None:
    video = await server.video()
    card = video.reply_to
    assert card is not None
    [job] = server.studio.database.generations()
    file = job.video_file
    assert file is not None
    assert (server.studio.bot.media / file).exists()
    await server.studio.bot.stop()
    await server.studio.bot.start()
    await delete(server, server.mia, video)
    assert video.deleted
    assert "removed" in await server.studio.wait_card(card, "removed")
    assert (server.studio.used(), server.studio.held()) == (1, 0)
    assert not (server.studio.bot.media / file).exists()


async def test_others_cannot_delete_a_video_but_moderators_can_while_they_are_moderators(server: Server) -> None:
    studio = server.studio
    first, second = await server.video("one"), await server.video("two")
    assert "moderators can delete" in await press(studio.person("Ben"), first, "Delete")
    helper = studio.discord.person("Helper", permissions=Permission.MANAGE_MESSAGES)
    await delete(server, helper, first)
    await delete(server, server.mod, second)
    assert first.deleted
    assert second.deleted
    logged = studio.database.audit("result_removed")
    assert [(change.actor_id, change.subject_id) for change in logged] == [
        (helper.id, server.mia.id),
        (server.mod.id, server.mia.id),
    ]
    # Whoever confirms must still have the right.
    video = await server.video("three")
    asked = await server.mod.press(video, "Delete").message()
    member = server.mod.member
    assert member is not None
    member.role_ids.clear()
    await server.mod.press(asked, "Delete for everyone").message()
    await server.studio.discord.wait_for(lambda: "moderators can delete" in said(asked), what="a refusal")
    assert not video.deleted


async def test_a_report_reaches_the_log_channel_where_moderators_remove_and_block(server: Server) -> None:
    log, ben = await server.log_channel(), server.studio.person("Ben")
    video = await server.video("a rude fox")
    assert "moderators have been told" in await report(ben, video, "hateful", "he **mocks** @everyone")
    assert "already" in await press(ben, video, "Report")
    told = await server.logged(log, "reported")
    for part in (f"<@{ben.id}>", f"<@{server.mia.id}>", f"<#{video.channel.id}>", video.id, "a rude fox"):
        assert part in told.text
    assert told.pinged == set()
    assert told.labels == ["Remove", "Block member", "Dismiss"]
    for label in ("Remove", "Block member", "Dismiss"):
        assert "manage this server" in await press(ben, told, label)
    await server.studio.bot.stop()
    await server.studio.bot.start()
    await server.mod.press(told, "Block member").answer()
    assert f"<@{server.mod.id}> blocked <@{server.mia.id}>" in told.text
    assert "blocked you" in await server.sora()
    assert not video.deleted
    await server.mod.press(told, "Remove").message()
    await server.studio.discord.wait_for(lambda: "removed the video" in told.text, what="the outcome")
    assert video.deleted
    assert told.labels == []
    assert "a rude fox" in told.text
    assert "none open" in (await server.mod.slash("config show").answer()).text


async def test_without_a_log_channel_a_report_is_kept_and_shown_to_moderators(server: Server) -> None:
    ben, video = server.studio.person("Ben"), await server.video("a rude fox")
    assert "kept for the moderators" in await report(ben, video)
    shown = server.mod.slash("config show")
    answer = await shown.answer()
    assert "**Reports** · 1 open" in answer.text
    assert video.id in answer.text
    menu = menus(answer)["config:report"]
    opened = server.mod.select(await shown.message(), "config:report", [menu["options"][0]["value"]])
    shown_report = await opened.message()
    assert "a rude fox" in said(shown_report)
    await server.mod.press(shown_report, "Dismiss").answer()
    assert "the video stays" in said(shown_report)
    assert "none open" in (await server.mod.slash("config show").answer()).text
    assert not video.deleted


async def test_a_report_closes_by_itself_once_its_author_has_deleted_the_video(server: Server) -> None:
    log, ben = await server.log_channel(), server.studio.person("Ben")
    video = await server.video()
    await report(ben, video)
    told = await server.logged(log, "reported")
    await delete(server, server.mia, video)
    await server.studio.discord.wait_for(lambda: "Its author deleted" in told.text, what="the outcome")
    assert told.labels == []
    assert "none open" in (await server.mod.slash("config show").answer()).text
    # One that Discord does not delete stays, and says so.
    video = await server.video("refused at first")
    server.studio.discord.fail_next("DELETE", rf"/messages/{video.id}", 403, code=50013)
    await delete(server, server.mia, video, "does not let me")
    assert not video.deleted
    await delete(server, server.mia, video)
    assert video.deleted


@pytest.mark.parametrize("trouble", ["gone", "hanging"])
async def test_a_reporter_is_told_the_truth_when_the_log_channel_did_not_take_it(server: Server, trouble: str) -> None:
    log, ben, video = await server.log_channel(), server.studio.person("Ben"), await server.video("a rude fox")
    await server.logged(log, "started a video")
    where = rf"/channels/{log.id}/messages"
    if trouble == "gone":
        server.studio.discord.fail_next("POST", where, 404, code=10003)
    else:
        server.studio.discord.fail_next("POST", where, "hang")
    assert "kept for the moderators" in await report(ben, video)
    assert "**Reports** · 1 open" in (await server.mod.slash("config show").answer()).text
    assert "have been told" in await report(server.mia, video)
