"""Grants, resets and the log, black-box."""

import pytest

from tests.cogs.moderation.quota.conftest import DEFAULT, Desk
from tests.process.conftest import buttons, said

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = {"DEFAULT_QUOTA": DEFAULT}


async def test_a_grant_says_before_and_after_and_takes_back_never_below_zero(desk: Desk) -> None:
    mia = desk.mia.user
    given = await desk.quota("grant", member=mia, amount=2.5, unit="usd", reason="contest")
    assert f"<@{desk.mia.id}> gets $2.50 more: $0.00 → **$2.50** extra." in given
    assert "Why: contest" in given
    taken = await desk.quota("grant", member=mia, amount=-9, unit="usd")
    assert f"$2.50 taken back from <@{desk.mia.id}>: $2.50 → **$0.00** extra." in taken
    changes = desk.studio.database.changes()
    none = await desk.quota("grant", member=mia, amount=-1, unit="usd")
    assert "There is nothing to take back" in none
    assert desk.studio.database.changes() == changes
    assert "nothing to give or take" in await desk.quota("grant", member=mia, amount=0, unit="videos")
    assert "whole numbers" in await desk.quota("grant", member=mia, amount=0.5, unit="videos")


async def test_a_grant_is_spent_after_the_quota_and_can_be_spent_to_the_last(desk: Desk) -> None:
    await desk.quota("set", limit=1, unit="videos", per="day", member=desk.mia.user)
    await desk.quota("grant", member=desk.mia.user, amount=1, unit="videos")
    assert await desk.film(desk.mia)
    assert "**Extra** · 1 video" in await desk.quota("show", member=desk.mia.user)
    assert await desk.film(desk.mia)
    assert "Extra" not in await desk.quota("show", member=desk.mia.user)
    assert not await desk.film(desk.mia)


async def test_a_reset_asks_first_and_only_a_moderator_may_confirm(desk: Desk) -> None:
    await desk.quota("set", limit=1, unit="videos", per="day", member=desk.mia.user)
    assert await desk.film(desk.mia)
    assert not await desk.film(desk.mia)
    reason = "it was our test: " + "é" * 400
    card = await desk.card(desk.ann, "quota reset", member=desk.mia.user, reason=reason)
    assert buttons(card) == ["Reset", "Keep"]
    assert "Used now: 1 video of 1 video per day" in said(card)
    refused = await desk.mia.press(card, "Reset").answer()
    assert refused.ephemeral
    assert "may manage this server" in refused.text
    assert not await desk.film(desk.mia)
    await desk.studio.bot.kill()
    await desk.studio.start()
    await desk.ann.press(card, "Reset").message()
    assert f"For <@{desk.mia.id}>: 1 video of 1 video per day" in said(card)
    assert buttons(card) == []
    assert await desk.film(desk.mia)
    assert "answered already" in (await desk.ann.press(card, "Reset", stale=True).answer()).text
    assert [change.reason for change in desk.studio.database.audit("reset")] == [reason]


async def test_a_draft_of_another_server_is_none(desk: Desk) -> None:
    card = await desk.card(desk.ann, "quota reset", member=desk.mia.user)
    discord = desk.studio.discord
    elsewhere = discord.world.add_channel(discord.world.add_guild("Elsewhere"), "general")
    boss = discord.person("Boss", channel=elsewhere)
    assert elsewhere.guild
    elsewhere.guild.owner_id = boss.id
    card.channel = elsewhere
    assert "answered already" in (await boss.press(card, "Reset").answer()).text
    assert desk.studio.database.changes() == 0


async def test_the_log_says_who_when_what_from_to_and_why(desk: Desk) -> None:
    assert "Nothing has been changed yet." in await desk.quota("log")
    role = desk.studio.discord.world.add_role(desk.studio.discord.guild, "artists")
    await desk.quota("set", limit=5, unit="videos", per="day", role=role, reason="@everyone *why*")
    await desk.quota("set", limit=2.5, unit="usd", per="week", role=role)
    await desk.quota("set", limit=7, unit="videos", per="day", role=role)
    await desk.quota("set", limit=1, unit="videos", per="hour")
    await desk.quota("grant", member=desk.mia.user, amount=3, unit="videos")
    lines = (await desk.quota("log")).splitlines()
    assert lines[0] == "### Who changed what"
    entries = [line.split(" · ", 1)[1] if " · " in line else line for line in lines[1:]]
    assert all(line.startswith("<t:") for line in lines[1::2][:4])
    assert entries == [
        f"<@{desk.ann.id}> changed extra quota: <@{desk.mia.id}>",
        "0 videos → 3 videos",
        f"<@{desk.ann.id}> set a limit",
        "→ 1 video per hour for everyone",
        f"<@{desk.ann.id}> set a limit: <@&{role.id}>",
        "5 videos per day → 7 videos per day",
        f"<@{desk.ann.id}> set a limit: <@&{role.id}>",
        "→ $2.50 per week",
        f"<@{desk.ann.id}> set a limit: <@&{role.id}>",
        "→ 5 videos per day",
        "-# Why: \\@everyone \\*why\\*",
    ]
    of_mia = await desk.quota("log", member=desk.mia.user)
    assert of_mia.count("<t:") == 1
    assert "0 videos → 3 videos" in of_mia


async def test_the_log_turns_its_pages_for_moderators_only(desk: Desk) -> None:
    for number in range(1, 24):
        await desk.quota("grant", member=desk.mia.user, amount=number, unit="seconds", reason="w" * 500)
    card = await desk.card(desk.ann, "quota log", member=desk.mia.user)
    await desk.studio.bot.stop()
    await desk.studio.start()
    assert "may manage this server" in (await desk.mia.press(card, "Older").answer()).text
    seen: list[str] = []
    while True:
        text = said(card)
        assert len(text) <= 4000
        seen += [line for line in text.splitlines() if " s → " in line]
        try:
            await desk.ann.press(card, "Older").message()
        except LookupError:
            break
    totals = [number * (number + 1) // 2 for number in range(24)]
    assert seen == [f"{totals[number - 1]} s → {totals[number]} s" for number in range(23, 0, -1)]
    await desk.ann.press(card, "Newest").message()
    assert f"{totals[22]} s → {totals[23]} s" in said(card)


async def test_the_log_channel_hears_of_changes_and_without_it_commands_work(desk: Desk) -> None:
    discord = desk.studio.discord
    channel = discord.world.add_channel(discord.guild, "moderators")
    await desk.ask(desk.ann, "config log-channel", channel=channel)
    await desk.quota("set", limit=7, unit="videos", per="day", member=desk.mia.user, reason="new here")
    told = await discord.wait_message(lambda message: "7 videos per day" in said(message), channel=channel)
    assert not told.pinged
    assert desk.ann.id in said(told)
    assert "new here" in said(told)
    discord.world.delete_channel(channel)
    assert "**8 videos per day**" in await desk.quota("set", limit=8, unit="videos", per="day", member=desk.mia.user)


async def test_what_a_running_video_holds_of_extra_quota_is_shown(desk: Desk) -> None:
    desk.studio.uniall.seconds = 600
    await desk.quota("set", limit=4, unit="seconds", per="day", member=desk.mia.user)
    await desk.quota("grant", member=desk.mia.user, amount=10, unit="seconds")
    await desk.mia.slash("sora", prompt="a cat", duration=12).answer()
    for shown in (await desk.ask(desk.mia, "usage"), await desk.quota("show", member=desk.mia.user)):
        limits, _, extra = shown.partition("**Extra** · 2 s, used once the quota above is used up\n")
        assert "**4 s per day**" in limits
        assert extra.startswith("-# 8 s of the extra held by running jobs")


async def test_a_bot_is_given_nothing(desk: Desk) -> None:
    robot = desk.studio.discord.world.bot
    for amount in (1, -1):
        assert "Bots make no videos" in await desk.quota("grant", member=robot, amount=amount, unit="videos")
    assert desk.studio.database.changes() == 0
