"""Again: on results and cards that this process has never seen, by anyone, with and without the image."""

import json
import re

import pytest

from tests.process.conftest import Studio, buttons, image, picture, said
from tests.process.iterating.conftest import PRO, Earlier
from tests.process.iterating.forms import fields, filled, pressed, refusal, sent

pytestmark = pytest.mark.asyncio(loop_scope="module")

EARLIER: dict[str, dict[str, object]] = {
    "again": {},
    "cost": {},
    "from the card": {"image": image()},
    "from the form": {"image": image()},
    "before buttons": {},
    "blocked": PRO,
    "cancelled": {},
}


async def test_again_makes_the_same_video_anew_after_a_restart(earlier: Earlier) -> None:
    studio, result = earlier.studio, earlier.results["again"]
    card = await earlier.mia.press(result, "Again").message()
    assert "v2" in said(card)
    assert "Again from [v1]" in said(card)
    assert result.id in said(card)
    new = await earlier.room.result(card)
    assert new.attachments[0].data != result.attachments[0].data
    first, second = sent(studio, "again")
    assert first == second


async def test_again_by_another_member_costs_that_member_and_is_theirs(earlier: Earlier) -> None:
    someone, before = earlier.person(), earlier.studio.spent(earlier.mia)
    card = await someone.press(earlier.results["cost"], "Again").message()
    result = await earlier.room.result(card)
    assert result.pinged == {someone.id}
    assert card.pinged == set()
    for message in (card, result):
        assert re.search(rf"from \[v1\]\(https://\S+\) of <@{earlier.mia.id}>", said(message), re.IGNORECASE)
    await earlier.studio.wait_card(card, "Done")
    await earlier.studio.settled(someone, 1)
    assert earlier.studio.spent(earlier.mia)[0] == before[0]
    cancel = await earlier.mia.press(result, "Delete").answer()
    assert "Only the member" in cancel.text


@pytest.mark.parametrize(("which", "words"), [("blocked", "Failed"), ("cancelled", "Cancelled")])
async def test_a_card_without_a_video_carries_again_and_remix(earlier: Earlier, which: str, words: str) -> None:
    card = earlier.cards[which]
    assert words in said(card)
    assert buttons(card) == ["Again", "Remix"]
    someone = earlier.person()
    new = await someone.press(card, "Again").message()
    result = await earlier.room.result(new)
    assert "v2" in said(result)
    assert len(sent(earlier.studio, which)) == 1
    form = await pressed(someone, card, "Remix")
    assert filled(form)["prompt"] == which
    if which == "blocked":
        assert (filled(form)["orientation"], filled(form)["duration"]) == ("portrait", "8")
    await earlier.studio.settled(someone, 1)


async def test_again_needs_no_copy_of_the_image_on_this_disk(earlier: Earlier) -> None:
    for file in earlier.studio.bot.media.glob("*-reference.*"):
        file.unlink()
    card = await earlier.mia.press(earlier.results["from the card"], "Again").message()
    assert [file.filename for file in card.attachments] == ["reference.png"]
    await earlier.room.result(card)
    jobs = [job for job in earlier.studio.uniall.jobs.values() if job.prompt == "from the card"]
    assert [job.image for job in jobs] == [picture(), picture()]


async def test_again_asks_for_the_image_once_it_is_nowhere(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    for file in studio.bot.media.glob("*-reference.*"):
        file.unlink()
    studio.discord.world.delete(earlier.cards["from the form"])
    form = await pressed(someone, earlier.results["from the form"], "Again")
    assert fields(form)["image"]["type"] == 19
    assert "image is gone" in json.dumps(form.first.data if form.first else None)
    refused = await refusal(someone.submit_modal(form))
    assert "Open the form and add it again there" in said(refused)
    form = await pressed(someone, refused, "Open the form again")
    other = picture(64, 64)
    card = await someone.submit_modal(form, {"image": image(other)}).message()
    await earlier.room.result(card)
    form = await pressed(someone, earlier.results["from the form"], "Again")
    card = await someone.submit_modal(form, {"orientation": ["none:landscape"]}).message()
    await earlier.room.result(card)
    jobs = [job for job in studio.uniall.jobs.values() if job.prompt == "from the form"]
    assert [job.image for job in jobs] == [picture(), other, None]
    await studio.settled(someone, 2)


async def test_an_image_that_discord_is_slow_to_give_is_waited_for_and_then_refused(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    for file in studio.bot.media.glob("*-reference.*"):
        file.unlink()
    fault = studio.discord.fail_next("GET", "reference.png", "hang", times=9)
    invocation = someone.press(earlier.results["from the card"], "Again")
    answer = await invocation.first_answer()
    assert (answer.deferred, answer.ephemeral) == (True, False)
    fault.release()
    refused = await invocation.followup()
    assert ("Discord did not give me the image" in said(refused), refused.viewer_id) == (True, someone.id)
    assert invocation.original is None or invocation.original.deleted
    studio.as_ever()
    card = await someone.press(earlier.results["from the card"], "Again").message()
    await earlier.room.result(card)
    await studio.settled(someone, 1)


async def test_results_from_before_these_buttons_still_work(earlier: Earlier) -> None:
    result = earlier.results["before buttons"]
    row = next(part for part in result.components if part["type"] == 1)
    row["components"] = [part for part in row["components"] if part["label"] in ("Delete", "Report")]
    earlier.studio.discord.world.update(result)
    assert buttons(result) == ["Delete", "Report"]
    reply = earlier.mia.reply(result, "after all")
    card = await earlier.room.answer_to(reply)
    assert "v2" in said(card)
    await earlier.room.result(card)
    opened = earlier.eve.press(result, "Report")
    await opened.answer()
    assert (await earlier.eve.submit_modal(opened, {"reason": "other", "words": ""}).answer()).ephemeral
    sure = await earlier.mia.press(result, "Delete").message()
    await earlier.mia.press(sure, next(iter(buttons(sure)))).answer()
    await earlier.studio.discord.wait_for(lambda: result.deleted, "the deleted result")


async def test_a_withdrawn_model_gives_way_to_another_in_the_form(studio: Studio) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    result = await room.make(mia, "pro", model="Sora 2 Pro 1080p", duration=20)
    await studio.bot.stop()
    studio.uniall.models = ("sora2", "sora2-pro-720p")
    await studio.start()
    reply = mia.reply(result, "+ more")
    assert "not available" in said(await room.answer_to(reply))
    form = await pressed(mia, result, "Again")
    assert "Sora 2 Pro 1080p is not available any more" in json.dumps(form.first.data if form.first else None)
    assert filled(form) == {
        "prompt": "pro",
        "orientation": "landscape",
        "duration": "20",
        "image": "",
        "model": "Sora 2 Pro 720p",
    }
    card = await mia.submit_modal(form, {"model": ["Sora 2 Pro 720p"]}).message()
    await room.result(card)
    assert sent(studio, "pro")[1]["model"] == "sora2-pro-720p"
    await studio.settled(mia, 2)


async def test_an_image_that_waited_an_hour_in_the_queue_is_fetched_from_a_fresh_address(studio: Studio) -> None:
    studio.uniall.seconds = 600
    studio.discord.cdn.lifetime = 300
    await studio.start(MAX_IN_FLIGHT="1")
    room = studio.room()
    mia = room.person()
    first = await mia.slash("sora", prompt="first").message()
    await studio.discord.wait_for(lambda: bool(studio.uniall.jobs), "the first job")
    await mia.slash("sora", prompt="second", image=image()).message()
    reply = mia.reply(first, "x")
    await room.answer_to(reply)
    await studio.discord.wait_for(
        lambda: [bool(job.image_url) for job in studio.database.generations("second")] == [True]
    )
    studio.discord.cdn.ahead = 3600
    studio.uniall.job("first").state = "completed"
    await studio.discord.wait_for(lambda: len(studio.uniall.jobs) == 2, "the second job")
    assert studio.uniall.job("second").image == picture()
    studio.uniall.job("second").state = "completed"
    await room.wait_results(2)
    await studio.settled(mia, 2)
