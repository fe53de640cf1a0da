"""Continue: the last frame starts the next version. Join: the chain as one video, once, and gone with any of its parts."""

import io
from pathlib import Path
from typing import cast

import av
import pytest
from PIL import Image

from tests.process.conftest import Room, Studio, buttons, image, said
from tests.process.hold import Hold
from tests.process.iterating.forms import fields, filled, pressed, refusal
from tests.process.stage import books_agree
from tests.process.test_private_families import private_thread
from tests.standins.discord import Message, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def go_on(room: Room, person: Person, result: Message, prompt: str, **more: object) -> Message:
    """The video that continues another one."""
    form = await pressed(person.at(room.channel), result, "Continue")
    card = await person.submit_modal(form, {"prompt": prompt, **more}).message()
    assert "goes on from its last frame" in said(card)
    return await room.result(card)


async def joined(room: Room, person: Person, last: Message) -> Message:
    """The joined video of a chain, posted and recorded."""
    before = room.results()
    told = await person.at(room.channel).press(last, "Join").answer()
    assert "are being joined into one video" in told.text, told.text
    assert told.ephemeral
    await room.wait_results(len(before) + 1)
    await room.studio.discord.wait_for(room.studio.database.at_rest, "all recorded")
    [found] = [message for message in room.results() if message not in before]
    return found


async def delete(person: Person, result: Message) -> None:
    sure = await person.press(result, "Delete").message()
    await person.press(sure, "Delete for everyone").answer()


def frames(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data), "r") as file:
        shown = (cast("Image.Image", frame.to_image()) for frame in file.decode(video=0))  # pyright: ignore[reportUnknownMemberType]
        return [image.tobytes() for image in shown]


def video_of(message: Message) -> bytes:
    [file] = [file for file in message.attachments if file.filename.endswith(".mp4")]
    return file.data


async def test_a_chain_is_continued_joined_once_and_goes_with_any_of_its_parts(fresh: Studio) -> None:
    room, mia, eve = fresh.room(), fresh.person("Mia"), fresh.person("Eve")
    mia, eve = mia.at(room.channel), eve.at(room.channel)
    first = await room.make(mia, "one")
    assert buttons(first) == ["Again", "Remix", "Continue", "Thread", "Delete", "Report"]
    form = await pressed(eve, first, "Continue")
    assert filled(form) == {"prompt": "one", "model": "=same", "duration": "4"}
    assert set(fields(form)) == {"prompt", "model", "duration"}
    await fresh.bot.kill()
    await fresh.start()
    card = await eve.submit_modal(form, {"prompt": "two"}).message()
    second = await room.result(card)
    assert [file.filename for file in card.attachments] == ["reference.png"]
    given = Image.open(io.BytesIO(fresh.uniall.job("two").image or b"")).convert("RGB")
    assert (given.size, given.tobytes()) == ((64, 48), frames(video_of(first))[-1])
    assert "Join" in buttons(second)
    third = await go_on(room, mia, second, "three")
    before = (fresh.spent(mia), fresh.spent(eve), fresh.database.entries(mia.id), fresh.database.entries(eve.id))

    whole = await joined(room, eve, third)
    assert frames(video_of(whole)) == [frame for part in (first, second, third) for frame in frames(video_of(part))]
    assert "v1, v2, v3" in said(whole)
    assert eve.id in whole.pinged
    assert buttons(whole) == ["Thread", "Delete", "Report"]
    after = (fresh.spent(mia), fresh.spent(eve), fresh.database.entries(mia.id), fresh.database.entries(eve.id))
    assert before == after
    await books_agree(fresh)
    for person in (eve, mia):
        assert f"/{whole.id}" in (await refusal(person.press(third, "Join"))).content
    page = await eve.slash("history").message()
    assert "joined from v1, v2, v3" in said(page)
    tree = await eve.press(page, "Versions").message()
    assert "joined from v1, v2, v3" in said(tree)
    report = await (fresh.moderator(room.channel)).slash("quota export", days=1).message()
    assert report.attachments[0].data.count(b"\n") == 1 + 3, "three videos were made by models"

    await delete(mia, first)
    await fresh.discord.wait_for(lambda: set(room.results()) == {second, third}, "the joined one gone")
    await fresh.discord.wait_for(fresh.database.at_rest, "all recorded")
    await fresh.discord.wait_for(lambda: len(list(fresh.bot.media.glob("*.mp4"))) == 2, "its file gone")
    assert "v1 was deleted" in (await refusal(eve.press(third, "Join"))).content
    assert "joined" not in said(await mia.slash("history").message())


async def test_what_is_made_again_still_continues_and_a_reply_to_the_joined_video_goes_on_from_its_last_part(
    fresh: Studio,
) -> None:
    room, mia = fresh.room(), fresh.person("Mia")
    mia = mia.at(room.channel)
    first = await room.make(mia, "one")
    second = await go_on(room, mia, first, "two")
    card = await mia.press(second, "Again").message()
    again = await room.result(card)
    assert "Join" in buttons(again)
    whole = await joined(room, mia, again)
    assert "v1, v3" in said(whole)
    answer = await room.answer_to(mia.reply(whole, "four"))
    assert "rom [v3]" in said(answer)
    await room.result(answer)
    await delete(mia, whole)
    await fresh.discord.wait_for(lambda: whole not in room.results(), "it gone")
    once_more = await joined(room, mia, again)
    assert "v1, v3" in said(once_more)
    fresh.discord.world.delete(once_more)
    await joined(room, mia, again)


async def test_a_part_whose_file_is_gone_is_read_from_its_message_and_else_named(fresh: Studio) -> None:
    room, mia = fresh.room(), fresh.person("Mia")
    mia = mia.at(room.channel)
    first = await room.make(mia, "one")
    second = await go_on(room, mia, first, "two")
    for file in fresh.bot.media.glob("*.mp4"):
        file.unlink()
    third = await go_on(room, mia, second, "three")
    given = Image.open(io.BytesIO(fresh.uniall.job("three").image or b"")).convert("RGB")
    assert given.tobytes() == frames(video_of(second))[-1]
    whole = await joined(room, mia, third)
    assert len(frames(video_of(whole))) == 36
    await delete(mia, whole)
    await fresh.discord.wait_for(lambda: whole not in room.results(), "it gone")
    fresh.discord.world.delete(second)
    await mia.press(third, "Join").answer()
    note = await fresh.discord.wait_for(
        lambda: next((one for one in room.messages() if "v2 was deleted" in said(one)), None), "the note"
    )
    assert note.pinged == {mia.id}
    file = fresh.database.generations("two")[0].video_file
    (fresh.bot.media / str(file)).unlink(missing_ok=True)
    form = await pressed(mia, room.forged(f"continue:{fresh.database.generations('two')[0].id}"), "Forged")
    gone = await refusal(mia.submit_modal(form, {"prompt": "four"}))
    assert "can no longer be read" in gone.content
    assert fresh.spent(mia) == (3, 0)


async def test_only_those_join_who_may_see_every_part_and_who_is_forgotten_takes_it_along(fresh: Studio) -> None:
    room, ann, cem = fresh.room(), fresh.person("Ann"), fresh.person("Cem")
    secret = private_thread(room, ann.at(room.channel))
    first = await secret.make(ann, "hidden", image=image())
    form = await pressed(ann.at(secret.channel), first, "Continue")
    form.channel = room.channel
    card = await ann.at(room.channel).submit_modal(form, {"prompt": "open"}).message()
    second = await room.result(card)
    told = (await refusal(cem.at(room.channel).press(second, "Join"))).content
    assert "v1 is in another place" in told
    whole = await joined(room, ann, second)
    asked = await ann.at(room.channel).slash("privacy delete").message()
    await ann.press(asked, f"privacy-delete:{ann.id}").message()
    await fresh.discord.wait_for(lambda: room.results() == [second], "the joined one gone")
    await fresh.discord.wait_for(fresh.database.at_rest, "all recorded")
    assert whole.deleted


@pytest.fixture
def hold(tmp_path: Path) -> Hold:
    """Not yet in anybody's environment."""
    return Hold(tmp_path, "bot.media.videos.join")


async def test_a_join_survives_a_kill_in_its_middle_is_one_in_a_server_and_ends_with_a_part(
    studio: Studio, hold: Hold
) -> None:
    await studio.start(**hold.env(studio))
    room, mia = Room(studio, studio.discord.channel), studio.person("Mia")
    first = await room.make(mia, "one")
    second = await go_on(room, mia, first, "two")
    third = await go_on(room, mia, first, "three")
    await mia.press(second, "Join").answer()
    await studio.discord.wait_for(lambda: hold.working, "an encoder at work")
    assert "is being joined already" in (await refusal(mia.press(second, "Join"))).content
    assert "Another video of this server" in (await refusal(mia.press(third, "Join"))).content
    await studio.bot.kill()
    await studio.discord.wait_for(lambda: not hold.working, "an end of the encoder")
    await studio.start(**hold.env(studio))
    await studio.discord.wait_for(lambda: hold.working, "another one")
    await hold.release()
    [whole] = [message for message in await room.wait_results(4) if "v1, v2" in said(message)]
    await studio.discord.wait_for(studio.database.at_rest, "all recorded")
    assert len(frames(video_of(whole))) == 24
    assert "already" in (await refusal(mia.press(second, "Join"))).content

    await mia.press(third, "Join").answer()
    await studio.discord.wait_for(lambda: hold.working, "an encoder for the other chain")
    await delete(mia, first)
    await hold.release()
    await studio.discord.wait_for(studio.database.at_rest, "all at rest")
    assert set(room.results()) == {second, third}
    assert sum("v1 was deleted" in said(message) for message in room.messages()) == 1
    await studio.discord.wait_for(lambda: len(list(studio.bot.media.glob("*.mp4"))) == 2, "no file left")
