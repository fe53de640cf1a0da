"""`/history`: pages, whole prompts, families as trees, and Post here for what could not be posted."""

import asyncio
import re

import pytest

from tests.process.conftest import Room, Studio, buttons, image, said
from tests.standins.discord import Message, Permission, Person
from tests.standins.discord.model import walk
from tests.standins.uniall import refuse

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def history(person: Person) -> Message:
    """The newest page, which only they see."""
    page = await person.slash("history").message()
    assert page.viewer_id == person.id
    return page


async def turned(person: Person, page: Message, label: str) -> str:
    """Another page, in place of this one."""
    before, pressed = said(page), person.press(page, label)
    assert (await pressed.answer()).type in (6, 7)  # a busy machine says first that it takes a moment
    await pressed.pulse.until(lambda: said(page) != before, lambda: "another page")
    return said(page)


def ids(page: Message) -> list[str]:
    """The ids of the entries, from their buttons."""
    return [button["custom_id"].partition(":")[2] for button in page.buttons if button["label"] == "Remix"]


def disabled(message: Message) -> list[str]:
    """The labels of its buttons that cannot be pressed."""
    return [str(button["label"]) for button in message.buttons if button.get("disabled")]


async def kept(room: Room, person: Person, prompt: str) -> Message:
    """The card of a video that is finished and could not be posted: its channel was closed to the bot meanwhile."""
    room.studio.uniall.seconds = 600
    card = await person.slash("sora", prompt=prompt).message()
    await room.studio.submitted(prompt)
    room.studio.discord.revoke(room.channel, Permission.ATTACH_FILES)
    room.studio.uniall.job(prompt).state = "completed"
    await room.studio.wait_card(card, "could not be posted here")
    room.studio.uniall.seconds = 0.2
    return card


async def test_a_history_without_videos_says_how_to_begin(room: Room) -> None:
    assert "None yet. Make one with /video or /sora." in said(await history(room.person()))


async def test_it_shows_ones_own_with_state_version_and_link(shared: Studio, room: Room) -> None:
    mia, eve = room.person("Mia"), room.person("Eve")
    await room.make(eve, "of somebody else")
    first = await room.make(mia, "the first of mia")
    reply = mia.reply(first, "the second of mia")
    second = await room.result(await room.answer_to(reply))
    shared.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    failed = await mia.slash("sora", prompt="the third of mia").message()
    await shared.wait_card(failed, "Failed")
    sure = await mia.press(first, "Delete").message()
    await mia.press(sure, buttons(sure)[0]).answer()
    assert first.reply_to is not None
    await shared.wait_card(first.reply_to, "removed")
    page = await history(mia)
    text = said(page)
    assert "of somebody else" not in text
    order = [text.index(words) for words in ("the third of mia", "the second of mia", "the first of mia")]
    assert order == sorted(order)
    assert re.findall(r"(?m)^(?:\*\*(v\d)\*\* · )?Sora.*(failed|done|removed)", text) == [
        ("", "failed"),
        ("v2", "done"),
        ("", "removed"),
    ]
    for message in (failed, second):
        assert f"/{room.channel.id}/{message.id})" in text
    assert buttons(page) == [
        *("Remix", "Versions"),
        *("Remix", "Versions"),
        *("Remix", "Versions"),
    ]
    [_, posted, _] = ids(page)
    again = await mia.press(room.forged(f"post-here:{posted}"), "Forged").answer()
    link = f"https://discord.com/channels/{shared.discord.guild.id}/{room.channel.id}/{second.id}"
    assert ("posted already" in again.text, link in again.text) == (True, True)
    assert (len(room.results()), shared.spent(mia)) == (2, (2, 0))


async def test_it_is_another_one_in_another_server(shared: Studio, room: Room) -> None:
    mia, world = room.person(), shared.discord.world
    await room.make(mia, "made here")
    guild = world.add_guild("Elsewhere")
    world.join(guild, mia.user)
    there = world.add_channel(guild, "general")
    assert "None yet" in said(await history(mia.at(there)))
    answer = await mia.in_direct_messages().slash("history").answer()
    assert "I work in servers" in answer.text


async def test_prompts_that_do_not_fit_are_whole_in_a_file(room: Room) -> None:
    mia = room.person()
    prompts = [f"{number} {'猫 **' * 700}"[:3999] + "!" for number in range(5)]
    for prompt in prompts:
        await mia.slash("sora", prompt=prompt).message()
    page = await history(mia)
    assert len(said(page)) <= 4000
    [file] = [one for one in page.attachments if one.filename == "prompts.txt"]  # beside pictures of what is done
    whole = file.data.decode()
    assert (file in page.shown_files, [prompt in whole for prompt in prompts]) == (True, [True] * 5)
    await mia.slash("sora", prompt="a short one").message()
    short = await history(mia)
    await turned(mia, short, "Older")
    await turned(mia, short, "Newer")
    assert len([one for one in short.attachments if one.filename == "prompts.txt"]) == 1
    await room.studio.settled(mia, 6)


async def test_a_page_turns_there_and_back_and_after_a_restart(shared: Studio, room: Room) -> None:
    mia = room.person()
    cards = [await mia.slash("sora", prompt=f"number {number:02}").message() for number in range(12)]
    for card in cards:
        await shared.wait_card(card, "Done")
    page = await history(mia)
    assert ("Page 1 of 3" in said(page), disabled(page)) == (True, ["Newer"])
    assert re.findall(r"number \d\d", said(page)) == [f"number {number:02}" for number in range(11, 6, -1)]
    await shared.bot.kill()
    await shared.start()
    assert re.findall(r"number \d\d", await turned(mia, page, "Older")) == [f"number {n:02}" for n in range(6, 1, -1)]
    assert re.findall(r"number \d\d", await turned(mia, page, "Older")) == ["number 01", "number 00"]
    assert ("Page 3 of 3" in said(page), disabled(page)) == (True, ["Older"])
    assert "Page 2 of 3" in await turned(mia, page, "Newer")
    asked = await mia.slash("privacy delete").message()
    await mia.press(asked, f"privacy-delete:{mia.id}").message()
    await shared.discord.wait_for(
        lambda: not [job for job in shared.database.generations() if job.prompt.startswith("number")], "forgotten"
    )
    assert "None yet" in await turned(mia, page, "Older")


async def test_it_searches_and_filters_and_a_page_of_it_outlives_a_restart(fresh: Studio) -> None:
    room = fresh.room()
    mia = room.person()
    await room.make(mia, "a black cat", image=image())
    for number in range(6):
        await room.make(mia, f"CAT number {number}", model="Sora 2 Pro 720p" if number == 3 else None)
    await room.make(mia, "a dog")
    page = await mia.slash("history", find="  cAt  ").message()
    assert ("· 7" in said(page), "words: cAt" in said(page)) == (True, True)
    stills = [part for part in walk(page.components) if part["type"] == 11]
    assert 3 <= len(stills) == len(page.shown_files)
    await fresh.bot.kill()
    await fresh.start()
    assert re.findall("cat|CAT number .", await turned(mia, page, "Older"))[-2:] == ["CAT number 0", "cat"]
    menu = next(part for part in walk(page.components) if part["type"] == 3)
    await mia.select(page, menu["custom_id"], ["find", "pictured"]).answer()
    assert ("a black cat" in said(page), "number" in said(page)) == (True, False)
    menu = next(part for part in walk(page.components) if part["type"] == 3)
    await mia.select(page, menu["custom_id"], ["find", "family:Sora 2 Pro 720p"]).answer()
    assert re.findall("CAT number .", said(page)) == ["CAT number 3"]
    menu = next(part for part in walk(page.components) if part["type"] == 3)
    await mia.select(page, menu["custom_id"], ["failed"]).answer()
    assert ("None of them fits: Failed" in said(page), buttons(page)) == (True, ["All my videos"])
    assert "· 8" in await turned(mia, page, "All my videos")
    nothing = await mia.slash("history", find="100% _").message()
    assert "None of them fits" in said(nothing)
    gone = await mia.press(room.forged("history:nobody:0:history-newer"), "Forged").answer()
    assert "That list is too old" in gone.text


async def test_a_family_of_forty_is_numbered_and_shown_in_pages(shared: Studio, room: Room) -> None:
    people = [room.person(f"M{number}") for number in range(3)]
    first = await room.make(people[0], "the root")
    shared.uniall.seconds = 0
    cards = await asyncio.gather(*(people[number % 3].press(first, "Again").message() for number in range(39)))
    numbers = sorted(int(found) for card in cards for found in re.findall(r"· v(\d+)", said(card))[:1])
    assert numbers == list(range(2, 41))
    for count in range(5, 41, 5):
        await room.wait_results(count)
    last = next(card for card in cards if re.search(r"· v40\b", said(card)))
    newest = await room.result(last)
    someone = people[cards.index(last) % 3]
    page = await history(someone)
    tree = await someone.press(page, next(b["custom_id"] for b in page.buttons if b["label"] == "Versions")).message()
    assert "40" in said(tree).splitlines()[1]
    assert re.search(r"Page \d of 2", said(tree))
    if "Earlier" not in disabled(tree):
        await turned(someone, tree, "Earlier")
    texts = [said(tree), await turned(someone, tree, "Later")]
    assert max(len(text) for text in texts) <= 4000
    seen = [int(number) for text in texts for number in re.findall(r"\[v(\d+)\]", text)]
    assert seen == list(range(1, 41))
    assert newest.id in texts[1]
    select = next(part for part in walk(tree.components) if part["type"] == 3)
    form = someone.select(tree, select["custom_id"], [select["options"][-1]["value"]])
    answer = await form.answer()
    assert answer.text.startswith("Remix v40")
    card = await someone.submit_modal(form, {"prompt": "the forty-first"}).message()
    assert "v41" in said(card)
    await room.result(card)
    await shared.discord.wait_for(lambda: sum(shared.spent(one)[1] for one in people) == 0, "nothing held")
    assert sum(shared.spent(one)[0] for one in people) == 41


async def test_a_tree_shows_branches_and_what_its_author_deleted(shared: Studio, room: Room) -> None:
    mia, eve = room.person("Mia"), room.person("Eve")
    root = await room.make(mia, "root")
    left = await room.result(await room.answer_to(eve.reply(root, "left")))
    await room.result(await room.answer_to(mia.reply(root, "right")))
    await room.result(await room.answer_to(mia.reply(left, "left of left")))
    asked = await eve.slash("privacy delete").message()
    await eve.press(asked, f"privacy-delete:{eve.id}").message()
    await shared.discord.wait_for(lambda: len(shared.database.generations("left")) == 0, "forgotten")
    tree = await mia.press(await history(mia), "Versions").message()
    lines = [line for line in said(tree).splitlines() if re.search(r"\bv\d", line)]
    assert [re.findall(r"v\d", line)[0] for line in lines] == ["v1", "v2", "v4", "v3"]
    assert "deleted by its author" in lines[1]
    select = next(part for part in walk(tree.components) if part["type"] == 3)
    assert [option["label"] for option in select["options"]] == ["v1", "v4", "v3"]


# Post here


async def test_what_could_not_be_posted_is_posted_where_its_author_says(shared: Studio, room: Room) -> None:
    mia, eve, other = room.person("Mia"), room.person("Eve"), shared.room("other")
    card = await kept(room, mia, "kept")
    page = await history(mia.at(other.channel))
    assert "done, not posted" in said(page)
    here = next(button["custom_id"] for button in page.buttons if button["label"] == "Post here")
    stranger = await eve.at(other.channel).press(other.forged(here), "Forged").answer()
    assert "Only the member" in stranger.text
    presses = [mia.at(other.channel).press(page, "Post here") for _ in range(3)]
    answers = [(await press.answer()).text for press in presses]
    assert sum("will be posted here" in answer for answer in answers) == 1
    [result] = await other.wait_results(1)
    assert (result.reply_to, result.pinged) == (None, {mia.id})
    await shared.wait_card(card, result.id)
    assert "posted already" in (await mia.press(page, "Post here").answer()).text
    shared.discord.revoke(room.channel)
    assert (len(other.results()), len(room.results())) == (1, 0)
    await shared.settled(mia, 1)
    again = await mia.press(result, "Again").message()
    assert again.channel is other.channel
    await other.result(again)


async def test_a_posted_video_is_posted_again_only_where_its_thread_or_channel_was_deleted(
    shared: Studio, room: Room
) -> None:
    mia, other = room.person("Mia"), shared.room("other")
    result = await room.make(mia, "in a thread")
    await mia.press(result, "Thread").message()
    inside = room.thread(result)
    await inside.make(mia, "went down with it")
    deleted = await room.make(mia, "deleted by hand")
    there = mia.at(other.channel)
    page = await history(there)
    assert "Post here" not in buttons(page)
    shared.discord.world.delete(deleted)
    shared.discord.world.delete_channel(inside.channel)
    offered = await history(there)
    assert buttons(offered).count("Post here") == 1
    assert f"post-here:{ids(page)[1]}" in [button["custom_id"] for button in offered.buttons]
    presses = [there.press(other.forged(f"post-here:{one}"), "Forged") for one in ids(page)]
    by_hand, in_thread, first = [await press.answer() for press in presses]
    assert "no longer there" in by_hand.text
    assert "will be posted here" in in_thread.text
    assert "posted already" in first.text
    [again] = await other.wait_results(1)
    assert again.pinged == {mia.id}
    recorded = lambda: any(post.message_id == again.id for post in shared.database.deliveries())  # noqa: E731
    await shared.discord.wait_for(recorded, "the post recorded")
    await shared.settled(mia, 3)
    assert "posted already" in (await there.press(offered, "Post here").answer()).text


async def test_a_video_whose_channel_is_gone_is_posted_elsewhere_after_a_kill(shared: Studio, room: Room) -> None:
    mia, other = room.person(), shared.room("other")
    shared.uniall.seconds = 600
    await mia.slash("sora", prompt="channel gone").message()
    await shared.submitted("channel gone")
    shared.discord.world.delete_channel(room.channel)
    shared.uniall.job("channel gone").state = "completed"
    await shared.discord.wait_for(
        lambda: any(post.state == "undeliverable" for post in shared.database.deliveries()), "given up"
    )
    there = mia.at(other.channel)
    page = await history(there)
    assert "go there" in said(page)
    fault = shared.discord.fail_next("POST", rf"^/channels/{other.channel.id}/messages$", "hang", after_processing=True)
    await there.press(page, "Post here").answer()
    await other.wait_results(1)
    assert fault.hits == 1
    assert "on its way" in (await there.press(page, "Post here").answer()).text
    await shared.bot.kill()
    shared.discord.faults.stop()
    await shared.start()
    there_now = lambda: [post.state for post in shared.database.deliveries() if post.channel_id == other.channel.id]  # noqa: E731
    await shared.discord.wait_for(lambda: "sent" in there_now(), "sent")
    assert len(other.results()) == 1
    await shared.settled(mia, 1)


async def test_post_here_needs_permission_a_finished_video_and_its_file(shared: Studio, room: Room) -> None:
    mia, other = room.person(), shared.room("other")
    await kept(room, mia, "kept too")
    shared.discord.revoke(other.channel, Permission.ATTACH_FILES)
    there = mia.at(other.channel)
    page = await history(there)
    assert "Attach Files" in (await there.press(page, "Post here").answer()).text
    shared.discord.revoke(other.channel)
    [done] = shared.database.generations("kept too")
    video = shared.bot.media / str(done.video_file)
    away = video.rename(video.with_suffix(".away"))
    assert "no longer there" in (await there.press(page, "Post here").answer()).text
    away.rename(video)
    shared.uniall.seconds = 600
    await there.slash("sora", prompt="not yet").message()
    await shared.submitted("not yet")
    [waiting] = [job.id for job in shared.database.generations("not yet")]
    early = await there.press(other.forged(f"post-here:{waiting}"), "Forged").answer()
    assert "not finished yet" in early.text
    shared.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    failed = await there.slash("sora", prompt="never").message()
    await shared.wait_card(failed, "Failed")
    [never] = [job.id for job in shared.database.generations("never")]
    late = await there.press(other.forged(f"post-here:{never}"), "Forged").answer()
    assert "ended without a video" in late.text
    assert other.results() == []
    assert "will be posted here" in (await there.press(other.forged(f"post-here:{done.id}"), "Forged").answer()).text
    await other.wait_results(1)
    shared.uniall.job("not yet").state = "completed"
    await other.wait_results(2)
    await shared.settled(mia, 2)


# Prompts that are no longer kept


async def test_a_video_whose_prompt_is_no_longer_kept_says_so_wherever_it_is_pressed(
    shared: Studio, room: Room
) -> None:
    mia = room.person("Mia")
    old = await room.make(mia, "an old one")
    root = next(iter(shared.database.generations("an old one"))).id
    await room.result(await room.answer_to(mia.reply(old, "a new one")))
    await shared.discord.wait_for(shared.database.at_rest, "nothing under way")
    shared.database.change("UPDATE generation SET prompt = '' WHERE id = ?", root)
    until = "SELECT max(accepted_at) FROM generation WHERE prompt <> ''"
    shared.database.change(f"INSERT INTO forgotten (member_id, until) SELECT '*', ({until})")
    try:
        for press in ("Again", "Remix"):
            assert "The prompt of this video is no longer kept" in said(await mia.press(old, press).message())
        answer = await room.answer_to(mia.reply(old, "and at night"))
        assert "The prompt of this video is no longer kept" in said(answer)
        page = await history(mia)
        assert "a new one" in said(page)
        assert re.search(r"Prompts of your videos from before <t:\d+:D> are no longer kept", said(page))
        assert "(prompt no longer kept)" in said(await mia.press(page, "Versions").message())
        shown = said(await mia.slash("privacy show").message())
        assert "**1** older video: the prompt and image copy are no longer kept" in shown
    finally:
        shared.database.change("DELETE FROM forgotten WHERE member_id = '*'")
