"""Remix: what is changed changes, all else stays; with hostile words, from the history, and by two members at once."""

import re

import pytest

from tests.process.conftest import Room, Studio, image, picture, said
from tests.process.iterating.conftest import PRO, Earlier
from tests.process.iterating.forms import fields, filled, pressed, sent
from tests.standins.discord import Message

pytestmark = pytest.mark.asyncio(loop_scope="module")

EARLIER: dict[str, dict[str, object]] = {
    "again": {},
    "remix": {**PRO, "image": image()},
    "everything": {},
    "lengths": {"model": "Sora 2 Pro 1024p", "orientation": "portrait"},
    "waiting form": {},
    "two forms": {},
    "delivered twice": {},
    "upload": {"model": "sora-2", "orientation": "portrait"},
}

OPEN_FORMS = (("mia", "two forms"), ("eve", "two forms"), ("mia", "waiting form"))


async def test_remix_keeps_all_that_is_not_changed(earlier: Earlier) -> None:
    form = await pressed(earlier.eve, earlier.results["remix"], "Remix")
    same = {"prompt": "remix", "model": "=same", "orientation": "portrait", "duration": "8", "image": ""}
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
    changes: dict[str, object] = {"prompt": "remix without", "orientation": ["none:portrait"]}
    card = await earlier.eve.submit_modal(form, changes).message()
    assert "without the image" in said(card)
    assert card.attachments == []
    result = await earlier.room.result(card)
    assert earlier.studio.uniall.job("remix without").image is None
    form = await pressed(earlier.eve, result, "Remix")
    assert filled(form)["orientation"] == "portrait"


async def test_a_picture_added_to_the_form_counts_whatever_becomes_of_the_old_one(earlier: Earlier) -> None:
    form = await pressed(earlier.eve, earlier.results["remix"], "Remix")
    other = picture(90, 90)
    changes: dict[str, object] = {"prompt": "remix with", "orientation": ["none:portrait"], "image": image(other)}
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
    card = await earlier.mia.submit_modal(earlier.forms["mia", "waiting form"], {"prompt": "waited"}).message()
    await earlier.room.result(card)
    assert "v2" in said(card)


async def test_two_members_with_the_same_form_open_each_get_their_own(earlier: Earlier) -> None:
    mia_sent = earlier.mia.submit_modal(earlier.forms["mia", "two forms"], {"prompt": "by mia"})
    eve_sent = earlier.eve.submit_modal(earlier.forms["eve", "two forms"], {"prompt": "by eve"})
    cards = [await mia_sent.message(), await eve_sent.message()]
    assert [prompt in said(card) for card, prompt in zip(cards, ("by mia", "by eve"), strict=True)] == [True, True]
    results = [await earlier.room.result(card) for card in cards]
    assert [result.pinged for result in results] == [{earlier.mia.id}, {earlier.eve.id}]
    assert sorted(re.findall(r"· v(\d)", said(card))[0] for card in cards) == ["2", "3"]


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
    assert len(earlier.studio.database.generations(member=someone.id)) == 2


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


async def test_an_image_in_the_form_decides_the_shape_and_is_cut_for_a_format_that_needs_exact_pixels(
    earlier: Earlier,
) -> None:
    form = await pressed(earlier.mia, earlier.results["upload"], "Remix")
    given = image(picture(500, 300, "JPEG"), "wide.jpg")
    card = await earlier.mia.submit_modal(form, {"prompt": "cut", "image": given}).message()
    await earlier.room.result(card)
    job = earlier.studio.uniall.job("cut")
    assert (job.path, job.fields["size"]) == ("/v1/videos", "1280x720")
    assert job.image is not None
    assert job.image[16:24] == (1280).to_bytes(4, "big") + (720).to_bytes(4, "big")


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
        words = said(message).replace(f"-# for <@{mia.id}>", "")
        assert not re.search(r"(?<!\\)@(everyone|here)|(?<!\\)<@[&\d]", words), words
        assert not re.search(r"(?<!\\)\[a\]|(?<!\\)```|(?<!\\)\|\|", said(message)), said(message)
    everything = [*room.messages(viewer=mia), *(message for one in results for message in room.thread(one).messages())]
    assert {person for message in everything for person in message.pinged} <= {mia.id}
