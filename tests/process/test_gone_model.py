"""A model that is gone: nothing moves to another by itself; a button offers the nearest, at a price that holds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.catalog.catalog import Catalog
from tests.process.conftest import Room, Studio, buttons, image, picture, said, studio_in
from tests.standins.discord import Invocation, Message, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHOUT_SORA = tuple({offer.model: None for offer in Catalog.read().offers if "Sora" not in offer.family})
FORM = "Open the form again"
NEAREST = "Make it with Vidu Q3 Turbo 720p · about $0.24"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A bot whose key has no Sora."""
    async with studio_in(tmp_path_factory.mktemp("gone")) as made:
        made.uniall.models = WITHOUT_SORA
        await made.start()
        yield made


async def offer(invocation: Invocation) -> Message:
    """The refusal that only the member sees, with its button."""
    message = await invocation.message()
    assert message.viewer_id == invocation.user.id
    return message


async def pressed(person: Person, message: Message) -> Message:
    """The card that the first button of a refusal gives; the other opens the form."""
    return await person.press(message, buttons(message)[0]).message()


async def test_sora_that_is_gone_is_refused_with_a_button_that_makes_everything_that_was_typed(
    shared: Studio, room: Room
) -> None:
    mia = room.person()
    refused = await offer(
        mia.slash("sora", prompt="a fox", orientation="portrait", duration=8, image=image(picture(320, 400)))
    )
    assert "“Sora 2” is not available right now" in said(refused)
    assert buttons(refused) == ["Make it with Vidu Q3 Turbo 720p · about $0.48", FORM]
    assert shared.spent(mia) == (0, 0)
    await shared.bot.kill()
    await shared.start()
    card = await pressed(mia, refused)
    assert "Vidu Q3 Turbo 720p · Shape follows the picture · 8 s · about $0.48" in said(card)
    await room.result(card)
    sent = shared.uniall.job("a fox").fields
    assert (sent["model"], sent["duration"], "image" in sent) == ("viduq3t-720p", 8, True)
    again = await mia.press(refused, buttons(refused)[0]).answer()
    assert again.ephemeral
    assert "This button has made its video already" in again.text
    await shared.settled(mia, 1)


async def test_a_button_pressed_several_times_at_once_makes_one_video(shared: Studio, room: Room) -> None:
    mia, eve = room.person(), room.person("Eve")
    refused = await offer(mia.slash("sora", prompt="once"))
    assert buttons(refused) == [NEAREST, FORM]
    presses = [mia.press(refused, NEAREST) for _ in range(4)]
    texts = [(await press.answer()).text for press in presses]
    assert sum("Vidu Q3 Turbo 720p · Landscape · 4 s · about $0.24" in text for text in texts) == 1, texts
    await shared.settled(mia, 1)
    [row] = [part for part in refused.components if part["type"] == 1]
    stranger = await eve.forge(room.forged("x:1"), row["components"][0]["custom_id"]).answer()
    assert stranger.ephemeral
    assert "Only the member who asked" in stranger.text
    assert shared.spent(eve) == (0, 0)


@pytest.mark.parametrize(
    ("command", "given", "label"),
    [
        ("sora", {"model": "Sora 2 Pro 1080p"}, "Make it with Seedance 2.0 Fast 720p · 5 s · about $1.21"),
        ("video", {"model": "Sora 2", "seconds": 20}, "Make it with Vidu Q3 Turbo 720p · 16 s · about $0.96"),
        ("video", {"model": "sora2-portrait-8s", "seed": 4}, "Make it with Happy-Horse 720p · 8 s · $0.7616"),
        ("video", {"model": "Sora 2", "avoid": "rain", "sound": "off"}, "Make it with Kling 3 Std · about $0.336"),
        ("video", {"model": "Sora 2", "sound": "on", "seed": 4, "avoid": "x", "shape": "4:3"}, None),
    ],
)
async def test_every_refusal_of_a_model_that_is_gone_offers_the_nearest_if_there_is_one(
    room: Room, command: str, given: dict[str, object], label: str | None
) -> None:
    refused = await offer(room.person().slash(command, prompt="other", **given))
    assert "is not available right now" in said(refused)
    assert buttons(refused) == ([label, FORM] if label else [FORM])


async def test_video_without_a_model_moves_on_since_none_was_named(room: Room) -> None:
    card = await room.person().slash("video", prompt="anything").message()
    assert "Happy-Horse 720p · Landscape · 4 s · $0.3808" in said(card)
    await room.result(card)


async def test_a_picture_that_discord_has_dropped_is_said_to_be_gone(shared: Studio, room: Room) -> None:
    mia = room.person()
    refused = await offer(mia.slash("sora", prompt="late", image=image()))
    shared.discord.cdn.ahead = 2 * 86_400
    answer = await mia.press(refused, buttons(refused)[0]).answer()
    shared.discord.cdn.ahead = 0
    assert answer.ephemeral
    assert "That image is no longer there" in answer.text
    assert shared.spent(mia) == (0, 0)


async def test_a_model_that_the_server_does_not_allow_has_the_button_too(shared: Studio) -> None:
    shared.move()
    room = shared.room()
    mia, moderator = room.person(), shared.moderator(room.channel)
    await moderator.slash("config models", allow="Grok Imagine").message()
    refused = await offer(mia.slash("video", prompt="not allowed", model="Kling 3 Std"))
    assert "“Kling 3 Std” is not allowed in this server" in said(refused)
    assert buttons(refused) == ["Make it with Grok Imagine · 6 s · about $0.42", FORM]
    await moderator.slash("config limits", dearest=0.4).message()
    text = (await mia.press(refused, buttons(refused)[0]).answer()).text
    assert "would cost about $0.42, and this server allows at most $0.40" in text
    assert buttons(await offer(mia.slash("sora", prompt="too dear"))) == [FORM]
    assert shared.spent(mia) == (0, 0)


async def test_a_button_makes_nothing_for_more_than_it_says(tmp_path: Path) -> None:
    row = """
[[family]]
name = "Sora 2"
[[family.offer]]
model = "sora2"
format = "task"
seconds = [4]
usd_per_second = 0.05
[[family]]
name = "Other"
[[family.offer]]
model = "other"
format = "media"
seconds = [4]
usd_per_second = PRICE
"""
    file = tmp_path / "models.toml"
    file.write_text(row.replace("PRICE", "0.06"), "utf-8")
    async with studio_in(tmp_path, MODELS_FILE=str(file)) as studio:
        studio.uniall.models = ("other",)
        await studio.start()
        room = studio.room()
        mia = room.person()
        refused = await offer(mia.slash("sora", prompt="p"))
        assert buttons(refused) == ["Make it with Other · $0.24", FORM]
        await studio.bot.stop()
        file.write_text(row.replace("PRICE", "0.07"), "utf-8")
        await studio.start()
        dearer = await offer(mia.press(refused, "Make it with Other · $0.24"))
        assert "This costs $0.28 now; the button said $0.24. Nothing was made." in said(dearer)
        assert studio.uniall.jobs == {}
        card = await pressed(mia, dearer)
        assert "Other · Landscape · 4 s · $0.28" in said(card)
        await room.result(card)
        await studio.settled(mia, 1)
