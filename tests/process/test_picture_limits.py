"""A picture over the wire: in the field of its model, at an address where it is as the model takes it; or nothing is sent."""

from io import BytesIO

import aiohttp
import pytest
from PIL import Image

from tests.process.conftest import Studio, image, picture, said
from tests.standins.uniall_server import EVERY_MODEL

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def pixels(url: str) -> tuple[int, int]:
    """The size of the picture at an address, as UniAll would fetch it."""
    async with aiohttp.ClientSession() as session, session.get(url) as got:
        return Image.open(BytesIO(await got.read())).size


async def test_a_picture_is_fitted_to_its_model_shown_and_sent_or_refused_with_who_takes_it(studio: Studio) -> None:
    studio.uniall.models = EVERY_MODEL
    await studio.start()
    mia = studio.person()
    asked = {"model": "Happy-Horse 720p", "duration": 4, "orientation": "landscape"}

    wide = await mia.slash("sora", prompt="wide", image=image(picture(960, 300)), **asked).answer()
    assert wide.ephemeral
    assert "3.2 times as wide as high; Happy-Horse 720p takes at most 2.5" in wide.text
    assert "Vidu Q3 Turbo 720p" in wide.text
    assert studio.database.generations() == []
    assert not studio.uniall.jobs

    card = await mia.slash("sora", prompt="small", image=image(picture(100, 150)), **asked).message()
    assert "Shape follows the picture" in said(card)
    [result] = await studio.wait_results(1)
    assert "Shape follows the picture" in said(result)
    fields = studio.uniall.job("small").fields
    assert set(fields) == {"model", "prompt", "duration", "image"}
    assert await pixels(str(fields["image"])) == (300, 450)

    mia.reply(result, "again", files=[image(picture(90, 60))])
    await studio.discord.wait_for(lambda: len(studio.results()) == 2, "the next version")
    assert await pixels(str(studio.uniall.job("again").fields["image"])) == (450, 300)


async def test_both_pictures_of_a_job_that_waited_are_fetched_where_its_card_has_them_now_and_go_with_its_member(
    studio: Studio,
) -> None:
    studio.uniall.models = EVERY_MODEL
    studio.uniall.seconds = 600
    await studio.start(MAX_IN_FLIGHT="1")
    mia = studio.person()
    await mia.slash("sora", prompt="first").message()
    await studio.discord.wait_for(lambda: len(studio.uniall.jobs) == 1, "the first job")
    pictures = {"image": image(picture(400, 300)), "end_image": image(picture(60, 90))}
    more = {"sound": "on", "avoid": "rain", "shape": "square"}
    card = await mia.slash("video", prompt="two", model="Kling 3 Std", seconds=5, **pictures, **more).message()
    assert [file.filename for file in card.shown_files] == ["reference.png", "end.png"]
    for words in ("Shape follows the picture", "with sound", "ends with a picture", "not to show: rain"):
        assert words in said(card)

    def recorded() -> bool:
        [job] = studio.database.generations("two")
        return bool(job.image_url and job.end_image_url)

    await studio.discord.wait_for(recorded, "the card recorded")
    studio.database.accepted_earlier("two", seconds=6)
    studio.uniall.job("first").state = "completed"
    await studio.discord.wait_for(lambda: len(studio.uniall.jobs) == 2, "the second job")
    assert studio.discord.requests("GET", rf"/messages/{card.id}$")
    job = studio.uniall.job("two")
    assert set(job.fields) == {"model", "prompt", "duration", "image", "last_image", "extra_body"}
    assert job.fields["extra_body"] == {"negative_prompt": "rain"}
    assert await pixels(str(job.fields["image"])) == (400, 300)
    assert await pixels(str(job.fields["last_image"])) == (300, 450)

    job.state = "completed"
    await studio.wait_card(card, "Done")
    assert [file.filename for file in card.shown_files] == ["reference.png", "end.png"]
    files = lambda: sorted(file.name.rpartition("-")[2] for file in studio.bot.media.glob("*.png"))  # noqa: E731
    assert files() == ["end.png", "reference.png"]
    asked = await mia.slash("privacy delete").message()
    await mia.press(asked, f"privacy-delete:{mia.id}").message()
    await studio.discord.wait_for(lambda: not files(), "both pictures deleted")
    assert [(job.avoid, job.end_image_url) for job in studio.database.generations("")] == [(None, None)] * 2
