"""A picture over the wire: in the field of its model, at an address where it is as the model takes it; or nothing is sent."""

from io import BytesIO

import aiohttp
import pytest
from PIL import Image

from tests.process.conftest import Studio, image, picture, said
from tests.standins.media_pages import MODELS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def pixels(url: str) -> tuple[int, int]:
    """The size of the picture at an address, as UniAll would fetch it."""
    async with aiohttp.ClientSession() as session, session.get(url) as got:
        return Image.open(BytesIO(await got.read())).size


async def test_a_picture_is_fitted_to_its_model_shown_and_sent_or_refused_with_who_takes_it(studio: Studio) -> None:
    studio.uniall.models = (*MODELS, "happy-horse-720p", "viduq3t-720p")
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
