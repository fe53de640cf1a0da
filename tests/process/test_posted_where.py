"""Where a video may be posted already: found there, and where nobody can look, never posted again before its author was told."""

import pytest

from tests.process.conftest import Studio, buttons, said
from tests.standins.discord import Channel, Message, Permission, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTS = r"^/channels/{}/messages$"


async def asked(studio: Studio, person: Person, prompt: str) -> str:
    """The id of a job that UniAll works on until it is told to be done."""
    await person.slash("sora", prompt=prompt).message()
    await studio.submitted(prompt)
    return studio.database.generations(prompt)[0].id


def posts(studio: Studio, generation_id: str) -> list[Message]:
    """Every message anywhere with this video."""
    everywhere = [one for channel in studio.discord.world.channels.values() for one in channel.messages.values()]
    return [one for one in everywhere if studio.files(one) == [f"sora-{generation_id}.mp4"]]


def post(studio: Studio, generation_id: str) -> tuple[str, str, str | None]:
    """What is stored of it: state, channel, message."""
    found = studio.database.delivery_of(generation_id)
    return found.state, found.channel_id, found.message_id


async def killed_and_hidden(studio: Studio, generation_id: str, channel: Channel) -> None:
    """The post is in this channel; the bot dies before it knows, and the channel is hidden from it."""
    seen = lambda: any(message.channel is channel for message in posts(studio, generation_id))  # noqa: E731
    await studio.discord.wait_for(seen, "a post")
    await studio.bot.kill()
    studio.discord.faults.stop()
    studio.discord.revoke(channel, Permission.VIEW_CHANNEL)
    await studio.start()
    await studio.discord.wait_for(lambda: post(studio, generation_id)[0] == "undeliverable", "kept")


async def test_the_words_of_another_are_never_taken_for_a_post(studio: Studio) -> None:
    studio.uniall.seconds = 600
    await studio.start()
    wanted = await asked(studio, studio.person("Mia"), "p")
    crafted = f"report:{wanted} 'cancel:{wanted}' 'again:{wanted}' sora-{wanted}.mp4"
    await studio.person("Eve").slash("sora", prompt=crafted).message()
    fault = studio.discord.fail_next("POST", POSTS.format(studio.person().channel.id), 503)
    studio.uniall.job("p").state = "completed"
    await studio.discord.wait_for(lambda: fault.hits, "a post that failed")
    await studio.discord.wait_for(lambda: post(studio, wanted)[0] == "sent", "sent")
    [found] = posts(studio, wanted)
    assert post(studio, wanted)[2] == found.id


async def test_a_second_post_is_made_only_after_its_author_was_told_and_one_that_is_seen_again_is_found(
    studio: Studio,
) -> None:
    discord = studio.discord
    discord.rules.nonce_window = 0
    other, third = (discord.world.add_channel(discord.guild, name) for name in ("other", "third"))
    studio.uniall.seconds = 600
    await studio.start()
    mia = studio.person("Mia")
    first = mia.channel
    wanted = await asked(studio, mia, "p")
    discord.fail_next("POST", POSTS.format(first.id), "hang", after_processing=True)
    studio.uniall.job("p").state = "completed"
    await killed_and_hidden(studio, wanted, first)

    told: list[Message] = []
    for channel in (other, third):
        there = mia.at(channel)
        told.append(await there.press(await there.slash("history").message(), "Post here").message())
        assert f"may be posted already in <#{first.id}>" in said(told[-1])
        assert (told[-1].viewer_id, buttons(told[-1])) == (mia.id, ["Post here"])
    assert len(posts(studio, wanted)) == 1

    discord.fail_next("POST", POSTS.format(other.id), "hang", after_processing=True)
    assert "will be posted here" in (await mia.at(other).press(told[0], "Post here").answer()).text
    await killed_and_hidden(studio, wanted, other)
    stale = await mia.at(third).press(told[1], "Post here").message()
    assert f"may be posted already in <#{other.id}>" in said(stale), "they were told of the first place only"
    assert len(posts(studio, wanted)) == 2

    discord.revoke(other)
    there = mia.at(third)
    page = await there.slash("history").message()
    assert "will be posted here" in (await there.press(page, "Post here").answer()).text
    await discord.wait_for(lambda: post(studio, wanted)[0] == "sent", "found")
    [found] = [message for message in posts(studio, wanted) if message.channel is other]
    assert post(studio, wanted) == ("sent", other.id, found.id)
    assert len(posts(studio, wanted)) == 2


async def test_a_post_that_the_bot_does_not_know_of_can_be_reported_and_deleted_by_whoever_sees_it(
    studio: Studio,
) -> None:
    discord = studio.discord
    discord.rules.nonce_window = 0
    studio.uniall.seconds = 600
    await studio.start()
    mia, eve = studio.person("Mia"), studio.person("Eve")
    wanted = await asked(studio, mia, "p")
    hanging = discord.fail_next("POST", POSTS.format(mia.channel.id), "hang", after_processing=True)
    studio.uniall.job("p").state = "completed"
    await discord.wait_for(lambda: posts(studio, wanted), "a post")
    [seen] = posts(studio, wanted)
    for label in ("Report", "Delete"):
        assert "in a moment" in (await mia.press(seen, label).answer()).text
    assert hanging.hits == 1
    await killed_and_hidden(studio, wanted, mia.channel)
    discord.revoke(mia.channel)
    opened = eve.press(seen, "Report")
    await opened.answer()
    assert "Reported" in (await eve.submit_modal(opened, {"reason": "other", "words": ""}).answer()).text
    assert post(studio, wanted) == ("sent", mia.channel.id, seen.id)
    sure = await mia.press(seen, "Delete").message()
    await mia.press(sure, "Delete for everyone").answer()
    await studio.wait_card(sure, "Deleted")
    assert posts(studio, wanted) == []
