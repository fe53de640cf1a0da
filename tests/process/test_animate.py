"""Animate image: the message menu, from whatever message carries a picture."""

import json

import pytest

from tests.process.conftest import Room, Studio, buttons, image, picture, said
from tests.standins.discord import Invocation, Message, Permission, Person, Upload
from tests.standins.discord.components import Media
from tests.standins.discord.model import COMPONENTS_V2

pytestmark = pytest.mark.asyncio(loop_scope="module")

MENU = "Animate image"


async def form(person: Person, message: Message) -> Invocation:
    """The form that the menu opens."""
    opened = person.message_menu(MENU, message)
    answer = await opened.answer()
    assert answer.type == 9, answer.text
    return opened


def choices(opened: Invocation) -> list[str]:
    """What the form offers as images, by name; nothing where there is one only."""
    assert opened.first is not None
    fields = {part["component"]["custom_id"]: part["component"] for part in opened.first.data["components"]}
    assert {"prompt", "orientation", "duration"} <= set(fields)
    return [option["label"] for option in fields.get("picture", {}).get("options", [])]


async def animated(room: Room, person: Person, opened: Invocation, prompt: str, **more: object) -> bytes | None:
    """The image that UniAll was given for a submitted form."""
    card = await person.submit_modal(opened, {"prompt": prompt, **more}).message()
    await room.result(card)
    return room.studio.uniall.job(prompt).image


async def test_the_image_of_anyone_becomes_the_reference_of_a_first_version(shared: Studio, room: Room) -> None:
    mia, eve = room.person("Mia"), room.person("Eve")
    message = eve.say("look", files=[image(), Upload(data=b"notes", filename="notes.txt")])
    opened = await form(mia, message)
    await shared.bot.kill()
    await shared.start()
    assert choices(opened) == []
    more: dict[str, object] = {"orientation": ["portrait"], "duration": ["8"]}
    assert await animated(room, mia, opened, "make it move", **more) == picture()
    job = shared.uniall.job("make it move")
    assert job.fields["model"] == "sora2-portrait-8s"
    card = next(message for message in room.messages() if "make it move" in said(message))
    assert (" · v" in said(card), [file.filename for file in card.attachments]) == (False, ["reference.png"])
    assert shared.spent(eve) == (0, 0)
    await shared.settled(mia, 1)


async def test_of_several_images_the_form_asks_which(shared: Studio, room: Room) -> None:
    mia = room.person()
    pictures = [picture(40 + number, 40) for number in range(4)]
    files = [image(data, f"p{number}.png") for number, data in enumerate(pictures)]
    files.insert(1, Upload(data=b"words", filename="words.txt"))
    message = mia.say("four", files=files)
    opened = await form(mia, message)
    assert choices(opened) == ["1 · p0.png", "2 · p1.png", "3 · p2.png", "4 · p3.png"]
    for wrong in ("9", "-1", "x"):
        answer = await mia.submit_modal(opened, {"prompt": "wrong", "picture": [wrong]}).answer()
        assert "not a possible choice" in answer.text
    assert await animated(room, mia, opened, "the third", picture=["2"]) == pictures[2]
    opened = await form(mia, message)
    assert await animated(room, mia, opened, "the first") == pictures[0]
    await shared.settled(mia, 2)


@pytest.mark.parametrize(
    "files",
    [[], *([Upload(data=picture(), filename=f"a.{end}")] for end in ("txt", "gif", "mp4", "mp3", "pdf", "zip"))],
)
async def test_without_an_image_it_is_one_clear_sentence(room: Room, files: list[Upload]) -> None:
    mia = room.person()
    answer = await mia.message_menu(MENU, mia.say("look", files=files)).answer()
    assert (answer.type, answer.ephemeral) == (4, True)
    assert answer.text == "That message has no image I can use. I take PNG, JPEG and WebP."


async def test_a_video_has_no_image_and_a_card_has_its_own(room: Room) -> None:
    mia = room.person()
    result = await room.make(mia, "moves", image=image())
    answer = await mia.message_menu(MENU, result).answer()
    assert "no image" in answer.text
    assert result.reply_to is not None
    assert await animated(room, mia, await form(mia, result.reply_to), "from the card") == picture()


@pytest.mark.parametrize("name", ["image.bin", "image"])
@pytest.mark.parametrize("kind", ["application/octet-stream", ""])
async def test_an_image_is_known_by_its_content_and_not_by_its_name(room: Room, name: str, kind: str) -> None:
    mia = room.person()
    message = mia.say("look", files=[image(name=name)])
    message.attachments[0].content_type = kind
    assert await animated(room, mia, await form(mia, message), f"{kind} from {name}".strip()) == picture()


async def test_what_says_to_be_an_image_stands_before_what_says_nothing(room: Room) -> None:
    mia = room.person()
    message = mia.say("look", files=[Upload(data=b"\0\1", filename="a.bin"), image(name="b.png")])
    assert choices(await form(mia, message)) == ["1 · b.png", "2 · a.bin"]


@pytest.mark.parametrize("data", [b"\0\1\2", b""], ids=["something else", "nothing"])
async def test_a_file_without_a_type_that_is_no_image_is_refused(shared: Studio, room: Room, data: bytes) -> None:
    mia = room.person()
    opened = await form(mia, mia.say("look", files=[Upload(data=data, filename="a.bin")]))
    refused = await mia.submit_modal(opened, {"prompt": "no image"}).answer()
    assert "not a PNG, JPEG or WebP" in refused.text or "is empty" in refused.text
    assert shared.spent(mia) == (0, 0)


async def test_a_file_without_a_type_that_is_too_large_is_named_before_a_form_opens(room: Room) -> None:
    mia = room.person()
    answer = await mia.message_menu(MENU, mia.say("big", files=[image(b"\0" * (21 * 2**20), "big.bin")])).answer()
    assert "too large" in answer.text


async def test_an_image_too_large_is_named_before_a_form_opens(room: Room) -> None:
    mia = room.person()
    answer = await mia.message_menu(MENU, mia.say("big", files=[image(b"\0" * (21 * 2**20))])).answer()
    assert "too large" in answer.text


async def test_what_only_says_that_it_is_an_image_is_refused_and_nothing_is_spent(shared: Studio, room: Room) -> None:
    mia = room.person()
    opened = await form(mia, mia.say("a lie", files=[image(b"just words")]))
    sent = mia.submit_modal(opened, {"prompt": "typed once"})
    await sent.answer()
    refused = sent.followups[-1] if sent.followups else sent.original  # a busy machine shows "thinking…" first
    assert refused
    assert "PNG, JPEG or WebP" in said(refused)
    assert buttons(refused) == ["Open the form again"]
    again = mia.press(refused, "Open the form again")
    assert "typed once" in json.dumps((await again.answer()).data)
    assert shared.spent(mia) == (0, 0)


async def test_an_image_that_is_gone_when_the_form_comes_is_named(shared: Studio, room: Room) -> None:
    mia = room.person()
    message = mia.say("soon gone", files=[image()])
    opened = await form(mia, message)
    message.attachments[0].gone = True
    refused = await mia.submit_modal(opened, {"prompt": "too late"}).message()
    assert "no longer there" in said(refused)
    assert shared.spent(mia) == (0, 0)


async def test_the_image_of_a_forwarded_message_counts(shared: Studio, room: Room) -> None:
    mia, world = room.person(), shared.discord.world
    original = mia.say("the original", files=[image()])
    forward = Message(id=world.ids.next(), channel=room.channel, author=mia.user, forwarded=original)
    world.publish(forward)
    assert await animated(room, mia, await form(mia, forward), "forwarded") == picture()


@pytest.mark.parametrize("where", ["image", "thumbnail"])
async def test_the_image_of_an_embed_counts_by_discords_own_address(shared: Studio, room: Room, where: str) -> None:
    mia, world = room.person(), shared.discord.world
    hidden = mia.say("behind the embed", files=[image()]).attachments[0]
    address = shared.discord.cdn.url(hidden)
    shown = {"url": "http://127.0.0.1:1/elsewhere.png", "proxy_url": address, "width": 320, "height": 180}
    message = Message(id=world.ids.next(), channel=room.channel, author=mia.user, content="https://example.com")
    message.embeds = [{"type": "link", "url": "https://example.com", where: shown}]
    world.publish(message)
    assert await animated(room, mia, await form(mia, message), f"embedded {where}") == picture()


async def test_a_picture_of_the_web_is_read_from_discord_and_not_from_there(
    shared: Studio, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia, world = room.person(), shared.discord.world
    hidden = mia.say("what Discord has of it", files=[image()]).attachments[0]
    inside = "http://127.0.0.1:1/inside.png"
    body = {"id": "1", "url": inside, "proxy_url": shared.discord.cdn.url(hidden), "content_type": "image/png"}
    unfurled = Media({**body, "width": 1, "height": 1}, None, None)

    def media(message: Message, url: str) -> Media:
        return unfurled

    monkeypatch.setattr(world.json, "_media", media)
    robot = room.person("Robot")
    message = Message(id=world.ids.next(), channel=room.channel, author=robot.user, flags=COMPONENTS_V2)
    message.components = [{"type": 12, "items": [{"media": {"url": inside}}]}]
    world.publish(message)
    opened = await form(mia, message)
    monkeypatch.undo()
    assert await animated(room, mia, opened, "from the proxy") == picture()


async def test_a_prompt_is_needed(shared: Studio, room: Room) -> None:
    mia = room.person()
    opened = await form(mia, mia.say("look", files=[image()]))
    answer = await mia.submit_modal(opened, {"prompt": "  "}).answer()
    assert "prompt is empty" in answer.text
    assert shared.spent(mia) == (0, 0)


async def test_nothing_opens_where_the_bot_may_not_post(shared: Studio, room: Room) -> None:
    mia = room.person()
    message = mia.say("look", files=[image()])
    shared.discord.revoke(room.channel, Permission.SEND_MESSAGES)
    answer = await mia.message_menu(MENU, message).answer()
    assert "Send Messages" in answer.text
    shared.discord.revoke(room.channel)


async def test_a_quota_holds_for_what_is_animated(shared: Studio, room: Room) -> None:
    mia, moderator = room.person(), shared.moderator(room.channel)
    await moderator.slash("quota set", limit=0, unit="videos", per="day", member=mia).message()
    pictures = [picture(30, 30), picture(31, 31)]
    opened = await form(mia, mia.say("look", files=[image(data) for data in pictures]))
    refused = await mia.submit_modal(opened, {"prompt": "not now", "picture": ["1"]}).message()
    assert "Videos are closed" in said(refused)
    await moderator.slash("quota set", limit=1, unit="videos", per="day", member=mia).message()
    again = mia.press(refused, "Open the form again")
    await again.answer()
    assert await animated(room, mia, again, "not now") == pictures[1], "what was chosen before"
    await shared.settled(mia, 1)


async def test_a_server_that_is_not_allowed_gets_one_sentence_from_every_gesture(studio: Studio) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    result = await room.make(mia, "while it was allowed")
    opened = mia.press(result, "Remix")
    await opened.answer()
    message = mia.say("look", files=[image()])
    await studio.bot.stop()
    await studio.start(ALLOWED_GUILD_IDS="1")
    for invocation in (
        mia.message_menu(MENU, message),
        mia.press(result, "Again"),
        mia.press(result, "Remix"),
        mia.press(result, "Thread"),
        mia.submit_modal(opened, {"prompt": "x"}),
        mia.slash("history"),
    ):
        answer = await invocation.answer()
        assert answer.ephemeral
        assert "not on the list of servers" in answer.text
    reply = mia.reply(result, "x")
    assert "not on the list of servers" in said(await room.answer_to(reply))
    assert studio.spent(mia) == (1, 0)
