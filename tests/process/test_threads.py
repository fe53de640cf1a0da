"""Threads of results: how they open, what is made in them, and where a video goes once its thread is locked or gone."""

import pytest

from tests.process.conftest import Room, Studio, buttons, image, picture, said
from tests.standins.discord import Message, Permission, Person
from tests.standins.uniall import refuse

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTS = r"^/channels/{}/messages$"


async def opened(room: Room, person: Person, result: Message) -> Room:
    """The thread on a result, opened by its button."""
    told = await person.press(result, "Thread").message()
    assert result.thread is not None
    assert (told.viewer_id, f"<#{result.thread.id}>" in said(told)) == (person.id, True)
    return room.thread(result)


async def refused(person: Person, result: Message) -> str:
    """What is said of a press on Thread that opens none."""
    answer = await person.press(result, "Thread").answer()
    assert answer.ephemeral
    return answer.text


async def rendering(room: Room, person: Person, prompt: str, **given: object) -> Message:
    """The card of a job that UniAll works on until it is told to be done."""
    room.studio.uniall.seconds = 600
    card = await person.at(room.channel).slash("sora", prompt=prompt, **given).message()
    await room.studio.submitted(prompt)
    return card


async def test_what_is_made_in_a_thread_goes_on_there_and_is_numbered(shared: Studio, room: Room) -> None:
    mia, bot = room.person(), shared.discord.world.bot
    first = await room.make(mia, "a cat in the grass")
    thread = await opened(room, mia, first)
    assert thread.channel.name == "a cat in the grass"
    await shared.bot.kill()
    await shared.start()
    inside = mia.at(thread.channel)
    by_command = await inside.slash("sora", prompt="a dog in the grass").message()
    second = await thread.result(by_command)
    by_reply = await thread.answer_to(inside.reply(second, "+ at night"))
    third = await thread.result(by_reply)
    by_mention = await thread.answer_to(inside.say(f"{bot.mention} a bird in the grass --portrait"))
    fourth = await thread.result(by_mention)
    by_button = await inside.press(second, "Again").message()
    await thread.result(by_button)
    by_mention_again = await thread.answer_to(inside.say(f"+ in snow {bot.mention}"))
    sixth = await thread.result(by_mention_again)
    cards = [by_command, by_reply, by_mention, by_button, by_mention_again]
    assert [f"v{number}" in said(card) for number, card in enumerate(cards, start=2)] == [True] * 5
    parents = [first, second, third, second, fourth]
    parents[4] = next(message for message in thread.results() if message.reply_to is by_button)
    for card, parent in zip(cards, parents, strict=True):
        assert f"/{parent.id})" in said(card)
    assert "~~cat~~ **dog**" in said(by_command)
    assert "Landscape → Portrait" in said(by_mention)
    assert "nothing changed" in said(by_button)
    assert "Thread" not in buttons(sixth)
    assert shared.uniall.job("a dog in the grass in snow")
    await shared.settled(mia, 6)


async def test_a_mention_in_a_thread_takes_its_image(shared: Studio, room: Room) -> None:
    mia, bot = room.person(), shared.discord.world.bot
    thread = await opened(room, mia, await room.make(mia, "to move"))
    inside = mia.at(thread.channel)
    given = picture(70, 70)
    card = await thread.answer_to(inside.say(bot.mention, files=[image(given)]))
    await thread.result(card)
    assert "an image" in said(card)
    assert [job.image for job in shared.uniall.jobs.values() if job.prompt == "to move"] == [None, given]


async def test_in_a_thread_that_members_opened_a_mention_goes_on_from_the_newest_made_there(
    shared: Studio, room: Room
) -> None:
    mia, eve, world = room.person("Mia"), room.person("Eve"), shared.discord.world
    there = Room(shared, world.add_thread(room.channel, "talk", mia.user, starter=None, minutes=60))
    inside, other = mia.at(there.channel), eve.at(there.channel)
    await room.make(mia, "made outside")
    hint = await there.answer_to(inside.say(f"{world.bot.mention} go on"))
    assert "Mention me in a thread with a video" in said(hint)
    await there.make(inside, "made in a thread of talk")
    newest = await there.make(other, "made there as well")
    assert " · v" not in said(newest), "it is the first of its family"
    card = await there.answer_to(inside.say(f"{world.bot.mention} + at night"))
    assert f"/{newest.id})" in said(card)
    await there.result(card)
    assert shared.uniall.job("made there as well at night")
    await shared.settled(mia, 3)
    await shared.settled(eve, 1)


async def test_pressed_twice_by_two_members_it_is_one_thread(shared: Studio, room: Room) -> None:
    mia, eve = room.person("Mia"), room.person("Eve")
    result = await room.make(mia, "one thread")
    presses = [person.press(result, "Thread") for person in (mia, eve, mia)]
    told = [said(await press.message()) for press in presses]
    assert result.thread is not None
    assert [f"<#{result.thread.id}>" in text for text in told] == [True] * 3
    assert len([thread for thread in shared.discord.world.channels.values() if thread.parent is room.channel]) == 1


async def test_pressed_in_a_thread_it_says_how_to_go_on(shared: Studio, room: Room) -> None:
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "p"))
    [job] = [post.generation_id for post in shared.database.deliveries() if post.channel_id == room.channel.id]
    answer = await mia.press(thread.forged(f"thread:{job}"), "Forged").answer()
    assert "in a thread already" in answer.text


async def test_without_permission_it_is_named_and_after_a_second_press_it_opens(shared: Studio, room: Room) -> None:
    mia = room.person()
    result = await room.make(mia, "p")
    shared.discord.revoke(room.channel, Permission.CREATE_PUBLIC_THREADS)
    assert "Create Public Threads" in await refused(mia, result)
    shared.discord.revoke(room.channel)
    shared.discord.fail_next("POST", "/threads$", 403, code=50013)
    assert "could not open a thread" in await refused(mia, result)
    shared.discord.fail_next("POST", "/threads$", 400, code=160006)
    assert "could not open a thread" in await refused(mia, result)
    shared.discord.fail_next("POST", "/threads$", "disconnect")
    assert "does not take this just now" in await refused(mia, result)
    shared.discord.fail_next("POST", "/threads$", "disconnect", after_processing=True)
    await refused(mia, result)
    await opened(room, mia, result)


async def test_a_deleted_result_has_no_thread(shared: Studio, room: Room) -> None:
    mia = room.person()
    result = await room.make(mia, "p")
    shared.discord.world.delete(result)
    assert "could not open a thread" in await refused(mia, result)


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("word " * 200, ("word " * 200)[:99] + "…"),
        ("two\nlines\t here", "two lines here"),
        ("@everyone **b** 猫 🐈 قطة", "@everyone **b** 猫 🐈 قطة"),
    ],
)
async def test_it_is_named_after_the_prompt(room: Room, prompt: str, name: str) -> None:
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, prompt))
    assert thread.channel.name == name


async def test_a_server_decides_when_threads_open(shared: Studio, room: Room) -> None:
    mia, moderator = room.person(), shared.moderator(room.channel)
    before = await room.make(mia, "on request")
    assert ("Thread" in buttons(before), before.thread) == (True, None)
    await moderator.slash("config threads", mode="never").message()
    assert "switched off" in await refused(mia, before)
    never = await room.make(mia, "never")
    assert ("Thread" in buttons(never), never.thread) == (False, None)
    await moderator.slash("config threads", mode="always").message()
    always = await room.make(mia, "always")
    await shared.discord.wait_for(lambda: always.thread, "a thread by itself")
    thread = room.thread(always)
    assert thread.channel.name == "always"
    inside = await thread.make(mia.at(thread.channel), "in it")
    assert ("v2" in said(inside), inside.thread) == (True, None)
    shared.discord.revoke(room.channel, Permission.CREATE_PUBLIC_THREADS)
    without = await room.make(mia, "always, but not here")
    assert without.thread is None
    shared.discord.revoke(room.channel)
    await moderator.slash("config threads", mode="on request").message()
    await shared.settled(mia, 5)


async def test_a_thread_deleted_during_a_video_loses_nothing(shared: Studio, room: Room) -> None:
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "first"))
    await rendering(thread, mia, "deleted during this")
    shared.discord.world.delete_channel(thread.channel)
    shared.uniall.job("deleted during this").state = "completed"
    [_, result] = await room.wait_results(2)
    assert result.pinged == {mia.id}
    assert "v2" in said(result)
    assert f"Asked for in <#{thread.channel.id}>" in said(result)
    assert "Thread" in buttons(result)
    await shared.settled(mia, 2)
    again = await mia.press(result, "Again").message()
    assert again.channel is room.channel
    shared.as_ever()
    await room.wait_results(3)


async def test_a_video_of_a_private_thread_is_kept_when_the_thread_is_gone(shared: Studio, room: Room) -> None:
    mia, world = room.person(), shared.discord.world
    thread = world.add_thread(room.channel, "between us", mia.user, starter=None, minutes=60, private=True)
    private = Room(shared, thread)
    await rendering(private, mia, "between us")
    world.delete_channel(private.channel)
    shared.uniall.job("between us").state = "completed"
    await shared.discord.wait_for(lambda: shared.database.undeliverable("between us"), "kept")
    assert room.results() == []
    await shared.settled(mia, 1)


async def test_a_locked_thread_gives_way_to_its_channel(shared: Studio, room: Room) -> None:
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "first"))
    card = await rendering(thread, mia, "locked during this")
    shared.discord.world.archive(thread.channel, archived=True, locked=True)
    shared.uniall.job("locked during this").state = "completed"
    [_, result] = await room.wait_results(2)
    assert thread.results() == []
    shared.discord.world.archive(thread.channel, archived=False)
    assert "Done" in await shared.wait_card(card, result.id)
    await shared.settled(mia, 2)


async def test_a_thread_where_the_bot_may_no_longer_speak_gives_way_to_its_channel(shared: Studio, room: Room) -> None:
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "first"))
    await rendering(thread, mia, "silenced during this")
    shared.discord.revoke(room.channel, Permission.SEND_MESSAGES_IN_THREADS)
    shared.uniall.job("silenced during this").state = "completed"
    await room.wait_results(2)
    inside = mia.at(thread.channel)
    answer = await inside.slash("sora", prompt="no more").answer()
    assert "Send Messages in Threads" in answer.text
    shared.discord.revoke(room.channel)
    await shared.settled(mia, 2)


async def test_an_archived_thread_is_reopened_by_the_post(shared: Studio, room: Room) -> None:
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "first"))
    card = await rendering(thread, mia, "archived during this")
    shared.discord.world.archive(thread.channel)
    shared.uniall.job("archived during this").state = "completed"
    await thread.result(card)
    assert thread.channel.thread is not None
    assert not thread.channel.thread.archived
    await shared.wait_card(card, "Done")
    assert len(room.results()) == 1


async def test_a_card_in_an_archived_thread_is_brought_up_to_date_once_somebody_opens_it(
    shared: Studio, room: Room
) -> None:
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "first"))
    card = await rendering(thread, mia, "fails in an archived thread")
    notice = shared.discord.fail_next(
        "POST", rf"^/channels/{thread.channel.id}/messages$", "slow"
    )  # it opens the thread
    shared.discord.world.archive(thread.channel)
    shared.uniall.job("fails in an archived thread").state = "failed"
    path = f"/channels/{thread.channel.id}/messages/{card.id}"
    refused = lambda: [one for one in shared.discord.requests("PATCH", path) if one.status == 400]  # noqa: E731
    await shared.discord.wait_for(refused, "an edit that is refused")
    assert "Failed" not in said(card)
    later = lambda: [job for job in shared.database.generations("fails in an archived thread") if job.card_waits()]  # noqa: E731
    await shared.discord.wait_for(later, "a later try")
    shared.discord.world.archive(thread.channel, archived=False)
    await shared.wait_card(card, "Failed")
    notice.stop()
    await shared.settled(mia, 1)


async def test_an_archived_thread_is_known_after_a_restart(shared: Studio, room: Room) -> None:
    mia, bot = room.person(), shared.discord.world.bot
    thread = await opened(room, mia, await room.make(mia, "first"))
    shared.discord.world.archive(thread.channel)
    await shared.bot.kill()
    await shared.start()
    inside = mia.at(thread.channel)
    card = await thread.answer_to(inside.say(f"{bot.mention} + after a while"))
    await thread.result(card)
    assert "v2" in said(card)


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_thread_counts_as_its_channel_where_only_some_are_allowed(
    shared: Studio, room: Room, allowed: bool
) -> None:
    mia, bot, moderator = room.person(), shared.discord.world.bot, shared.moderator(room.channel)
    thread = await opened(room, mia, await room.make(mia, "first"))
    place = room.channel if allowed else shared.room("the only one").channel
    await moderator.slash("config channels", allow=place).message()
    answer = await thread.answer_to(mia.at(thread.channel).say(f"{bot.mention} + more"))
    assert ("v2" in said(answer)) is allowed
    await moderator.slash("config channels", remove=place).message()
    await shared.settled(mia, 1 + allowed)


async def test_a_mention_passes_over_what_failed_or_was_deleted_while_there_is_a_video(
    shared: Studio, room: Room
) -> None:
    mia, bot = room.person(), shared.discord.world.bot
    thread = await opened(room, mia, await room.make(mia, "first"))
    inside = mia.at(thread.channel)
    shared.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    failed = await thread.answer_to(inside.say(f"{bot.mention} too bold"))
    await shared.wait_card(failed, "Failed")
    card = await thread.answer_to(inside.say(f"{bot.mention} + at night"))
    second = await thread.result(card)
    assert shared.uniall.job("first at night")
    asked = await inside.press(second, "Delete").message()
    await inside.press(asked, "Delete for everyone").message()
    await shared.wait_card(card, "removed")
    card = await thread.answer_to(inside.say(f"{bot.mention} + in rain"))
    await thread.result(card)
    assert shared.uniall.job("first in rain")
    await shared.settled(mia, 3)


async def test_where_there_is_no_video_in_a_thread_a_mention_goes_on_from_what_failed(
    shared: Studio, room: Room
) -> None:
    mia, world = room.person(), shared.discord.world
    thread = Room(shared, world.add_thread(room.channel, "talk", mia.user, starter=None, minutes=60))
    bot = world.bot
    shared.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    failed = await mia.at(thread.channel).slash("sora", prompt="too bold").message()
    await shared.wait_card(failed, "Failed")
    card = await thread.answer_to(mia.at(thread.channel).say(f"{bot.mention} + but milder"))
    await thread.result(card)
    assert shared.uniall.job("too bold but milder")
    await shared.settled(mia, 1)


# With a bot of their own


@pytest.mark.parametrize(
    "when", ["while it renders", "during the post in the channel", "during the post in the thread"]
)
async def test_a_deleted_thread_and_a_kill_still_post_the_video_exactly_once(studio: Studio, when: str) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "first"))
    await rendering(thread, mia, "second")
    inside, outside = POSTS.format(thread.channel.id), POSTS.format(room.channel.id)
    if when == "while it renders":
        await studio.bot.kill()
        studio.discord.world.delete_channel(thread.channel)
        studio.uniall.job("second").state = "completed"
    elif when == "during the post in the channel":
        studio.discord.world.delete_channel(thread.channel)
        fault = studio.discord.fail_next("POST", outside, "hang", after_processing=True)
        studio.uniall.job("second").state = "completed"
        await studio.discord.wait_for(lambda: fault.hits == 1, "the post in the channel")
        await room.wait_results(2)
        await studio.bot.kill()
    else:
        fault = studio.discord.fail_next("POST", inside, "hang", after_processing=True)
        studio.uniall.job("second").state = "completed"
        await thread.wait_results(1)
        await studio.bot.kill()
        studio.discord.world.delete_channel(thread.channel)
    studio.discord.faults.stop()
    await studio.start()
    await studio.discord.wait_for(
        lambda: [post.state for post in studio.database.deliveries()].count("sent") == 2, "both sent"
    )
    assert len(room.results()) == 2
    await studio.settled(mia, 2)
    assert [post.message_id for post in studio.database.deliveries()] == [message.id for message in room.results()]


async def test_a_thread_locked_at_a_kill_and_opened_again_is_not_posted_in_twice(studio: Studio) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    thread = await opened(room, mia, await room.make(mia, "first"))
    await rendering(thread, mia, "second")
    studio.discord.world.archive(thread.channel, archived=True, locked=True)
    studio.discord.fail_next("POST", POSTS.format(room.channel.id), "hang", after_processing=True)
    studio.uniall.job("second").state = "completed"
    await room.wait_results(2)
    await studio.bot.kill()
    studio.discord.faults.stop()
    studio.discord.world.archive(thread.channel, archived=False)
    await studio.start()
    await studio.discord.wait_for(
        lambda: [post.state for post in studio.database.deliveries()].count("sent") == 2, "both sent"
    )
    assert (len(room.results()), len(thread.results())) == (2, 0)
    await studio.settled(mia, 2)
