"""A pause and a block keep members out with their reason and end, whatever the gesture, and Undo takes them back."""

import pytest

from tests.cogs.moderation.conftest import Server
from tests.process.conftest import buttons, said

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_nothing_new_is_accepted_during_a_pause_by_any_gesture_and_what_runs_is_finished(server: Server) -> None:
    studio, mia = server.studio, server.mia
    video = await server.video("first")
    running = await mia.slash("sora", prompt="runs").message()
    paused = await server.config("pause", reason="moving *house* @everyone", minutes=30)
    assert "### Paused" in paused
    assert "They read why: moving" in paused
    before = len(studio.database.generations())
    refusals = [
        await server.sora("new"),
        (await mia.slash("video", prompt="new").answer()).text,
        (await mia.press(video, "Again").answer()).text,
        (await server.mod.press(video, "Again").answer()).text,
    ]
    form = mia.press(video, "Remix")
    await form.first_answer()
    refusals.append((await mia.submit_modal(form, {}).answer()).text)
    for refused in refusals:
        assert "have paused new videos in this server until <t:" in refused, refused
        assert r"“moving \*house\* \@everyone”" in refused
    reply = mia.reply(video, "at night")
    hint = await studio.discord.wait_message(lambda message: message.reply_to_id == reply.id)
    assert "paused new videos" in said(hint)
    assert len(studio.database.generations()) == before
    await studio.wait_card(running, "Done")
    shown = await server.config("show")
    assert "**New videos** · ⏸️ paused until <t:" in shown
    assert r"(moving \*house\* \@everyone)" in shown
    assert "### Paused" in await server.config("pause")  # replaces it
    await studio.bot.kill()
    await studio.start()
    mia.locale = "zh-CN"
    assert "本服务器的管理员已暂停新视频（直到管理员解除）。" in await server.sora("new")
    mia.locale = "en-US"
    card = await server.mod.slash("config resume").message()
    assert "Resumed" in said(card)
    assert "not paused" in await server.config("resume")
    assert "> back" in await server.sora("back")
    assert "manage this server" in (await mia.at(card.channel).press(card, "Undo").answer()).text
    await server.mod.press(card, "Undo").message()
    assert "accepted → paused until a moderator ends it" in said(card)
    assert "have paused" in await server.sora("new")
    done = [change.reason for change in studio.database.audit("paused")]
    assert done == ["moving *house* @everyone", ""]


async def test_a_block_with_hours_says_until_when_and_why_and_a_new_one_replaces_it(server: Server) -> None:
    card = await server.mod.slash("config block", member=server.mia, reason="spam", hours=2).message()
    assert "makes no more videos here until <t:" in said(card)
    refused = await server.sora()
    assert "blocked you from making videos here until <t:" in refused
    assert refused.endswith(": “spam”.")
    assert f"<@{server.mia.id}> until <t:" in await server.config("show")
    again = await server.mod.slash("config block", member=server.mia).message()
    assert "until a moderator ends it: “spam”." in await server.sora()
    assert "already" in await server.config("block", member=server.mia)
    log = (await server.mod.slash("quota log").answer()).text
    assert "until a moderator ends it" in log
    assert "changed the same since" in (await server.mod.press(card, "Undo").answer()).text
    await server.mod.press(again, "Undo").message()
    await server.mod.press(card, "Undo").message()
    assert "> back" in await server.sora("back")
    assert buttons(card) == []
    for hours in (0, 8761):
        assert "Choose 1 to 8,760 hours" in await server.config("block", member=server.mia, hours=hours)
    assert "Choose 1 to 43,200 minutes" in await server.config("pause", minutes=43_201)
    assert "**Blocked members** · none" in await server.config("show")


async def test_every_setting_is_undone_from_its_answer_and_a_menu_s_choice_from_the_card(server: Server) -> None:
    commands: list[tuple[str, dict[str, object], str]] = [
        ("channels", {"allow": server.studio.discord.channel}, "→ everywhere"),
        ("models", {"allow": "Sora 2"}, "Sora 2 → all"),
        ("limits", {"longest": 8}, "→ at once: no limit · waiting: no limit · longest: no limit · dearest: no limit"),
        ("filter", {"add": "gore"}, "||gore|| → none"),
        ("threads", {"mode": "always"}, "always → on request"),
        ("timezone", {"name": "Asia/Tokyo"}, "Asia/Tokyo → UTC"),
        ("results", {"spoiler": True}, "covered until clicked → shown openly"),
    ]
    plain = await server.config("show")
    for command, options, undone in commands:
        card = await server.mod.slash(f"config {command}", **options).message()
        assert buttons(card) == ["Undo"], command
        await server.mod.press(card, "Undo").message()
        assert undone in said(card), command
    assert await server.config("show") == plain
    card = await server.mod.slash("config show").message()
    assert buttons(card) == []
    await server.mod.select(card, "config:threads", ["never"]).answer()
    assert "Threads** · never" in said(card)
    await server.mod.press(card, "Undo the last change").answer()
    assert "Threads** · on request" in said(card)
    assert buttons(card) == []
