"""What was asked in a private place is nobody's but its readers': in the tree, in forms, on cards, in what is inherited."""

import pytest

from tests.process.conftest import Room, Studio, image, said
from tests.standins.discord import Channel, Message, Permission, Person
from tests.standins.discord.invocation import Invocation
from tests.standins.discord.model import walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = "a version in another place"
READ = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY


def private_thread(room: Room, *members: Person) -> Room:
    """With these in it, and the bot."""
    world = room.studio.discord.world
    thread = world.add_thread(room.channel, "our secret room", members[0].user, starter=None, minutes=60, private=True)
    assert thread.thread is not None
    thread.thread.member_ids |= {world.bot.id, *(person.id for person in members)}
    return Room(room.studio, thread)


async def refused(invocation: Invocation) -> str:
    """What only the member is told."""
    answer = await invocation.answer()
    assert answer.ephemeral, answer
    return answer.text


THUMBNAIL = 11


def covered(message: Message) -> list[bool]:
    """Whether each picture and video that a message shows is a spoiler."""
    shown = [item for part in walk(message.components) for item in part.get("items", [])]
    shown += [part for part in walk(message.components) if part["type"] == THUMBNAIL]
    return [bool(item.get("spoiler")) for item in shown]


async def menu_of(person: Person, page: Message) -> tuple[Message, list[dict[str, str]]]:
    """The tree behind the newest of a page of `/history`, and what its menu offers."""
    tree = await person.press(page, "Versions").message()
    menus = [part for part in walk(tree.components) if part["type"] == 3]
    return tree, [option for menu in menus for option in menu["options"]]


def menu(tree: Message) -> str:
    """The custom id of the menu of a tree."""
    return next(str(part["custom_id"]) for part in walk(tree.components) if part["type"] == 3)


async def test_a_private_thread_does_not_leak_through_a_family(shared: Studio, room: Room) -> None:
    ann, bob, cem = (room.person(name) for name in ("Ann", "Bob", "Cem"))
    secret = private_thread(room, ann, bob)
    first = await secret.make(ann, "the hidden crown of Ann", image=image())
    opened = bob.at(secret.channel).press(first, "Remix")
    await opened.answer()
    # The same form, sent in in public.
    opened.channel = room.channel
    bobs = await bob.submit_modal(
        opened, {"prompt": "the open crown of Bob", "orientation": ["none:landscape"]}
    ).message()
    assert (bobs.channel, "another place" in said(bobs)) == (room.channel, True)
    second = await room.result(bobs)
    again = await cem.press(second, "Again").message()
    third = await room.result(again)
    tree, offered = await menu_of(cem, await cem.slash("history").message())
    assert said(tree).count(ELSEWHERE) == 1
    assert [option["label"] for option in offered] == ["v2", "v3"]
    for message in (*room.messages(viewer=cem), tree, again, third):
        told = str(message.components) + message.content
        assert "hidden" not in told, told
        assert secret.channel.id not in told
        assert "without the image" not in told
    [hidden_id] = [job.id for job in shared.database.generations() if "hidden" in job.prompt]
    assert "another place" in await refused(cem.select(tree, menu(tree), [hidden_id]))
    # Whoever is in the thread reads on; once out of it, no more: also not with a form opened before.
    tree, offered = await menu_of(bob, await bob.slash("history").message())
    assert ("hidden" in said(tree), [option["label"] for option in offered]) == (True, ["v1", "v2", "v3"])
    before = bob.select(tree, menu(tree), [hidden_id])
    await before.answer()
    assert secret.channel.thread is not None
    secret.channel.thread.member_ids.discard(bob.id)
    assert "another place" in await refused(bob.submit_modal(before, {"prompt": "mine now"}))
    tree, offered = await menu_of(bob, await bob.slash("history").message())
    assert (ELSEWHERE in said(tree), [option["label"] for option in offered]) == (True, ["v2", "v3"])
    # Their own is theirs wherever it was made.
    mine = await ann.slash("history").message()
    tree, _ = await menu_of(ann, mine)
    assert "hidden crown" in said(mine) + said(tree)


async def test_a_channel_made_private_since_is_another_place(shared: Studio, room: Room) -> None:
    ann, bob = room.person("Ann"), room.person("Bob")
    other: Channel = shared.room("other").channel
    first = await room.make(ann, "a heron at dawn")
    opened = await ann.at(room.channel).press(first, "Remix").answer()
    assert opened.type == 9
    form = ann.press(first, "Remix")
    await form.answer()
    form.channel = other
    card = await ann.submit_modal(form, {"prompt": "a heron at dusk"}).message()
    assert "dawn" not in said(card)
    second = await Room(shared, other).result(card)
    made = await bob.at(other).press(second, "Again").message()
    await Room(shared, other).result(made)
    tree, _ = await menu_of(bob.at(other), await bob.at(other).slash("history").message())
    assert "dawn" in said(tree)
    shared.discord.world.overwrite(room.channel, shared.discord.guild.id, deny=READ)
    shared.discord.world.overwrite(room.channel, shared.discord.world.bot.id, allow=READ)
    tree, offered = await menu_of(bob.at(other), await bob.at(other).slash("history").message())
    assert "dawn" not in said(tree)
    assert (ELSEWHERE in said(tree), [option["label"] for option in offered]) == (True, ["v2", "v3"])


async def test_a_spoiler_stays_covered_and_names_and_old_links_are_shown_safely(shared: Studio, room: Room) -> None:
    mia = room.person("Mia")
    prompt = f"{mia.user.mention} at evil.example"
    card = await mia.slash("sora", prompt=prompt, image=image(name="SPOILER_x.png")).message()
    result = await room.result(card)
    assert (covered(card), covered(result)) == ([True], [True])
    assert "Mia at evil" in said(card)
    again = await mia.press(result, "Again").message()
    assert (covered(again), covered(await room.result(again))) == ([True], [True])
    form = mia.message_menu("Animate image", card)
    await form.answer()
    animated = await mia.submit_modal(form, {"prompt": "it moves"}).message()
    assert covered(animated) == [True]
    await room.result(animated)
    shared.discord.world.harmful.add("evil.example")
    try:
        page = await mia.slash("history").message()
        assert ("Mia at …" in said(page), "it moves" in said(page)) == (True, True)
        tree, _ = await menu_of(mia, page)
        assert "evil" not in said(tree)
    finally:
        shared.discord.world.harmful.clear()


async def test_a_prompt_that_the_link_filter_refuses_is_refused_before_it_is_paid(shared: Studio, room: Room) -> None:
    mia, world = room.person("Mia"), shared.discord.world
    old = await room.make(mia, "a poster of bad.example")
    world.harmful.add("bad.example")
    try:
        answer = await mia.slash("sora", prompt="go to https://bad.example/x").answer()
        assert (answer.ephemeral, "link filter" in answer.text) == (True, True)
        bot = world.bot
        hint = await room.answer_to(mia.say(f"{bot.mention} see bad.example"))
        assert hint.content or said(hint)
        form = mia.press(old, "Remix")
        await form.answer()
        # What the old prompt had is no fault of the new one, and a form that was refused can be sent again.
        first = await mia.submit_modal(form, {"prompt": "https://bad.example"}).answer()
        assert (first.ephemeral, "link filter" in first.text) == (True, True)
        card = await mia.submit_modal(form, {"prompt": "a poster of a cat"}).message()
        assert "bad.example" not in said(card)
        await room.result(card)
    finally:
        world.harmful.clear()
    assert not [job for job in shared.uniall.jobs.values() if "https://bad" in job.prompt or "see bad" in job.prompt]
    assert len(shared.database.in_state("cancelled")) == 2
