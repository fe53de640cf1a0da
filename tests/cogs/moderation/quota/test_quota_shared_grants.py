"""Grants to a role, with an end, and announced, black-box."""

import pytest

from tests.cogs.moderation.quota.conftest import Desk
from tests.process.conftest import buttons, said
from tests.standins.discord import Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = {"DEFAULT_QUOTA": "1 videos per day"}


async def test_everyone_with_a_role_may_spend_a_share_until_it_ends_and_undo_ends_it_at_once(desk: Desk) -> None:
    discord = desk.studio.discord
    role = discord.world.add_role(discord.guild, "artists")
    before = len(discord.messages())
    card = await desk.card(
        desk.ann, "quota grant", amount=2, unit="videos", role=role, days=3, announce=True, reason="secret"
    )
    assert f"Everyone with <@&{role.id}> gets 2 videos more." in said(card)
    assert "What is left of these 2 videos ends <t:" in said(card)
    line = await discord.wait_message(lambda message: "🎁" in message.content)
    assert line.pinged == {role.id}
    assert f"<@&{role.id}>: everyone with this role gets 2 videos of extra quota here, until <t:" in line.content
    assert "secret" not in line.content
    assert len(discord.messages()) == before + 1
    assert await desk.film(desk.mia)
    assert not await desk.film(desk.mia)
    discord.guild.members[desk.mia.id].role_ids.append(role.id)
    usage = await desk.ask(desk.mia, "usage")
    assert f"of it 2 videos by <@&{role.id}>, until <t:" in usage
    assert await desk.film(desk.mia)
    assert f"of it 1 video by <@&{role.id}>, until <t:" in await desk.quota("show", member=desk.mia.user)
    assert f"<@&{role.id}>: 2 videos each, until <t:" in await desk.quota("list")
    log = await desk.quota("log")
    assert f"changed extra quota: <@&{role.id}>\n→ 2 videos for each holder until <t:" in log
    await desk.studio.bot.kill()
    await desk.studio.start()
    assert list(await desk.rules("artists")) == ["@artists: 2 videos extra each"]
    await desk.ann.press(card, "Undo").message()
    assert "nothing more is spent of it. Spent already, and staying so: 1 video." in said(card)
    assert "2 videos each" not in await desk.quota("list")
    assert not await desk.film(desk.mia)


async def test_what_a_member_was_granted_with_an_end_is_taken_back_by_undo_as_far_as_it_is_unspent(desk: Desk) -> None:
    discord = desk.studio.discord
    card = await desk.card(
        desk.ann, "quota grant", amount=3, unit="videos", member=desk.mia.user, days=1, announce=True
    )
    assert "0 videos → **3 videos** extra" in said(card)
    line = await discord.wait_message(lambda message: "🎁" in message.content)
    assert line.pinged == {desk.mia.id}
    assert await desk.film(desk.mia)
    assert await desk.film(desk.mia)
    await desk.ann.press(card, "Undo").message()
    assert "Spent already, and staying so: 1 video. Taken back: 2 videos." in said(card)
    assert "Extra" not in await desk.quota("show", member=desk.mia.user)
    taken = await desk.card(desk.ann, "quota grant", amount=4, unit="videos", member=desk.mia.user)
    assert buttons(taken) == ["Undo"]


async def test_what_was_granted_and_taken_back_is_undone_from_the_last_so_that_nothing_is_given_twice(
    desk: Desk,
) -> None:
    granted = await desk.card(desk.ann, "quota grant", amount=5, unit="videos", member=desk.mia.user)
    taken = await desk.card(desk.ann, "quota grant", amount=-3, unit="videos", member=desk.mia.user)
    assert "changed the same since" in (await desk.ann.press(granted, "Undo").answer()).text
    await desk.ann.press(taken, "Undo").message()
    assert "2 videos → 5 videos" in said(taken)
    await desk.ann.press(granted, "Undo").message()
    assert "5 videos → 0 videos" in said(granted)
    assert "Extra" not in await desk.quota("show", member=desk.mia.user)


async def test_a_grant_that_cannot_be_given_or_announced_is_refused_before_anything_is_changed(desk: Desk) -> None:
    discord = desk.studio.discord
    role = discord.world.add_role(discord.guild, "fans")
    video: dict[str, object] = {"amount": 1, "unit": "videos"}
    assert "Choose a member or a role" in await desk.quota("grant", **video)
    assert "Choose a member or a role" in await desk.quota("grant", **video, member=desk.mia.user, role=role)
    for more in ({"role": role}, {"member": desk.mia.user, "days": 3}, {"member": desk.mia.user, "announce": True}):
        assert "Taking back works for one member" in await desk.quota("grant", amount=-1, unit="videos", **more)
    closed = discord.world.add_channel(discord.guild, "closed")
    discord.revoke(closed, Permission.SEND_MESSAGES)
    there = desk.ann.at(closed)
    assert "Send Messages" in await desk.ask(there, "quota grant", **video, role=role, announce=True)
    assert desk.studio.database.changes() == 0
    everyone = await desk.card(
        desk.ann, "quota grant", **video, role=discord.guild.roles[discord.guild.id], announce=True
    )
    assert "Everyone here gets 1 video more." in said(everyone)
    line = await discord.wait_message(lambda message: "🎁" in message.content)
    assert (line.pinged, "Everyone gets 1 video of extra quota here." in line.content) == (set(), True)
    assert await desk.film(desk.mia)
    assert await desk.film(desk.mia)
    assert not await desk.film(desk.mia)
    [offered] = (await desk.rules("everyone: 1 video extra each")).values()
    assert "Nothing more is spent of 1 video for everyone." in await desk.quota("remove", rule=offered)
    assert "no such rule" in await desk.quota("remove", rule=offered)
    zoe = desk.studio.person("Zoe")
    assert await desk.film(zoe)
    assert not await desk.film(zoe)
