"""A refused `/sora` or `/video` offers the form with everything that was typed; where a form cannot help, it offers none."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.catalog.catalog import Catalog
from tests.process.conftest import Studio, buttons, image, picture, said, studio_in
from tests.process.iterating.forms import fields, filled, pressed

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = "Open the form again"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A bot whose key has every model of the shipped catalogue."""
    async with studio_in(tmp_path_factory.mktemp("refused")) as made:
        made.uniall.models = tuple({offer.model: None for offer in Catalog.read().offers})
        await made.start()
        yield made


async def test_everything_that_was_typed_comes_back_after_a_restart_and_makes_one_video(fresh: Studio) -> None:
    room = fresh.room()
    mia, eve, moderator = room.person("Mia"), room.person("Eve"), fresh.moderator(room.channel)
    await moderator.slash("config filter", add="wicked").message()
    await moderator.slash("style add", name="Noir", text="film noir").message()
    typed: dict[str, object] = {
        "prompt": "a wicked witch",
        "model": "Wan 2.6 720p",
        "seconds": 10,
        "avoid": "rain",
        "seed": 7,
        "style": "noir",
        "image": image(picture(300, 600)),
    }
    refused = await mia.slash("video", **typed).message()
    assert refused.viewer_id == mia.id
    assert buttons(refused) == [FORM]
    assert fresh.spent(mia) == (0, 0)
    await fresh.bot.kill()
    await fresh.start()
    form = await pressed(mia, refused, FORM)
    held = filled(form)
    assert (held["prompt"], held["model"], held["duration"]) == ("a wicked witch", "Wan 2.6 720p", "10")
    assert held["orientation"] == "picture"
    [carried] = (
        [part["description"] for part in form.first.data["components"] if part["component"]["custom_id"] == "prompt"]
        if form.first
        else [""]
    )
    assert carried == "Kept as far as the model can: style: noir · seed 7 · not to show: rain"
    card = await mia.submit_modal(form, {"prompt": "a good witch"}).message()
    assert "Wan 2.6 720p · Shape follows the picture · 10 s" in said(card)
    await room.result(card)
    job = fresh.uniall.job("a good witch\nfilm noir")
    assert job.image is not None
    assert job.fields["extra_body"] == {"seed": 7, "negative_prompt": "rain"}
    again = await mia.press(refused, FORM).answer()
    assert "You have sent this form already" in again.text
    [row] = refused.components
    stranger = await eve.forge(room.forged("x:1"), row["components"][0]["custom_id"]).answer()
    assert "That form belongs to another member" in stranger.text
    await fresh.settled(mia, 1)


async def test_another_model_leaves_out_what_it_cannot_do_at_the_price_that_the_form_shows(fresh: Studio) -> None:
    room = fresh.room()
    mia = room.person()
    refused = await mia.slash("video", prompt="a fox", model="Kling 3 Std", seed=1, sound="off", seconds=5).message()
    assert "What does not fit: seed 1" in said(refused)
    form = await pressed(mia, refused, FORM)
    duration: Any = fields(form)["duration"]
    lengths = {option["value"]: option["label"] for option in duration["options"]}
    assert lengths["5"] == "5 s · about $0.42"
    card = await mia.submit_modal(form, {}).message()
    assert "Kling 3 Std · Landscape · 5 s · about $0.42" in said(card)
    assert "Left out, because Kling 3 Std cannot do it: seed 1" in said(card)
    assert "without sound" in said(card)


async def test_a_picture_that_was_refused_is_not_carried_and_another_can_be_added(fresh: Studio) -> None:
    room = fresh.room()
    mia = room.person()
    refused = await mia.slash("sora", prompt="a map", image=image(b"no picture", "x.png")).message()
    assert "not a PNG, JPEG or WebP" in said(refused)
    form = await pressed(mia, refused, FORM)
    assert "picture" not in filled(form)["orientation"]
    card = await mia.submit_modal(form, {"image": image(picture(300, 600), "tall.png")}).message()
    assert "Sora 2 · Portrait · 4 s" in said(card)


async def test_it_is_offered_where_it_can_help_and_only_there(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    await moderator.slash("quota set", limit=0.1, unit="usd", per="day").message()
    for given in ({}, {"model": "nonsense"}, {"duration": 16, "model": "Kling 3 Std"}, {"orientation": "round"}):
        refused = await mia.slash("sora", prompt="p", **given).message()
        assert buttons(refused) == [FORM], said(refused)
    form = await pressed(mia, refused, FORM)
    assert "$" in said(await mia.submit_modal(form, {}).message())
    await moderator.slash("config block", member=mia.user).message()
    blocked = await mia.slash("sora", prompt="p").answer()
    assert (blocked.ephemeral, "components" in blocked.data and bool(blocked.data["components"])) == (True, False)
    assert fresh.spent(mia) == (0, 0)


async def test_in_the_thread_of_a_video_the_form_goes_on_from_it(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    await moderator.slash("config filter", add="wicked").message()
    first = await room.result(await mia.slash("sora", prompt="a cat", orientation="portrait", duration=8).message())
    await mia.press(first, "Thread").message()
    inside = mia.at(room.thread(first).channel)
    given = {"prompt": "a wicked cat", "seed": 7, "image": image(picture(600, 300))}
    refused = await inside.slash("video", model="Happy-Horse 720p", **given).message()
    form = await pressed(inside, refused, FORM)
    assert (filled(form)["model"], filled(form)["orientation"]) == ("Happy-Horse 720p", "picture")
    card = await inside.submit_modal(form, {"prompt": "a good cat"}).message()
    assert "Happy-Horse 720p · Shape follows the picture · 8 s · $0.7616 · v2" in said(card)
    assert "seed 7" in said(card)
    await room.thread(first).result(card)
    assert fresh.uniall.job("a good cat").fields["seed"] == 7
