"""Replies to results and cards, and mentions outside threads: which make the next version, get a hint, or are passed over."""

import asyncio
from typing import Literal

import pytest

from tests.process.conftest import Room, Studio, image, said
from tests.process.replies.conftest import Earlier
from tests.process.replies.hints import HINT_FOR_CARDS, HINT_FOR_MENTIONS
from tests.standins.discord import Message, Permission
from tests.standins.uniall import refuse

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_reply_makes_the_next_version_after_a_restart(earlier: Earlier) -> None:
    someone = earlier.person()
    card = await earlier.next_version(someone.reply(earlier.result, "a dog in the grass"))
    assert "~~cat~~ **dog**" in said(card)
    assert earlier.result.id in said(card)
    job = earlier.studio.uniall.job("a dog in the grass")
    assert job.fields["model"] == "sora2-landscape-4s"
    assert (await earlier.room.result(card)).pinged == {someone.id}
    assert card.pinged == set()
    await earlier.studio.settled(someone, 1)


async def test_a_reply_with_the_ping_off_is_passed_over(earlier: Earlier) -> None:
    someone = earlier.person()
    silent = [
        someone.reply(earlier.result, "not for the bot", ping=False),
        someone.reply(earlier.result, "", ping=False, files=[image()]),
        someone.say("nothing to do with it"),
    ]
    card = await earlier.next_version(someone.reply(earlier.result, "for the bot"))
    answered = {message.reply_to_id for message in earlier.room.messages()}
    assert answered.isdisjoint(message.id for message in silent)
    assert card.reply_to_id in answered
    await earlier.studio.settled(someone, 1)


async def test_a_reply_to_a_card_that_answered_a_command_gets_a_hint(earlier: Earlier) -> None:
    someone = earlier.person()
    silent = someone.reply(earlier.card, "at night", ping=False)
    assert HINT_FOR_CARDS in await earlier.refused(someone.reply(earlier.card, "at night"))
    assert earlier.studio.spent(someone) == (0, 0)
    mention = earlier.studio.discord.world.bot.mention
    card = await earlier.next_version(someone.reply(earlier.card, f"{mention} at dawn"))
    assert "at dawn" in said(card)
    assert silent.id not in {message.reply_to_id for message in earlier.room.messages()}


async def test_a_reply_to_the_card_of_a_video_to_come_is_told_to_wait_for_it(earlier: Earlier) -> None:
    someone, studio = earlier.person(), earlier.studio
    studio.uniall.seconds = 600
    card = await someone.slash("sora", prompt="not there yet").message()
    await studio.submitted("not there yet")
    assert "Once the video is here, reply to it" in await earlier.refused(someone.reply(card, "at night"))
    studio.uniall.job("not there yet").state = "completed"
    await earlier.room.result(card)
    await studio.wait_card(card, "Done")
    assert HINT_FOR_CARDS in await earlier.refused(someone.reply(card, "at night"))
    await studio.settled(someone, 1)


async def test_a_reply_to_the_card_of_a_video_that_never_came_is_told_of_its_buttons(earlier: Earlier) -> None:
    someone, studio = earlier.person(), earlier.studio
    studio.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    card = await someone.slash("sora", prompt="too bold").message()
    await studio.wait_card(card, "Failed")
    assert "Press Again or Remix" in await earlier.refused(someone.reply(card, "milder"))
    await studio.settled(someone, 0)


async def test_a_reply_to_the_card_of_a_video_that_was_deleted_is_told_what_can_be_read(earlier: Earlier) -> None:
    someone, studio = earlier.person(), earlier.studio
    card = await someone.slash("sora", prompt="soon gone").message()
    asked = await someone.press(await earlier.room.result(card), "Delete").message()
    await someone.press(asked, "Delete for everyone").message()
    await studio.wait_card(card, "removed")
    assert "Mention me in your reply" in await earlier.refused(someone.reply(card, "once more"))
    await earlier.next_version(someone.reply(card, f"{studio.discord.world.bot.mention}, once more"))
    await studio.settled(someone, 2)


async def test_a_reply_to_another_answer_of_a_command_gets_the_hint_for_mentions(earlier: Earlier) -> None:
    someone = earlier.person()
    world = earlier.studio.discord.world
    other = Message(id=world.ids.next(), channel=earlier.room.channel, author=world.bot, content="an answer")
    other.interaction = earlier.card.interaction
    world.publish(other)
    silent = someone.reply(other, "to nobody", ping=False)
    assert HINT_FOR_MENTIONS in await earlier.refused(someone.reply(other, "to the bot"))
    assert silent.id not in {message.reply_to_id for message in earlier.room.messages()}


async def test_a_reply_to_a_card_that_is_a_message_makes_the_next_version(earlier: Earlier) -> None:
    someone = earlier.person()
    earlier.studio.uniall.seconds = 600
    card = await earlier.room.answer_to(someone.reply(earlier.result, "still rendering"))
    second = someone.reply(card, "+ and more")
    new = await earlier.room.answer_to(second)
    assert card.id in said(new)
    await earlier.studio.discord.wait_for(
        lambda: (
            {"still rendering", "still rendering and more"} <= {j.prompt for j in earlier.studio.uniall.jobs.values()}
        ),
        "both jobs",
    )
    earlier.studio.uniall.seconds = 0.2
    await earlier.studio.settled(someone, 2)


async def test_a_mention_outside_any_thread_gets_a_short_hint(earlier: Earlier) -> None:
    someone, bot = earlier.person(), earlier.studio.discord.world.bot
    assert HINT_FOR_MENTIONS in await earlier.refused(someone.say(f"{bot.mention} make a cat"))
    stranger = someone.say("an ordinary message")
    assert HINT_FOR_MENTIONS in await earlier.refused(someone.reply(stranger, f"{bot.mention} make a cat"))
    assert earlier.studio.spent(someone) == (0, 0)


async def test_one_reply_that_is_told_of_twice_makes_one_video(earlier: Earlier) -> None:
    someone, world = earlier.person(), earlier.studio.discord.world
    reply = someone.reply(earlier.result, "told twice")
    world.publish(reply)
    await earlier.next_version(reply)
    world.publish(reply)
    await earlier.next_version(someone.reply(earlier.result, "told afterwards"))
    await earlier.studio.settled(someone, 2)
    assert len([message for message in earlier.room.messages() if message.reply_to_id == reply.id]) == 1


async def test_a_reply_that_is_deleted_at_once_still_gets_its_card_and_its_video(earlier: Earlier) -> None:
    someone, studio = earlier.person(), earlier.studio
    reply = someone.reply(earlier.result, "gone at once", files=[image()])
    studio.discord.world.delete(reply)
    await studio.discord.wait_for(lambda: any("gone at once" in said(m) for m in earlier.room.messages()), "a card")
    [card] = [message for message in earlier.room.messages() if "gone at once" in said(message)]
    assert card.reply_to is None
    await earlier.room.result(card)
    await studio.settled(someone, 1)


@pytest.mark.parametrize("failure", ["disconnect", "reset"])
async def test_a_card_whose_answer_was_lost_is_posted_once_and_kept_up_to_date(
    earlier: Earlier, failure: Literal["disconnect", "reset"]
) -> None:
    someone, studio = earlier.person(), earlier.studio
    studio.discord.fail_next("POST", r"^/channels/\d+/messages$", failure, after_processing=True)
    reply = someone.reply(earlier.result, f"lost {failure}")
    card = await earlier.room.answer_to(reply)
    await studio.wait_card(card, "Done")
    assert len([message for message in earlier.room.messages() if message.reply_to is reply]) == 1
    assert (await earlier.room.result(card)).pinged == {someone.id}


async def test_a_reply_past_a_quota_is_refused_in_a_sentence(earlier: Earlier) -> None:
    someone = earlier.person()
    moderator = earlier.studio.moderator(earlier.room.channel)
    await moderator.slash("quota set", limit=1, unit="videos", per="day", member=someone).message()
    await earlier.next_version(someone.reply(earlier.result, "the only one"))
    assert "your limit of 1 video per day" in await earlier.refused(someone.reply(earlier.result, "one too many"))
    await earlier.studio.settled(someone, 1)


async def test_a_role_that_a_member_has_counts_for_a_reply_too(earlier: Earlier) -> None:
    studio = earlier.studio
    role = studio.discord.world.add_role(studio.discord.guild, "closed")
    moderator = studio.moderator(earlier.room.channel)
    await moderator.slash("quota set", limit=0, unit="videos", per="day", role=role).message()
    someone = studio.discord.person("Closed", channel=earlier.room.channel, roles=(role.id,))
    assert "Videos are closed" in await earlier.refused(someone.reply(earlier.result, "not this one"))


async def test_nothing_is_spent_where_the_bot_may_not_attach_files(earlier: Earlier) -> None:
    someone, discord = earlier.person(), earlier.studio.discord
    discord.revoke(earlier.room.channel, Permission.ATTACH_FILES)
    assert "Attach Files" in await earlier.refused(someone.reply(earlier.result, "no files"))
    discord.revoke(earlier.room.channel, Permission.SEND_MESSAGES)
    silent = someone.reply(earlier.result, "no words either")
    await discord.wait_for(
        lambda: any(record.get("event") == "hint_not_shown" for record in earlier.studio.bot.records()), "no answer"
    )
    discord.revoke(earlier.room.channel)
    await earlier.next_version(someone.reply(earlier.result, "all is well"))
    assert silent.id not in {message.reply_to_id for message in earlier.room.messages()}
    await earlier.studio.settled(someone, 1)


async def test_other_bots_and_other_servers_cannot_go_on_from_a_result(earlier: Earlier) -> None:
    world, bot = earlier.studio.discord.world, earlier.studio.discord.world.bot
    robot = earlier.room.person("Robot")
    robot.user.bot = True
    passed_over = robot.reply(earlier.result, "beep")
    guild = world.add_guild("Elsewhere")
    there = Room(earlier.studio, world.add_channel(guild, "general"))
    stranger = there.person("Stranger")
    copy = Message(id=world.ids.next(), channel=there.channel, author=bot)
    copy.components, copy.flags = earlier.result.components, earlier.result.flags
    copy.attachments = earlier.result.attachments
    world.publish(copy)
    answer = await there.answer_to(stranger.reply(copy, "mine now"))
    assert "no longer exists" in said(answer)
    assert earlier.studio.spent(stranger) == (0, 0)
    await earlier.next_version(earlier.mia.reply(earlier.result, "after the robot"))
    assert passed_over.id not in {message.reply_to_id for message in earlier.room.messages()}


async def test_hints_are_removed_at_a_stop(studio: Studio) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    hints = [await room.answer_to(mia.say(f"{studio.discord.world.bot.mention} {number}")) for number in range(5)]
    assert not any(hint.deleted for hint in hints)
    assert await studio.bot.stop() == 0
    assert all(hint.deleted for hint in hints)


async def test_a_stop_between_a_reply_and_its_card_still_shows_the_card(studio: Studio) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    result = await room.make(mia, "start")
    fault = studio.discord.fail_next("POST", r"^/channels/\d+/messages$", "hang")
    reply = mia.reply(result, "just in time")
    await studio.discord.wait_for(lambda: fault.hits == 1, "the card on its way")
    stop = asyncio.create_task(studio.bot.stop())
    await studio.discord.wait_for(
        lambda: any(record.get("event") == "stopping" for record in studio.bot.records()), "the stop under way"
    )
    fault.release()
    assert await stop == 0
    card = await room.answer_to(reply)
    await studio.start()
    await room.result(card)
    await studio.settled(mia, 2)


async def test_a_kill_between_a_reply_and_its_card_does_not_lose_the_video(studio: Studio) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    result = await room.make(mia, "start")
    fault = studio.discord.fail_next("POST", r"^/channels/\d+/messages$", "hang")
    mia.reply(result, "cut off")
    await studio.discord.wait_for(lambda: fault.hits == 1, "the card on its way")
    assert [(job.state, job.job_id) for job in studio.database.generations("cut off")] == [("reserved", None)]
    await studio.bot.kill()
    studio.discord.faults.stop()
    await studio.start()
    await room.wait_results(2)
    await studio.settled(mia, 2)
    assert len(room.results()) == 2


async def test_a_hint_removes_itself(earlier: Earlier) -> None:
    # The last one: by now its twenty seconds are nearly over.
    hint, discord = earlier.hint, earlier.studio.discord
    await discord.wait_for(lambda: hint.deleted, "the hint gone")
    assert discord.requests("DELETE", f"/messages/{hint.id}$", status=204)
