"""Replies to results and mentions outside threads: what makes the next version, what gets a hint, what is passed over."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import pytest
import pytest_asyncio

from tests.cogs.conftest import CHINESE, HAN
from tests.process.conftest import Room, Studio, image, picture, said
from tests.standins.discord import Message, Permission, Person
from tests.standins.discord.model import User
from tests.standins.uniall import refuse

pytestmark = pytest.mark.asyncio(loop_scope="module")

HINT_FOR_CARDS = "Reply to the message with the video"
HINT_FOR_MENTIONS = "Mention me in a thread with a video"
HINT_FOR_NOTHING = "Say what the next version should show"


@dataclass(slots=True, repr=False)
class Earlier:
    """A card and a result of a bot that was killed since; and a hint that the present one gave first of all."""

    studio: Studio
    room: Room
    mia: Person
    card: Message
    result: Message
    pictured: Message
    hint: Message

    def person(self) -> Person:
        """Somebody new, there."""
        return self.room.person("New")

    async def next_version(self, reply: Message) -> Message:
        """The card that answers a reply, once its video is there."""
        card = await self.room.answer_to(reply)
        await self.room.result(card)
        return card

    async def refused(self, reply: Message) -> str:
        """The short answer to a reply: nothing was spent, and there is no other answer."""
        answer = await self.room.answer_to(reply)
        assert answer.components == []
        assert self.studio.rows(f"SELECT count(*) FROM generation WHERE interaction_id = '{reply.id}'") == [(0,)]  # noqa: S608
        return said(answer).replace("\\", "")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(shared: Studio) -> AsyncIterator[Earlier]:
    """Made by one process; the tests meet it in the next."""
    room = shared.room("earlier")
    mia = room.person("Mia")
    pictured = await room.make(mia, "with image", image=image(), orientation="portrait", duration=8)
    card = await mia.slash("sora", prompt="a cat in the grass").message()
    result = await room.result(card)
    await shared.wait_card(card, "Done")
    await shared.bot.kill()
    await shared.start()
    quiet = shared.room("quiet")
    hint = await quiet.answer_to(quiet.person().say(f"hello {shared.discord.world.bot.mention}"))
    yield Earlier(shared, room, mia, card, result, pictured, hint)
    await shared.discord.wait_for(lambda: shared.held() == 0, "nothing held at the end")


@pytest_asyncio.fixture(loop_scope="module")
async def earlier(made: Earlier) -> Earlier:
    """The same, with everything else as ever."""
    made.studio.as_ever()
    return made


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


async def test_what_a_reply_does_not_say_stays_and_its_image_replaces_the_old_one(earlier: Earlier) -> None:
    await earlier.next_version(earlier.mia.reply(earlier.pictured, "kept image"))
    kept = earlier.studio.uniall.job("kept image")
    assert (kept.fields["model"], kept.image) == ("sora2-portrait-8s", picture())
    other = picture(50, 50)
    reply = earlier.mia.reply(earlier.pictured, "new image", files=[image(other, "x.png")])
    card = await earlier.next_version(reply)
    assert "another image" in said(card)
    assert [file.data for file in card.attachments] == [other]
    assert earlier.studio.uniall.job("new image").image == other
    reply = earlier.mia.reply(earlier.pictured, "", files=[image(other, "x.png")])
    await earlier.next_version(reply)
    jobs = [job for job in earlier.studio.uniall.jobs.values() if job.prompt == "with image"]
    assert [job.image for job in jobs] == [picture(), other]


@pytest.mark.parametrize(
    ("text", "prompt", "fields"),
    [
        ("+ at night", "a cat in the grass at night", {"model": "sora2-landscape-4s"}),
        ("--portrait", "a cat in the grass", {"model": "sora2-portrait-4s"}),
        ("in snow --ar 9:16 --duration 8", "in snow", {"model": "sora2-portrait-8s"}),
        ("in rain —duration 12", "in rain", {"model": "sora2-landscape-12s"}),
        ("+ in HD --model pro-1080p", "a cat in the grass in HD", {"model": "sora2-pro-1080p", "duration": 4}),
        ("--duration 12 --model sora-2-pro", "a cat in the grass", {"model": "sora-2-pro", "seconds": "12"}),
        ("--model sora2-portrait-8s", "a cat in the grass", {"model": "sora2-portrait-8s"}),
        ("--landscape by the sea", "by the sea", {"model": "sora2-landscape-4s"}),
        ("+ 猫 🐈", "a cat in the grass 猫 🐈", {"model": "sora2-landscape-4s"}),
        ("＋在夜里", "a cat in the grass 在夜里", {"model": "sora2-landscape-4s"}),
        ("+, wearing a hat", "a cat in the grass, wearing a hat", {"model": "sora2-landscape-4s"}),
        ("+--portrait", "a cat in the grass", {"model": "sora2-portrait-4s"}),
        ("+ --ar 9:16 in fog --portrait", "a cat in the grass in fog", {"model": "sora2-portrait-4s"}),
        ("@, at noon", "at noon", {"model": "sora2-landscape-4s"}),
        ("@：傍晚", "傍晚", {"model": "sora2-landscape-4s"}),
        ("@, + bang", "a cat in the grass bang", {"model": "sora2-landscape-4s"}),
        ("@ 、＋--portrait", "a cat in the grass", {"model": "sora2-portrait-4s"}),
        ("clap, @ clap", "clap, clap", {"model": "sora2-landscape-4s"}),
    ],
)
async def test_words_and_parameters_are_understood(
    earlier: Earlier, text: str, prompt: str, fields: dict[str, object]
) -> None:
    before = len(earlier.studio.uniall.jobs)
    mention = earlier.studio.discord.world.bot.mention
    await earlier.next_version(earlier.mia.reply(earlier.result, text.replace("@", mention)))
    [job] = list(earlier.studio.uniall.jobs.values())[before:]
    assert (job.prompt, fields.items() <= job.fields.items()) == (prompt, True), job.fields


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("at night --style anime", ("--style", "--ar 9:16, --portrait")),
        ("at night --ar 4:3", ("--ar", "4:3", "--ar 9:16")),
        ("at night --duration long", ("--duration", "long", "--duration 8")),
        ("at night --model", ("--model", "--model pro-1080p")),
        ("at night --portrait --ar 16:9", ("“--ar 16:9” contradicts “--portrait”",)),
        ("A dog --1080p", ("“--1080p”", "--ar 9:16, --portrait")),
        ("--9:16", ("“--9:16”", "--ar 9:16, --portrait")),
        ("--8s", ("“--8s”", "--ar 9:16, --portrait")),
        ("+ --8s", ("“--8s”", "--ar 9:16, --portrait")),
        ("at night --model nothing", ("no model", "nothing", "Sora 2")),
        ("at night --duration 20 --model sora-2-pro", ("“sora-2-pro” cannot make that",)),
        ("at night --duration 7", ("4, 8, 12, 16",)),
        ("", (HINT_FOR_NOTHING,)),
        ("+", (HINT_FOR_NOTHING,)),
        ("＋", (HINT_FOR_NOTHING,)),
        ("x --" + "y" * 1900, ("--yyy", "--ar 9:16")),
        ("x --a@everyone", ("--a@everyone",)),
    ],
)
async def test_what_cannot_be_understood_is_named_and_nothing_is_spent(
    earlier: Earlier, text: str, words: tuple[str, ...]
) -> None:
    someone = earlier.person()
    reply = someone.reply(earlier.result, text or earlier.studio.discord.world.bot.mention)
    answer = await earlier.refused(reply)
    assert [word for word in words if word not in answer] == [], answer
    assert "\n" not in answer
    assert earlier.studio.spent(someone) == (0, 0)
    assert (await earlier.room.answer_to(reply)).pinged == set()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"just words", "PNG, JPEG or WebP"), (b"", "empty"), (b"\0" * (21 * 2**20), "too large")],
    ids=["text", "empty", "large"],
)
async def test_a_reply_with_a_file_that_is_no_image_is_refused(earlier: Earlier, data: bytes, words: str) -> None:
    someone = earlier.person()
    assert words in await earlier.refused(someone.reply(earlier.result, "x", files=[image(data)]))
    assert earlier.studio.spent(someone) == (0, 0)


async def test_what_is_added_may_not_make_the_prompt_too_long(earlier: Earlier) -> None:
    someone = earlier.person()
    result = await earlier.room.make(someone, "x" * 3990)
    assert "4,000" in await earlier.refused(someone.reply(result, "+ ten more signs"))
    await earlier.next_version(someone.reply(result, "+ nine more"[:9]))
    await earlier.studio.settled(someone, 2)


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


async def test_a_member_is_answered_in_the_language_of_their_newest_video_wherever_that_was(earlier: Earlier) -> None:
    studio, world = earlier.studio, earlier.studio.discord.world
    there = world.add_channel(world.add_guild("Elsewhere", locale="en-US"), "general")
    li = studio.discord.person("Li", channel=there, locale=CHINESE)
    await Room(studio, there).result(await li.slash("sora", prompt="一只猫").message())
    here = li.at(earlier.room.channel)
    assert "请在有视频的子区里提及我" in await earlier.refused(here.say(f"{world.bot.mention} 你好"))
    assert "请回复带视频的那条消息" in await earlier.refused(here.reply(earlier.card, "在夜里"))
    assert "“--8s”" in (unknown := await earlier.refused(here.reply(earlier.result, "在夜里 --8s")))
    assert "我不认识" in unknown
    assert "互相矛盾" in await earlier.refused(here.reply(earlier.result, "--portrait --landscape"))
    card = await earlier.next_version(here.reply(earlier.result, "在夜里"))
    assert "已完成" in await studio.wait_card(card, "已完成")
    assert "您的视频好了" in said(await earlier.room.result(card))


async def test_a_member_who_has_made_nothing_yet_is_answered_in_the_language_of_the_server(earlier: Earlier) -> None:
    studio, world = earlier.studio, earlier.studio.discord.world
    there = Room(studio, world.add_channel(world.add_guild("Chinese", locale=CHINESE), "general"))
    answer = await there.answer_to(there.person("New").say(f"{world.bot.mention} hello"))
    assert "请在有视频的子区里提及我" in said(answer)
    mia = there.person("Mia")
    mia.user = earlier.mia.user
    answer = await there.answer_to(mia.say(f"{world.bot.mention} hello"))
    assert HINT_FOR_MENTIONS in said(answer)
    assert not HAN.search(said(answer))


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


async def test_a_reply_pings_nobody_whatever_it_says(earlier: Earlier) -> None:
    someone, victim = earlier.person(), User(id="1", name="none")
    other = earlier.person()
    text = f"@everyone {other.user.mention} {victim.mention} **x** ~~y~~"
    card = await earlier.next_version(someone.reply(earlier.result, text))
    result = await earlier.room.result(card)
    assert card.pinged | result.pinged == {someone.id}


# With a bot of their own


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
    assert studio.rows("SELECT state, job_id FROM generation WHERE prompt = 'cut off'") == [("reserved", None)]
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
