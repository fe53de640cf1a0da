"""Without a word a video has the shape of its picture, whichever way the picture was given."""

import pytest

from tests.process.conftest import Room, image, picture, said
from tests.process.iterating.forms import pressed

pytestmark = pytest.mark.asyncio(loop_scope="module")

TALL = picture(300, 600)
WIDE = picture(600, 300)


@pytest.mark.parametrize(
    ("size", "shape"),
    [((300, 600), "Portrait"), ((300, 400), "Portrait"), ((300, 300), "Landscape"), ((400, 300), "Landscape")],
)
async def test_commands_take_the_nearest_shape_that_the_model_makes(
    room: Room, size: tuple[int, int], shape: str
) -> None:
    mia = room.person()
    for command in ("sora", "video"):
        card = await mia.slash(command, prompt=f"{command} {size}", image=image(picture(*size))).message()
        assert f"Sora 2 · {shape} · 4 s" in said(card)
    word = await mia.slash(
        "sora", prompt=f"a word {size}", orientation="landscape", image=image(picture(*size))
    ).message()
    assert "· Landscape ·" in said(word)


async def test_a_reply_with_a_picture_and_a_form_that_is_left_as_it_stands_follow_it(room: Room) -> None:
    mia = room.person()
    result = await room.make(mia, "a lighthouse")
    tall = await room.answer_to(mia.reply(result, "with waves", files=[image(TALL)]))
    assert "Landscape → Portrait" in said(tall)
    named = await room.answer_to(mia.reply(result, "with gulls --landscape", files=[image(TALL)]))
    assert "· Landscape ·" in said(named)
    form = await pressed(mia, result, "Remix")
    card = await mia.submit_modal(form, {"prompt": "a form", "image": image(TALL, "tall.png")}).message()
    assert "· Portrait ·" in said(card)
    second = await room.result(tall)
    wide = await room.answer_to(mia.reply(second, "wide now", files=[image(WIDE)]))
    assert "· Landscape ·" in said(wide)


async def test_animate_image_stands_at_the_shape_of_the_picture(room: Room) -> None:
    mia = room.person()
    form = mia.message_menu("Animate image", mia.say("look", files=[image(TALL)]))
    await form.answer()
    card = await mia.submit_modal(form, {"prompt": "it moves"}).message()
    assert "· Portrait ·" in said(card)
