"""Again, Remix and their form: on results that this process has never seen, by anyone, after restarts, with hostile words."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.process.conftest import Room, Studio, buttons, image, picture, said
from tests.standins.discord import Invocation, Message, Permission, Person
from tests.standins.uniall import refuse

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRO = {"orientation": "portrait", "duration": 8, "model": "Sora 2 Pro 720p"}
EARLIER: dict[str, dict[str, object]] = {
    "again": {},
    "remix": {**PRO, "image": image()},
    "everything": {},
    "cost": {},
    "waiting form": {},
    "two forms": {},
    "submitted twice": {},
    "delivered twice": {},
    "quota": {},
    "upload": {"model": "sora-2", "orientation": "portrait"},
    "elsewhere": {},
    "from the card": {"image": image()},
    "from the form": {"image": image()},
    "lengths": {"model": "Sora 2 Pro 1024p", "orientation": "portrait"},
    "before buttons": {},
    "not allowed": {},
}


@dataclass(slots=True, repr=False)
class Earlier:
    """What a bot that was killed since has left: results and cards by prompt, and forms that were open."""

    studio: Studio
    room: Room
    mia: Person
    eve: Person
    cards: dict[str, Message]
    results: dict[str, Message]
    forms: dict[str, Invocation]

    def person(self) -> Person:
        """Somebody new, there."""
        return self.room.person("New")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(shared: Studio) -> AsyncIterator[Earlier]:
    """Made by one process; the tests meet them in the next."""
    room = shared.room("earlier")
    mia, eve = room.person("Mia"), room.person("Eve")
    cards = {prompt: await mia.slash("sora", prompt=prompt, **given).message() for prompt, given in EARLIER.items()}
    results = {prompt: await room.result(card) for prompt, card in cards.items()}
    sent = "SELECT count(*) FROM delivery WHERE state = 'sent'"
    await shared.discord.wait_for(lambda: shared.rows(sent) == [(len(results),)], "all recorded as sent")
    shared.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    cards["blocked"] = await mia.slash("sora", prompt="blocked", **PRO).message()
    await shared.wait_card(cards["blocked"], "Failed")
    shared.uniall.next_submit.append(refuse(429, headers={"Retry-After": "30"}))
    cards["cancelled"] = await mia.slash("sora", prompt="cancelled").message()
    held = "SELECT hold FROM generation WHERE prompt = 'cancelled'"
    await shared.discord.wait_for(lambda: shared.rows(held) == [("rate_limited",)], "the job held back")
    await (await pressed(mia, cards["cancelled"], "Cancel")).message()
    forms = {
        "mia": await pressed(mia, results["two forms"], "Remix"),
        "eve": await pressed(eve, results["two forms"], "Remix"),
        "waiting": await pressed(mia, results["waiting form"], "Remix"),
        "blocked": await pressed(eve, cards["blocked"], "Remix"),
    }
    await shared.bot.kill()
    await shared.start()
    yield Earlier(shared, room, mia, eve, cards, results, forms)
    await shared.discord.wait_for(lambda: shared.held() == 0, "nothing held at the end")


@pytest_asyncio.fixture(loop_scope="module")
async def earlier(made: Earlier) -> Earlier:
    """The same, with everything else as ever."""
    made.studio.as_ever()
    return made


async def pressed(person: Person, message: Message, label: str) -> Invocation:
    """A press that has been answered."""
    invocation = person.press(message, label)
    await invocation.answer()
    return invocation


def fields(form: Invocation) -> dict[str, dict[str, object]]:
    """The fields of an open form by their ids."""
    assert form.first is not None
    assert form.first.type == 9, form.first
    return {part["component"]["custom_id"]: part["component"] for part in form.first.data["components"]}


def filled(form: Invocation) -> dict[str, str]:
    """What the fields of an open form hold."""
    found: dict[str, str] = {}
    for name, part in fields(form).items():
        options: list[dict[str, object]] = part.get("options") or []  # type: ignore[assignment]
        chosen = [str(option["value"]) for option in options if option.get("default")]
        found[name] = chosen[0] if chosen else str(part.get("value") or "")
    return found


async def refusal(invocation: Invocation) -> Message:
    """What only the member sees, at once or after the bot has taken its time."""
    answer = await invocation.first_answer()
    refused = await (invocation.followup() if answer.deferred else invocation.message())
    assert refused.viewer_id == invocation.user.id
    return refused


def sent(studio: Studio, prompt: str) -> list[dict[str, object]]:
    """What UniAll was asked for with this prompt, without the addresses of images."""
    jobs = [job for job in studio.uniall.jobs.values() if job.prompt == prompt]
    return [{key: value for key, value in job.fields.items() if key != "image_url"} for job in jobs]


# Again


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
    card = await someone.submit_modal(form, {"reference": ["none"]}).message()
    await earlier.room.result(card)
    jobs = [job for job in studio.uniall.jobs.values() if job.prompt == "from the form"]
    assert [job.image for job in jobs] == [picture(), other, None]
    await studio.settled(someone, 2)


# Remix


async def test_remix_keeps_all_that_is_not_changed(earlier: Earlier) -> None:
    form = await pressed(earlier.eve, earlier.results["remix"], "Remix")
    same = {"prompt": "remix", "orientation": "portrait", "duration": "8", "image": "", "reference": "keep"}
    assert filled(form) == same
    card = await earlier.eve.submit_modal(form, {"prompt": "remix at night"}).message()
    assert "**at night**" in said(card)
    await earlier.room.result(card)
    [old], [new] = sent(earlier.studio, "remix"), sent(earlier.studio, "remix at night")
    assert {**old, "prompt": ""} == {**new, "prompt": ""}
    assert earlier.studio.uniall.job("remix at night").image == picture()


async def test_remix_changes_all_that_is_changed(earlier: Earlier) -> None:
    form = await pressed(earlier.mia, earlier.results["everything"], "Remix")
    other = picture(100, 100)
    changes: dict[str, object] = {"prompt": "all new", "orientation": ["portrait"], "duration": ["12"]}
    card = await earlier.mia.submit_modal(form, {**changes, "image": image(other, "x.png")}).message()
    for words in ("Landscape → Portrait", "4 s → 12 s", "an image", "the prompt"):
        assert words in said(card)
    await earlier.room.result(card)
    job = earlier.studio.uniall.job("all new")
    assert (job.fields["model"], job.image) == ("sora2-portrait-12s", other)


async def test_remix_goes_on_without_the_image(earlier: Earlier) -> None:
    form = await pressed(earlier.eve, earlier.results["remix"], "Remix")
    changes: dict[str, object] = {"prompt": "remix without", "reference": ["none"]}
    card = await earlier.eve.submit_modal(form, changes).message()
    assert "without the image" in said(card)
    assert card.attachments == []
    result = await earlier.room.result(card)
    assert earlier.studio.uniall.job("remix without").image is None
    form = await pressed(earlier.eve, result, "Remix")
    assert "reference" not in fields(form)


async def test_a_picture_added_to_the_form_counts_whatever_becomes_of_the_old_one(earlier: Earlier) -> None:
    form = await pressed(earlier.eve, earlier.results["remix"], "Remix")
    other = picture(90, 90)
    changes: dict[str, object] = {"prompt": "remix with", "reference": ["none"], "image": image(other)}
    card = await earlier.eve.submit_modal(form, changes).message()
    assert "another image" in said(card)
    await earlier.room.result(card)
    assert earlier.studio.uniall.job("remix with").image == other


async def test_remix_offers_the_lengths_that_the_model_can_make(earlier: Earlier) -> None:
    for prompt, lengths in (("lengths", [4, 8, 12]), ("remix", [4, 8, 12, 16, 20]), ("again", [4, 8, 12, 16, 20])):
        form = await pressed(earlier.eve, earlier.results[prompt], "Remix")
        options: list[dict[str, object]] = fields(form)["duration"]["options"]  # type: ignore[assignment]
        assert [option["value"] for option in options] == list(map(str, lengths)), prompt


async def test_a_form_that_was_open_at_a_restart_can_be_submitted(earlier: Earlier) -> None:
    card = await earlier.mia.submit_modal(earlier.forms["waiting"], {"prompt": "waited"}).message()
    await earlier.room.result(card)
    assert "v2" in said(card)


async def test_two_members_with_the_same_form_open_each_get_their_own(earlier: Earlier) -> None:
    mia_sent = earlier.mia.submit_modal(earlier.forms["mia"], {"prompt": "by mia"})
    eve_sent = earlier.eve.submit_modal(earlier.forms["eve"], {"prompt": "by eve"})
    cards = [await mia_sent.message(), await eve_sent.message()]
    assert [prompt in said(card) for card, prompt in zip(cards, ("by mia", "by eve"), strict=True)] == [True, True]
    results = [await earlier.room.result(card) for card in cards]
    assert [result.pinged for result in results] == [{earlier.mia.id}, {earlier.eve.id}]
    assert sorted(re.findall(r"· v(\d)", said(card))[0] for card in cards) == ["2", "3"]


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
    rows = "SELECT interaction_id FROM generation WHERE prompt = 'at once'"
    await studio.discord.wait_for(lambda: studio.rows(rows), "one that is accepted")
    [(accepted,)] = studio.rows(rows)
    for submission in submissions:
        if submission.id != accepted:
            assert "You have sent this form already" in said(await refusal(submission))
    await studio.settled(someone, 1)
    assert len(studio.rows(rows)) == len(sent(studio, "at once")) == 1
    [(kept,)] = studio.rows("SELECT image_file FROM generation WHERE prompt = 'at once'")
    pictures = {file.name for file in studio.bot.media.glob("*-reference.*")}
    known = {file for (file,) in studio.rows("SELECT image_file FROM generation WHERE image_file IS NOT NULL")}
    assert kept in pictures <= known, "no other submission has left its picture"


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


async def test_one_submission_and_one_press_that_are_told_of_twice_make_one_video_each(earlier: Earlier) -> None:
    someone, result = earlier.person(), earlier.results["delivered twice"]
    form = await pressed(someone, result, "Remix")
    invocations = [someone.submit_modal(form), someone.press(result, "Again")]
    for invocation in invocations:
        earlier.studio.deliver_again(invocation)
        await invocation.message()
        earlier.studio.deliver_again(invocation)
    await someone.slash("usage").answer()
    await earlier.studio.settled(someone, 2)


async def test_a_prompt_of_four_thousand_characters_goes_through_the_form(earlier: Earlier) -> None:
    someone = earlier.person()
    prompt = "".join(f"word{number} " for number in range(600))[:3999] + "!"
    form = await pressed(someone, earlier.results["everything"], "Remix")
    card = await someone.submit_modal(form, {"prompt": prompt}).message()
    result = await earlier.room.result(card)
    assert sent(earlier.studio, prompt)
    reopened = await pressed(someone, result, "Remix")
    assert filled(reopened)["prompt"] == prompt
    assert fields(reopened)["prompt"]["max_length"] == 4000


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
    assert filled(again) == {"prompt": "a long text", "orientation": "portrait", "duration": "12", "image": ""}
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
    refused = await refusal(someone.submit_modal(form, {"prompt": " ", "reference": ["none"]}))
    again = await pressed(someone, refused, "Open the form again")
    assert filled(again)["reference"] == "none"


async def test_an_image_in_the_form_is_cut_for_a_format_that_needs_exact_pixels(earlier: Earlier) -> None:
    form = await pressed(earlier.mia, earlier.results["upload"], "Remix")
    given = image(picture(500, 300, "JPEG"), "wide.jpg")
    card = await earlier.mia.submit_modal(form, {"prompt": "cut", "image": given}).message()
    await earlier.room.result(card)
    job = earlier.studio.uniall.job("cut")
    assert (job.path, job.fields["size"]) == ("/v1/videos", "720x1280")
    assert job.image is not None
    assert job.image[16:24] == (720).to_bytes(4, "big") + (1280).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"just words", "PNG, JPEG or WebP"), (b"", "empty"), (b"\0" * (21 * 2**20), "too large")],
    ids=["text", "empty", "large"],
)
async def test_what_is_no_image_is_refused_and_can_be_left_out(earlier: Earlier, data: bytes, words: str) -> None:
    someone = earlier.person()
    form = await pressed(someone, earlier.results["quota"], "Remix")
    refused = await someone.submit_modal(form, {"prompt": "keeps this", "image": image(data, "a.png")}).message()
    assert refused.ephemeral
    assert words in said(refused)
    again = await pressed(someone, refused, "Open the form again")
    assert (filled(again)["prompt"], fields(again)["image"]["required"]) == ("keeps this", False)
    assert earlier.studio.spent(someone) == (0, 0)


async def test_remix_from_the_history_works_in_another_channel(earlier: Earlier) -> None:
    other = earlier.studio.room("other")
    someone = earlier.person()
    await earlier.room.make(someone, "first here")
    there = someone.at(other.channel)
    page = await there.slash("history").message()
    form = await pressed(there, page, "Remix")
    card = await there.submit_modal(form, {"prompt": "then there"}).message()
    assert card.channel is other.channel
    assert "v2" in said(await other.result(card))
    await earlier.studio.settled(someone, 2)


# What may go wrong


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


async def test_nothing_is_spent_where_the_bot_may_not_post(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    form = await pressed(someone, earlier.results["quota"], "Remix")
    studio.discord.revoke(earlier.room.channel, Permission.ATTACH_FILES)
    for invocation in (someone.press(earlier.results["quota"], "Again"), someone.submit_modal(form)):
        assert "Attach Files" in said(await invocation.message())
    studio.discord.revoke(earlier.room.channel)
    assert studio.spent(someone) == (0, 0)
    await someone.submit_modal(form).message()
    await studio.settled(someone, 1)


async def test_a_blocked_member_and_a_closed_channel_are_refused(earlier: Earlier) -> None:
    studio, someone, result = earlier.studio, earlier.person(), earlier.results["quota"]
    moderator = studio.moderator(earlier.room.channel)
    await moderator.slash("config block", member=someone, reason="test").message()
    blocked = await someone.press(result, "Again").answer()
    assert blocked.ephemeral
    await moderator.slash("config unblock", member=someone, reason="test").message()
    allowed = studio.room("allowed")
    await moderator.slash("config channels", allow=allowed.channel).message()
    closed = await someone.press(result, "Again").answer()
    assert f"<#{allowed.channel.id}>" in closed.text
    await moderator.slash("config channels", remove=allowed.channel).message()
    assert studio.spent(someone) == (0, 0)


async def test_where_the_model_is_no_longer_allowed_the_form_offers_those_that_are(earlier: Earlier) -> None:
    studio, someone, result = earlier.studio, earlier.person(), earlier.results["not allowed"]
    moderator = studio.moderator(earlier.room.channel)
    for model in ("Sora 2 Pro 720p", "Sora 2 Pro 1080p"):
        await moderator.slash("config models", allow=model).message()
    for label in ("Remix", "Again"):
        form = await pressed(someone, result, label)
        options: list[dict[str, object]] = fields(form)["model"]["options"]  # type: ignore[assignment]
        assert [option["value"] for option in options] == ["Sora 2 Pro 720p", "Sora 2 Pro 1080p"]
    refused = await refusal(someone.submit_modal(form, {"model": ["Sora 2 Pro 1080p"], "prompt": " "}))
    form = await pressed(someone, refused, "Open the form again")
    assert filled(form)["model"] == "Sora 2 Pro 1080p"
    card = await someone.submit_modal(form).message()
    for model in ("Sora 2 Pro 720p", "Sora 2 Pro 1080p"):
        await moderator.slash("config models", remove=model).message()
    assert "Sora 2 → Sora 2 Pro 1080p" in said(card)
    await studio.settled(someone, 1)


async def test_forged_buttons_and_forms_get_one_private_sentence(earlier: Earlier) -> None:
    studio, discord = earlier.studio, earlier.studio.discord
    [(own,)] = studio.rows("SELECT id FROM generation WHERE prompt = 'again' AND version = 1")
    guild = discord.world.add_guild("Elsewhere")
    there = Room(studio, discord.world.add_channel(guild, "general"))
    stranger = there.person("Stranger")
    for name in ("again", "remix", "thread", "post-here", "versions"):
        for room, person, job in ((there, stranger, own), (earlier.room, earlier.mia, "0" * 25)):
            invocation = person.press(room.forged(f"{name}:{job}"), "Forged")
            answer = await invocation.answer()
            assert answer.ephemeral, (name, job)
            assert "no longer exists" in answer.text, (name, job)
    for name in ("tree:" + own + ":99:tree-later", "tree:" + own + ":-5:nonsense"):
        answer = await stranger.press(there.forged(name), "Forged").answer()
        assert "no longer exists" in answer.text
        answer = await earlier.mia.press(earlier.room.forged(name), "Forged").answer()
        assert answer.type == 7
    answer = await earlier.mia.press(earlier.room.forged("history:999999:none"), "Forged").answer()
    assert answer.type == 7
    refused = await earlier.eve.press(earlier.room.forged("reopen:nothing"), "Forged").answer()
    assert "too old" in refused.text
    form = await pressed(earlier.mia, earlier.results["again"], "Remix")
    assert form.first is not None
    refused = await earlier.eve.submit_modal(form).answer()
    assert "another member" in refused.text
    draft = str(form.first.data["custom_id"]).removeprefix("form:")
    refused = await earlier.eve.press(earlier.room.forged(f"reopen:{draft}"), "Forged").answer()
    assert "another member" in refused.text
    for values in ({"duration": ["a day"]}, {"duration": ["9" * 40]}, {"orientation": ["round"]}):
        refused = await earlier.mia.submit_modal(form, {**values}).answer()
        assert "not a possible choice" in refused.text
    refused = await earlier.mia.submit_modal(form, {"duration": ["7"]}).answer()
    assert "Landscape or Portrait of 4, 8, 12, 16 or 20 s" in refused.text
    form.first.data["custom_id"] = "form:" + "0" * 25
    refused = await earlier.mia.submit_modal(form).answer()
    assert "too old" in refused.text
    assert studio.spent(stranger) == (0, 0)


async def test_what_its_author_has_had_deleted_is_not_made_again(earlier: Earlier) -> None:
    studio, zoe = earlier.studio, earlier.person()
    result = await earlier.room.make(zoe, "a secret")
    form = await pressed(earlier.eve, result, "Remix")
    used = studio.spent(earlier.eve)
    asked = await zoe.slash("privacy delete").message()
    await zoe.press(asked, f"privacy-delete:{zoe.id}").message()
    await studio.discord.wait_for(
        lambda: studio.rows("SELECT count(*) FROM generation WHERE prompt = 'a secret'") == [(0,)]
    )
    for invocation in (
        earlier.eve.press(result, "Again"),
        earlier.eve.press(result, "Remix"),
        earlier.eve.press(result, "Thread"),
        earlier.eve.submit_modal(form, {"prompt": "x"}),
    ):
        refused = await refusal(invocation)
        assert "The author has deleted" in said(refused)
        assert buttons(refused) == []
    reply = earlier.eve.reply(result, "+ more")
    assert "The author has deleted" in said(await earlier.room.answer_to(reply))
    assert studio.spent(earlier.eve) == used
    assert "a secret" not in str(studio.rows("SELECT * FROM draft"))


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
    reported = await earlier.eve.press(result, "Report").answer()
    assert reported.ephemeral
    sure = await earlier.mia.press(result, "Delete").message()
    await earlier.mia.press(sure, next(iter(buttons(sure)))).answer()
    await earlier.studio.discord.wait_for(lambda: result.deleted, "the deleted result")


HOSTILE = [
    "plain to begin with",
    "@everyone @here <@{victim}> <@&{role}> <#{channel}> ping them all",
    "**b** __u__ ~~s~~ `c` ```x\ny``` ||z|| > q [a](http://e.vil) <https://e.vil>",
    "# heading\n- list\n> quote\n1. one\n-# small",
    "\\*\\*\\ \\` \\\\ trailing backslash \\",
    "一只猫在草地上奔跑，夜晚，电影感",
    "一只狗在草地上奔跑，清晨，电影感",
    "قطة تجري في العشب \u202e\u2066 مقلوب",
    "👩‍👩‍👧‍👦🏳️‍🌈 😀 e\u0301 Z\u0351\u0327\u0303algo",
    '{{ $prompt }} {{ "x" }} %s {{0}} <t:0:R> </sora:1> :smile: <:a:1>',
    "~~**" * 400,
    "@everyone " * 350,
]


async def test_hostile_words_ping_nobody_and_break_nothing(shared: Studio, room: Room) -> None:
    mia, victim = room.person("Mia"), room.person("Victim")
    role = shared.discord.world.add_role(shared.discord.guild, "role")
    names = {"victim": victim.id, "role": role.id, "channel": room.channel.id}
    prompts = [text.format(**names).strip() for text in HOSTILE]
    await mia.slash("sora", prompt=prompts[0]).message()
    cards: list[Message] = []
    for prompt in prompts[1:]:
        page = await mia.slash("history").message()
        form = await pressed(mia, page, "Remix")
        cards.append(await mia.submit_modal(form, {"prompt": prompt}).message())
    results = [await room.result(card) for card in cards]
    for card in cards:
        await shared.wait_card(card, "Done")
    for prompt, card, result in zip(prompts[1:], cards, results, strict=True):
        known = {
            f"<@{victim.id}>": "@Victim",
            f"<@&{role.id}>": "@role",
            f"<#{room.channel.id}>": f"#{room.channel.name}",
        }
        known |= {"<t:0:R>": "1970-01-01 00:00 UTC", "</sora:1>": "/sora", "<:a:1>": ":a:"}
        for written, name in known.items():
            prompt = prompt.replace(written, name)
        assert sent(shared, prompt), prompt
        told = await mia.press(result, "Thread").message()
        assert result.thread is not None
        assert result.thread.id in said(told)
        assert 1 <= len(result.thread.name) <= 100
        assert "\u202e" not in result.thread.name + said(card)
    tree = await mia.press(await mia.slash("history").message(), "Versions").message()
    shown = [*cards, tree]
    for number in range(3):
        page = await mia.slash("history").message()
        for _ in range(number):
            await mia.press(page, "Older").answer()
        shown.append(page)
    for message in shown:
        assert not re.search(r"(?<!\\)@(everyone|here)|(?<!\\)<@[&\d]", said(message)), said(message)
        assert not re.search(r"(?<!\\)\[a\]|(?<!\\)```|(?<!\\)\|\|", said(message)), said(message)
    everything = [*room.messages(viewer=mia), *(message for one in results for message in room.thread(one).messages())]
    assert {person for message in everything for person in message.pinged} <= {mia.id}


# With a bot of their own


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
        "model": "Sora 2",
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
        lambda: studio.rows("SELECT image_url IS NOT NULL FROM generation WHERE prompt = 'second'") == [(1,)]
    )
    studio.discord.cdn.ahead = 3600
    studio.uniall.job("first").state = "completed"
    await studio.discord.wait_for(lambda: len(studio.uniall.jobs) == 2, "the second job")
    assert studio.uniall.job("second").image == picture()
    studio.uniall.job("second").state = "completed"
    await room.wait_results(2)
    await studio.settled(mia, 2)


async def test_a_kill_between_the_form_and_its_card_loses_and_doubles_nothing(studio: Studio, tmp_path: Path) -> None:
    await studio.start()
    room = studio.room()
    mia = room.person()
    result = await room.make(mia, "start")
    form = await pressed(mia, result, "Remix")
    fault = studio.discord.fail_next("POST", r"/callback$", "hang", after_processing=False)
    submission = mia.submit_modal(form, {"prompt": "cut off"})
    await studio.discord.wait_for(lambda: fault.hits == 1, "the card on its way")
    assert studio.rows("SELECT state, job_id FROM generation WHERE prompt = 'cut off'") == [("reserved", None)]
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
