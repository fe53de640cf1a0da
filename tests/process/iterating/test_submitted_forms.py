"""A form that is refused keeps what was typed; one that is submitted again, at once or after a kill, makes one video."""

import json
from pathlib import Path

import pytest

from tests.process.conftest import Studio, buttons, image, said
from tests.process.iterating.conftest import PRO, Earlier
from tests.process.iterating.forms import as_it_was, fields, filled, pressed, refusal, sent

pytestmark = pytest.mark.asyncio(loop_scope="module")

EARLIER: dict[str, dict[str, object]] = {
    "remix": {**PRO, "image": image()},
    "submitted twice": {},
    "quota": {},
}


async def test_a_form_submitted_again_makes_no_second_video_not_after_a_crash_either(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    form = await pressed(someone, earlier.results["submitted twice"], "Remix")
    card = await someone.submit_modal(form, {"prompt": "sent once"}).message()
    result = await earlier.room.result(card)
    for prompt in ("sent once", "sent again", " "):
        refused = await refusal(someone.submit_modal(form, {"prompt": prompt}))
        assert "You have sent this form already" in said(refused)
        assert result.id in said(refused)
        assert buttons(refused) == []
        await studio.bot.kill()
        await studio.start()
    await studio.settled(someone, 1)
    assert (len(sent(studio, "sent once")), sent(studio, "sent again")) == (1, [])


async def test_a_form_submitted_several_times_at_once_makes_one_video(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    form = await pressed(someone, earlier.results["submitted twice"], "Remix")
    submissions = [someone.submit_modal(form, {"prompt": "at once", "image": image()}) for _ in range(5)]
    await studio.discord.wait_for(lambda: studio.database.generations("at once"), "one that is accepted")
    [accepted] = studio.database.generations("at once")
    for submission in submissions:
        if submission.id != accepted.interaction_id:
            assert "You have sent this form already" in said(await refusal(submission))
    await studio.settled(someone, 1)
    assert len(studio.database.generations("at once")) == len(sent(studio, "at once")) == 1
    pictures = {file.name for file in studio.bot.media.glob("*-reference.*")}
    assert accepted.image_file in pictures <= studio.database.images(), "no other submission has left its picture"


async def test_a_refused_form_opens_no_more_once_another_submission_of_it_was_accepted(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    moderator = studio.moderator(earlier.room.channel)
    await moderator.slash("quota set", limit=0, unit="videos", per="day", member=someone).message()
    form = await pressed(someone, earlier.results["quota"], "Remix")
    refused = await refusal(someone.submit_modal(form))
    await moderator.slash("quota set", limit=5, unit="videos", per="day", member=someone).message()
    await someone.submit_modal(form).message()
    answer = await someone.press(refused, "Open the form again").answer()
    assert (answer.type, answer.ephemeral) == (4, True)
    assert "You have sent this form already" in answer.text
    await studio.settled(someone, 1)


async def test_a_refused_form_keeps_what_was_typed(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    moderator = studio.moderator(earlier.room.channel)
    await moderator.slash("quota set", limit=0, unit="videos", per="day", member=someone).message()
    form = await pressed(someone, earlier.results["quota"], "Remix")
    typed: dict[str, object] = {"prompt": "a long text", "orientation": ["portrait"], "duration": ["12"]}
    refused = await someone.submit_modal(form, typed).message()
    assert refused.viewer_id == someone.id
    assert "Videos are closed" in said(refused)
    assert buttons(refused) == ["Open the form again"]
    await studio.bot.kill()
    await studio.start()
    again = await pressed(someone, refused, "Open the form again")
    typed_once = {"prompt": "a long text", "orientation": "portrait", "duration": "12", "image": ""}
    assert filled(again) == {**typed_once, "model": "=same"}
    await moderator.slash("quota set", limit=5, unit="videos", per="day", member=someone).message()
    card = await someone.submit_modal(again).message()
    await earlier.room.result(card)
    await studio.settled(someone, 1)
    assert studio.uniall.job("a long text").fields["model"] == "sora2-portrait-12s"


async def test_a_refused_form_asks_again_for_the_image_that_it_cannot_keep(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    moderator = studio.moderator(earlier.room.channel)
    await moderator.slash("quota set", limit=0, unit="videos", per="day", member=someone).message()
    form = await pressed(someone, earlier.results["quota"], "Remix")
    refused = await someone.submit_modal(form, {"prompt": "with image", "image": image()}).message()
    again = await pressed(someone, refused, "Open the form again")
    assert fields(again)["image"]["required"] is True
    assert "Discord does not keep your file" in json.dumps(again.first.data if again.first else None)
    assert studio.spent(someone) == (0, 0)


async def test_a_refused_form_keeps_what_was_chosen_of_the_image(earlier: Earlier) -> None:
    someone = earlier.person()
    form = await pressed(someone, earlier.results["remix"], "Remix")
    refused = await refusal(someone.submit_modal(form, {"prompt": " ", "orientation": ["none:portrait"]}))
    again = await pressed(someone, refused, "Open the form again")
    assert filled(again)["orientation"] == "none:portrait"


@pytest.mark.parametrize(("chosen", "kept"), [("keep", True), ("none", False)])
async def test_a_form_from_before_the_model_was_a_field_is_still_understood(
    earlier: Earlier, chosen: str, kept: bool
) -> None:
    someone, prompt = earlier.person(), f"an old form: {chosen}"
    form = await pressed(someone, earlier.results["remix"], "Remix")
    as_it_was(form)
    await earlier.studio.bot.kill()
    await earlier.studio.start()
    changes: dict[str, object] = {"prompt": prompt, "orientation": ["landscape"], "reference": [chosen]}
    card = await someone.submit_modal(form, changes).message()
    await earlier.room.result(card)
    job = earlier.studio.uniall.job(prompt)
    assert (job.fields["model"], job.image is not None) == ("sora2-pro-720p", kept)
    assert (job.fields["duration"], job.fields["aspect_ratio"]) == (8, "16:9")
    await earlier.studio.settled(someone, 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"just words", "PNG, JPEG or WebP"), (b"", "empty"), (b"\0" * (21 * 2**20), "too large")],
    ids=["text", "empty", "large"],
)
async def test_what_is_no_image_is_refused_and_can_be_left_out(earlier: Earlier, data: bytes, words: str) -> None:
    someone = earlier.person()
    form = await pressed(someone, earlier.results["quota"], "Remix")
    refused = await refusal(someone.submit_modal(form, {"prompt": "keeps this", "image": image(data, "a.png")}))
    assert words in said(refused)
    again = await pressed(someone, refused, "Open the form again")
    assert (filled(again)["prompt"], fields(again)["image"]["required"]) == ("keeps this", False)
    assert earlier.studio.spent(someone) == (0, 0)


async def test_a_kill_between_the_form_and_its_card_loses_and_doubles_nothing(studio: Studio, tmp_path: Path) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    result = await room.make(mia, "start")
    form = await pressed(mia, result, "Remix")
    fault = studio.discord.fail_next("POST", r"/callback$", "hang", after_processing=False)
    submission = mia.submit_modal(form, {"prompt": "cut off"})
    await studio.discord.wait_for(lambda: fault.hits == 1, "the card on its way")
    assert [(job.state, job.job_id) for job in studio.database.generations("cut off")] == [("reserved", None)]
    await studio.bot.kill()
    studio.discord.faults.stop()
    await studio.start()
    studio.deliver_again(submission)
    refused = await refusal(mia.submit_modal(form, {"prompt": "cut off again"}))
    assert "You have sent this form already" in said(refused)
    [_, new] = await room.wait_results(2)
    assert new.reply_to is None
    assert "v2" in said(new)
    await studio.settled(mia, 2)
    assert len(sent(studio, "cut off")) == 1
