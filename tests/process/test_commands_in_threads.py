"""`/sora` and `/video` in the thread of a video: what is not said goes on, what is typed wins, and the card says which."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.catalog.catalog import Catalog
from tests.process.conftest import Room, Studio, buttons, image, picture, said, studio_in

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A bot whose key has every model of the shipped catalogue."""
    async with studio_in(tmp_path_factory.mktemp("threads")) as made:
        made.uniall.models = tuple({offer.model: None for offer in Catalog.read().offers})
        await made.start()
        yield made


async def test_both_keep_what_is_not_said_and_what_is_typed_wins(shared: Studio, room: Room) -> None:
    mia, eve = room.person("Mia"), room.person("Eve")
    first = await room.result(
        await mia.slash(
            "sora", prompt="a dancer", model="Sora 2 Pro 720p", orientation="portrait", duration=8
        ).message()
    )
    await mia.press(first, "Thread").message()
    thread = room.thread(first)
    inside, other = mia.at(thread.channel), eve.at(thread.channel)
    card = await inside.slash("sora", prompt="a dancer in the rain").message()
    assert "Sora 2 Pro 720p · Portrait · 8 s · $1.632 · v2" in said(card)
    assert "Kept from this thread's video: Sora 2 Pro 720p · Portrait · 8 s" in said(card)
    await thread.result(card)
    await shared.bot.stop()
    await shared.start()
    card = await other.slash("video", prompt="a dancer at sea", seconds=4).message()
    assert "Sora 2 Pro 720p · Portrait · 4 s · $0.816 · v3" in said(card)
    assert "Kept from this thread's video: Sora 2 Pro 720p · Portrait\n" in said(card)
    offered = await inside.autocomplete("video", "seconds", prompt="x", seconds="8").answer()
    assert {choice["name"]: choice["value"] for choice in offered.choices} == {"8 s · $1.632 · Sora 2 Pro 720p": 8}
    outside = await mia.slash("sora", prompt="outside").message()
    assert "**Sora 2 · Landscape · 4 s · $0.272**" in said(outside)


async def test_a_model_that_is_typed_takes_the_nearest_and_leaves_out_what_it_cannot_do(room: Room) -> None:
    mia = room.person()
    given = {"model": "Wan 2.6 720p", "shape": "portrait", "seconds": 15, "seed": 7, "avoid": "rain"}
    first = await room.result(await mia.slash("video", prompt="a pine", **given).message())
    await mia.press(first, "Thread").message()
    inside = mia.at(room.thread(first).channel)
    same = await inside.slash("sora", prompt="a fir").message()
    assert all(part in said(same) for part in ("Wan 2.6 720p · Portrait · 15 s", "seed 7", "not to show: rain"))
    sora = await inside.slash("sora", prompt="a larch", model="Sora 2").message()
    assert "Sora 2 · Portrait · 16 s · $1.088" in said(sora)
    assert all(part in said(sora) for part in ("15 s → 16 s", "seed 7 → none", "not to show: rain → none"))
    refused = await inside.slash("video", prompt="a yew", model="Sora 2", seed=9).message()
    assert "What does not fit: seed 9" in said(refused)
    assert buttons(refused) == ["Open the form again"]
    pictured = await inside.slash("sora", prompt="an ash", image=image(picture(600, 300))).message()
    assert "Sora 2 · Landscape · 16 s" in said(pictured)
