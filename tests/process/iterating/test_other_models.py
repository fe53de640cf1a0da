"""Remix, replies and Again from one model to another: all that it can do goes on, and nothing that it cannot is sent."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.process.conftest import Room, Studio, buttons, image, picture, said, studio_in
from tests.process.iterating.forms import fields, filled, pressed, refusal, sent
from tests.standins.discord import Invocation
from tests.standins.uniall_server import EVERY_MODEL

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def every(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A studio whose key has models of several vendors."""
    async with studio_in(tmp_path_factory.mktemp("every")) as made:
        made.uniall.models = EVERY_MODEL
        await made.start()
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def place(every: Studio) -> Room:
    """A channel of it."""
    every.as_ever()
    return every.room()


def options(form: Invocation, name: str) -> list[dict[str, str]]:
    """What a menu of an open form offers."""
    offered: list[dict[str, str]] = fields(form)[name]["options"]  # type: ignore[assignment]
    return offered


async def test_another_model_that_lacks_the_length_is_refused_and_its_form_offers_its_own(place: Room) -> None:
    studio, mia = place.studio, place.person()
    result = await place.make(mia, "a fox")
    form = await pressed(mia, result, "Remix")
    labels = [option["label"] for option in options(form, "duration")]
    assert labels == ["4 s · $0.272", "8 s · $0.544", "12 s · $0.816", "16 s · $1.088", "20 s · $1.36"]
    assert "Grok Imagine (about $0.07 a second)" in [option["label"] for option in options(form, "model")]
    refused = await mia.submit_modal(form, {"prompt": "an owl", "model": ["Grok Imagine"]}).message()
    assert refused.viewer_id == mia.id
    for words in (
        "“Grok Imagine” cannot make that",
        "What does not fit: 4 s.",
        "of 6 or 10 s",
        "Kling 3 Std",
        "Happy-Horse 720p",
    ):
        assert words in said(refused)
    assert buttons(refused) == ["Open the form again"]
    assert studio.spent(mia) == (1, 0)
    await studio.bot.kill()
    await studio.start()
    form = await pressed(mia, refused, "Open the form again")
    assert [option["label"] for option in options(form, "duration")] == ["6 s · about $0.42", "10 s · about $0.70"]
    assert [option["label"] for option in options(form, "orientation")] == ["Landscape", "Portrait", "Square"]
    assert filled(form)["model"] == "Grok Imagine"
    assert "It was 4 s, which is not available here with this model." in json.dumps(
        form.first.data if form.first else None
    )
    card = await mia.submit_modal(form, {"orientation": ["square"]}).message()
    for words in ("Sora 2 → Grok Imagine", "Landscape → Square", "4 s → 6 s", "about $0.42"):
        assert words in said(card)
    await place.result(card)
    wanted = {"model": "grok-imagine", "prompt": "an owl", "duration": 6, "aspect_ratio": "1:1", "size": "720p"}
    assert sent(studio, "an owl") == [wanted]
    await studio.settled(mia, 2)


async def test_nothing_costs_more_than_the_form_showed_though_another_model_was_chosen(place: Room) -> None:
    studio, mia = place.studio, place.person()
    result = await place.make(mia, "a hare")
    form = await pressed(mia, result, "Remix")
    typed: dict[str, object] = {
        "prompt": "a lynx",
        "model": ["Kling 3 Pro"],
        "duration": ["8"],
        "orientation": ["portrait"],
    }
    refused = await refusal(mia.submit_modal(form, typed))
    for words in (
        "A video of 8 s with Kling 3 Pro costs about $1.344",
        "more than the form showed",
        "Nothing was made",
    ):
        assert words in said(refused)
    assert buttons(refused) == ["Open the form again"]
    assert studio.spent(mia) == (1, 0)
    form = await pressed(mia, refused, "Open the form again")
    as_typed = {"prompt": "a lynx", "model": "Kling 3 Pro", "duration": "8", "orientation": "portrait", "image": ""}
    assert filled(form) == as_typed
    assert "8 s · about $1.344" in [option["label"] for option in options(form, "duration")]
    card = await mia.submit_modal(form, {}).message()
    assert "about $1.344" in said(card)
    kling = await place.result(card)
    form = await pressed(mia, kling, "Remix")
    card = await mia.submit_modal(form, {"prompt": "a puma", "model": ["Sora 2"]}).message()
    assert "$0.544" in said(card)  # it costs less, and nothing is asked
    await place.result(card)
    await studio.settled(mia, 3)


async def test_what_has_no_field_goes_on_as_far_as_the_model_can_and_is_said_where_not(place: Room) -> None:
    studio, mia = place.studio, place.person()
    result = await place.make(mia, "a heron")
    card = await place.answer_to(mia.reply(result, "--model wan --duration 5 --seed 7 --no rain"))
    assert "seed 7" in said(card)
    wan = await place.result(card)
    extra = {"seed": 7, "negative_prompt": "rain"}
    assert sent(studio, "a heron")[1]["extra_body"] == extra
    form = await pressed(mia, wan, "Remix")
    assert "Kept as far as the model can: seed 7 · not to show: rain" in json.dumps(
        form.first.data if form.first else None, ensure_ascii=False
    )
    card = await mia.submit_modal(form, {"prompt": "a heron at dawn"}).message()
    assert "seed" not in said(card).split("the prompt")[0].split("Changed")[1]
    await place.result(card)
    assert sent(studio, "a heron at dawn")[0]["extra_body"] == extra
    again = await mia.press(wan, "Again").message()
    assert "seed 7 → none" in said(again)
    await place.result(again)
    assert sent(studio, "a heron")[2]["extra_body"] == {"negative_prompt": "rain"}
    card = await place.answer_to(mia.reply(wan, "by a lake --model kling"))
    assert "seed 7 → none" in said(card)
    await place.result(card)
    [kling] = sent(studio, "by a lake")
    assert (kling["model"], kling["extra_body"]) == ("kling-v3-std-audio", {"negative_prompt": "rain"})
    refused = await place.answer_to(mia.reply(wan, "by the sea --model kling --seed 8"))
    assert "What does not fit: seed 8." in said(refused)
    assert "Wan 2.6 720p" in said(refused)
    assert sent(studio, "by the sea") == []
    await studio.settled(mia, 5)


async def test_the_picture_of_a_version_is_kept_with_its_shape_and_no_shape_is_sent(place: Room) -> None:
    studio, mia = place.studio, place.person()
    result = await place.make(mia, "a hat", image=image(picture(300, 300)))
    form = await pressed(mia, result, "Remix")
    dearer = await refusal(mia.submit_modal(form, {"prompt": "a red hat", "model": ["Happy-Horse 720p"]}))
    form = await pressed(mia, dearer, "Open the form again")
    card = await mia.submit_modal(form, {}).message()
    horse = await place.result(card)
    [job] = sent(studio, "a red hat")
    assert {name: job.get(name) for name in ("aspect_ratio", "size")} == {"aspect_ratio": None, "size": None}
    assert "image" in job
    form = await pressed(mia, horse, "Remix")
    assert [option["label"] for option in options(form, "orientation")][:2] == [
        "Keep picture (its shape)",
        "No picture · Landscape",
    ]
    card = await mia.submit_modal(form, {"prompt": "a blue hat", "orientation": ["none:3:4"]}).message()
    assert "without the image" in said(card)
    await place.result(card)
    [job] = sent(studio, "a blue hat")
    assert (job["aspect_ratio"], "image" in job) == ("3:4", False)
    await studio.settled(mia, 3)


async def test_a_second_picture_in_a_reply_is_the_end_and_both_go_on_after_a_restart(place: Room) -> None:
    studio, mia, eve = place.studio, place.person(), place.person("Eve")
    result = await place.make(mia, "a door")
    first, last, other = picture(400, 300), picture(320, 320), picture(360, 640)
    files = [image(first, "a.png"), image(last, "b.png")]
    refused = await place.answer_to(mia.reply(result, "it opens", files=files))
    assert "“Sora 2” cannot make that" in said(refused)
    assert "an end picture" in said(refused)
    assert "Kling 3 Std" in said(refused)
    card = await place.answer_to(mia.reply(result, "it opens --model kling", files=files))
    assert "with an end picture" in said(card)
    kling = await place.result(card)
    job = studio.uniall.job("it opens")
    assert (job.image, job.end_image) == (first, last)
    form = await pressed(eve, kling, "Remix")
    assert "ends with a picture" in json.dumps(form.first.data if form.first else None)
    await studio.bot.kill()
    await studio.start()
    for file in studio.bot.media.glob("*-end.*"):
        file.unlink()
    card = await eve.submit_modal(form, {"prompt": "it opens wide", "image": image(other, "c.png")}).message()
    assert "another image" in said(card)
    assert "end picture" not in said(card).split("Changed")[1].split("the prompt")[0]
    await place.result(card)
    job = studio.uniall.job("it opens wide")
    assert (job.image, job.end_image) == (other, last)
    again = await pressed(eve, kling, "Remix")
    card = await eve.submit_modal(again, {"prompt": "it shuts", "orientation": ["none:square"]}).message()
    assert "without the end picture" in said(card)
    await place.result(card)
    job = studio.uniall.job("it shuts")
    assert (job.image, job.end_image, job.fields["aspect_ratio"]) == (None, None, "1:1")
    await studio.settled(mia, 2)
    await studio.settled(eve, 2)
