"""Discord's rules for messages, threads, files and permissions, at the stand-in, through discord.py."""

import io
from collections.abc import Awaitable
from typing import Any

import discord as discord_py
import pytest
from discord.http import Route

from tests.standins.discord import DiscordStandIn, Permission
from tests.standins.sample_bot import Card, SampleBot

Place = discord_py.PartialMessageable


def clip(size: int = 10, name: str = "clip.mp4") -> discord_py.File:
    """A file to post."""
    return discord_py.File(io.BytesIO(b"v" * size), name)


async def refused(call: Awaitable[object]) -> tuple[int, int]:
    """Status and code of the refusal that this call meets."""
    with pytest.raises(discord_py.HTTPException) as failed:
        await call
    return failed.value.status, failed.value.code


async def test_the_same_nonce_posts_once_also_with_a_file(discord: DiscordStandIn, general: Place):
    first = await general.send("done", file=clip(), nonce="delivery-1")
    second = await general.send("done", file=clip(), nonce="delivery-1")
    assert first.id == second.id
    [posted] = discord.messages()
    assert (posted.text, posted.nonce, posted.attachments[0].size) == ("done", "delivery-1", 10)
    [one, two] = discord.requests("POST", r"/messages$")
    assert [(file.filename, file.size) for file in (*one.files, *two.files)] == [("clip.mp4", 10)] * 2
    await first.delete()
    assert await refused(general.send("done", nonce="delivery-1")) == (404, 10008)
    discord.rules.nonce_window = 0.0
    assert (await general.send("done", nonce="delivery-1")).id != first.id
    assert await refused(general.send("done", nonce="n" * 26)) == (400, 50035)


async def test_a_message_has_one_thread(discord: DiscordStandIn, bot: SampleBot, general: Place):
    message = await general.send("start")
    thread = await message.create_thread(name="ideas")
    assert thread.id == message.id
    assert await refused(message.create_thread(name="more")) == (400, 160004)
    await thread.send("inside")
    place = discord.world.channels[str(thread.id)]
    assert [inside.text for inside in discord.messages(place)] == ["inside"]
    answer = await discord.person("ada").at(place).slash("draw", prompt="in here").answer()
    assert isinstance(bot.interactions[-1].channel, discord_py.Thread)
    assert answer.text == "**in here** None"
    discord.world.archive(place)
    inside = discord.messages(place)[0]
    assert await refused(thread.get_partial_message(int(inside.id)).edit(content="late")) == (400, 50083)
    await thread.send("wakes it")
    assert place.thread
    assert not place.thread.archived
    discord.world.archive(place, archived=True, locked=True)
    assert await refused(thread.send("locked")) == (400, 160005)


async def test_a_reply_carries_its_text_only_with_ping_to_a_regular_message(
    discord: DiscordStandIn, bot: SampleBot, general: Place
):
    ada = discord.person("ada")
    posted = await general.send("result")
    result = discord.messages()[0]
    card = await ada.slash("draw", prompt="a fox").message()
    ada.reply(result, "slower")
    ada.reply(result, "quietly", ping=False)
    ada.reply(card, "to the card")
    ada.reply(card, "quietly to the card", ping=False)
    ada.reply(card, f"{discord.world.bot.mention} loudly")
    ada.say("to nobody")
    ada.say(f"hey {discord.world.bot.mention}")
    await discord.wait_for(lambda: len(bot.seen) == 7)
    loud, hey = f"{discord.world.bot.mention} loudly", f"hey {discord.world.bot.mention}"
    assert [seen.content for seen in bot.seen] == ["slower", "", "", "", loud, "", hey]
    assert [bot.user in seen.mentions for seen in bot.seen] == [True, False, True, False, True, False, True]
    reference = bot.seen[0].reference
    assert reference
    assert reference.message_id == posted.id
    assert isinstance(reference.resolved, discord_py.Message)
    assert reference.resolved.content == "result"


async def test_permissions_taken_away_are_missed(discord: DiscordStandIn, general: Place):
    discord.revoke(discord.channel, Permission.ATTACH_FILES)
    assert await refused(general.send(file=clip())) == (403, 50013)
    await general.send("words still pass")
    discord.revoke(discord.channel, Permission.SEND_MESSAGES)
    assert await refused(general.send("no")) == (403, 50013)
    discord.revoke(discord.channel, Permission.READ_MESSAGE_HISTORY)
    assert [message async for message in general.history()] == []
    reply = general.send("no", reference=general.get_partial_message(int(discord.messages()[0].id)))
    assert await refused(reply) == (400, 160002)
    discord.revoke(discord.channel, Permission.VIEW_CHANNEL)
    assert await refused(general.send("no")) == (403, 50001)
    discord.revoke(discord.channel)
    await general.send("again")


async def test_a_channel_that_the_bot_cannot_view_arrives_hidden(discord: DiscordStandIn, bot: SampleBot):
    discord.revoke(discord.channel, Permission.VIEW_CHANNEL)
    name = lambda: str(bot.get_channel(int(discord.channel.id)))  # noqa: E731
    await discord.wait_for(lambda: name() == "___hidden___")


async def test_what_is_gone_is_unknown(discord: DiscordStandIn, general: Place):
    posted = await general.send("here")
    discord.world.delete(discord.messages()[0])
    assert await refused(posted.edit(content="?")) == (404, 10008)
    discord.world.delete_channel(discord.channel)
    assert await refused(general.send("?")) == (404, 10003)


async def test_a_bot_that_is_thrown_out_has_no_access(discord: DiscordStandIn, bot: SampleBot, general: Place):
    discord.world.remove_bot(discord.guild)
    assert await refused(general.send("?")) == (403, 50001)
    assert await refused(bot.fetch_guild(int(discord.guild.id))) == (404, 10004)
    await discord.wait_for(lambda: not bot.guilds)
    other = discord.world.add_guild("Elsewhere", premium_tier=3)
    await discord.wait_for(lambda: [str(guild) for guild in bot.guilds] == ["Elsewhere"])
    place = discord.world.add_channel(other, "general")
    await discord.person("eve", channel=place).slash("draw", prompt="here").message()
    assert bot.interactions[-1].filesize_limit == 100 << 20


async def test_too_large_files_are_refused_by_the_boosts_of_the_server_or_on_order(
    discord: DiscordStandIn, general: Place
):
    assert await refused(general.send(file=clip((20 << 20) + 1))) == (413, 40005)
    discord.guild.premium_tier = 2
    await general.send(file=clip((20 << 20) + 1))
    discord.rules.upload_limit = 100
    assert await refused(general.send(file=clip(101))) == (413, 40005)
    await general.send(file=clip(100))


async def test_a_card_has_no_other_content_and_shows_only_files_that_exist(discord: DiscordStandIn, general: Place):
    assert await refused(general.send(view=Card("x", "clip.mp4"))) == (400, 50035)
    await general.send(view=Card("x", "clip.mp4"), files=[clip(), clip(name="unused.mp4")])
    [card] = discord.messages()
    assert [file.filename for file in card.shown_files] == ["clip.mp4"]
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=int(discord.channel.id))
    text: dict[str, Any] = {"flags": 1 << 15, "content": "x", "components": [{"type": 10, "content": "x"}]}
    many = {"flags": 1 << 15, "components": [{"type": 10, "content": "x"}] * 41}
    twice = {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "a"}] * 2}]}
    for body in (text, many, twice, {"components": [{"type": 10, "content": "x"}]}):
        assert await refused(general._state.http.request(route, json=body)) == (400, 50035)
    assert await refused(general._state.http.request(route, json={})) == (400, 50006)


async def test_an_edit_keeps_the_files_it_names(discord: DiscordStandIn, general: Place):
    posted = await general.send("two", files=[clip(name="a.mp4"), clip(name="b.mp4")])
    edited = await posted.edit(attachments=[posted.attachments[1], clip(name="c.mp4")])
    assert [file.filename for file in edited.attachments] == ["b.mp4", "c.mp4"]
    await posted.edit(content="same files")
    assert [file.filename for file in discord.messages()[0].attachments] == ["b.mp4", "c.mp4"]
    card = await posted.edit(content=None, attachments=[clip()], view=Card("card", "clip.mp4"))
    assert card.attachments == []
    assert await refused(posted.edit(content="back")) == (400, 50035)
    assert len(discord.messages()[0].versions) == 4


async def test_an_address_of_a_file_ends_and_fetching_the_message_renews_it(discord: DiscordStandIn, general: Place):
    discord.cdn.lifetime = -1
    posted = await general.send(file=clip())
    with pytest.raises(discord_py.NotFound):
        await posted.attachments[0].read()
    discord.cdn.lifetime = 60
    fresh = await general.get_partial_message(posted.id).fetch()
    assert await fresh.attachments[0].read() == b"v" * 10
    discord.messages()[0].attachments[0].gone = True
    with pytest.raises(discord_py.NotFound):
        await fresh.attachments[0].read()


async def test_only_who_may_be_mentioned_is_pinged(discord: DiscordStandIn, general: Place):
    ada, bob = discord.person("ada"), discord.person("bob")
    text = f"{ada.user.mention} {bob.user.mention} @everyone"
    await general.send(text)
    await general.send(text, allowed_mentions=discord_py.AllowedMentions(users=[discord_py.Object(int(bob.id))]))
    everyone = discord.guild.roles[discord.guild.id]
    discord.world.set_role_permissions(discord.guild, everyone, everyone.permissions | Permission.MENTION_EVERYONE)
    await general.send(text, allowed_mentions=discord_py.AllowedMentions.all())
    assert [message.pinged for message in discord.messages()] == [set(), {bob.id}, {ada.id, bob.id, "everyone"}]


async def test_history_pages_through_everything(discord: DiscordStandIn, general: Place):
    for number in range(5):
        await general.send(str(number))
    newest = [message.content async for message in general.history(limit=3)]
    oldest = [message.content async for message in general.history(limit=None, oldest_first=True)]
    assert (newest, oldest) == (["4", "3", "2"], ["0", "1", "2", "3", "4"])
