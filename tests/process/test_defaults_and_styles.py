"""`/defaults` of a member and `/style` of a server: what counts before what, what the card says, and what stays stored."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.catalog.catalog import Catalog
from tests.process.conftest import Studio, buttons, image, picture, said, studio_in
from tests.process.iterating.forms import pressed
from tests.standins.discord import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOIR = "film noir, black and white"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A bot whose key has every model of the shipped catalogue."""
    async with studio_in(tmp_path_factory.mktemp("defaults")) as made:
        made.uniall.models = tuple({offer.model: None for offer in Catalog.read().offers})
        await made.start()
        yield made


async def told(person: Person, command: str, /, **given: object) -> str:
    """What only the member is told."""
    answer = await person.slash(command, **given).answer()
    assert answer.ephemeral, answer.text
    return answer.text


async def test_defaults_fill_what_is_not_said_and_the_card_says_so(fresh: Studio) -> None:
    room = fresh.room()
    mia, eve = room.person("Mia"), room.person("Eve")
    assert "None." in await told(mia, "defaults")
    text = await told(mia, "defaults", model="kling std", seconds=8)
    assert "**Model** · Kling 3 Std" in text
    assert "8 s with Kling 3 Std for about $1.008" in text
    await told(mia, "defaults", shape="portrait")
    await fresh.bot.stop()
    await fresh.start()
    card = await mia.slash("sora", prompt="plain").message()
    assert "Kling 3 Std · Portrait · 8 s · about $1.008" in said(card)
    assert "From your defaults: Kling 3 Std · Portrait · 8 s" in said(card)
    typed = await mia.slash("video", prompt="typed", model="Sora 2", seconds=12).message()
    assert "Sora 2 · Portrait · 12 s" in said(typed)
    assert "From your defaults: Portrait\n" in said(typed)
    pictured = await mia.slash("sora", prompt="pictured", model="Sora 2", image=image(picture(60, 30))).message()
    assert "Sora 2 · Landscape · 8 s" in said(pictured)
    other = await eve.slash("sora", prompt="of another").message()
    assert "Sora 2 · Landscape · 4 s" in said(other)
    offered = await mia.autocomplete("video", "seconds", prompt="x", seconds="3").answer()
    assert [choice["name"] for choice in offered.choices] == ["3 s · about $0.378 · Kling 3 Std"]
    wan = await mia.slash("video", prompt="left out", model="Wan 2.6 720p").message()
    assert "Left out, because Wan 2.6 720p cannot do it: 8 s" in said(wan)
    assert "Your defaults in **1** server" in await told(mia, "privacy show")
    shown = await mia.slash("defaults").message()
    cleared = await mia.press(shown, "Clear").answer()
    assert "Defaults cleared" in cleared.text
    assert "None." in await told(mia, "defaults")


async def test_defaults_that_cannot_be_are_refused_and_those_that_are_gone_are_named(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    assert "What does not fit: 7 s" in await told(mia, "defaults", model="Wan 2.6 720p", seconds=7)
    assert "There is no model “nonsense”" in await told(mia, "defaults", model="nonsense")
    assert "There is no style “noir” here" in await told(mia, "defaults", style="noir")
    assert "None." in await told(mia, "defaults")
    await told(mia, "defaults", model="Kling 3 Std")
    await moderator.slash("config models", allow="Sora 2").message()
    refused = await mia.slash("sora", prompt="not allowed any more").message()
    assert "“Kling 3 Std” is not allowed in this server. Allowed: Sora 2 ($0.068 a second)" in said(refused)
    assert "From your defaults: Kling 3 Std. /defaults changes them" in said(refused)
    assert "Open the form again" in buttons(refused)
    assert "As they stand, these are refused here now" in await told(mia, "defaults")
    assert fresh.spent(mia) == (0, 0)


async def test_a_style_is_added_to_what_is_sent_and_stays_as_it_was(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    assert "Only members who may manage this server" in await told(mia, "style add", name="Noir", text=NOIR)
    assert "Style added" in await told(moderator, "style add", name=" Noir ", text=NOIR)
    assert "There is a style “Noir” already" in await told(moderator, "style add", name="NOIR", text="x")
    assert "**Noir**" in await told(mia, "style list")
    log = await told(moderator, "quota log")
    assert f"added a style\n→ “Noir”: {NOIR}" in log
    card = await mia.slash("sora", prompt="a cat", style="noir").message()
    assert "> a cat\n" in said(card)
    assert "style: Noir" in said(card)
    assert NOIR not in said(card)
    result = await room.result(card)
    assert fresh.uniall.job(f"a cat\n{NOIR}")
    again = await mia.press(result, "Again").message()
    assert "since" not in said(again)
    assert "removed" in await told(moderator, "style remove", name="nOIR")
    assert "There is no style" in await told(moderator, "style remove", name="Noir")
    assert "There is no style “Noir” here. This server has none." in await told(mia, "sora", prompt="x", style="Noir")
    form = await pressed(mia, result, "Remix")
    remixed = await mia.submit_modal(form, {"prompt": "a dog"}).message()
    assert "The style “Noir” has been removed in this server since" in said(remixed)
    await room.result(remixed)
    assert fresh.uniall.job(f"a dog\n{NOIR}")
    await moderator.slash("style add", name="Bright", text="bright colours").message()
    changed = await room.answer_to(mia.reply(result, "a hen --style bright"))
    assert "style: Noir → style: Bright" in said(changed)
    await room.result(changed)
    assert fresh.uniall.job("a hen\nbright colours")
    none = await room.answer_to(mia.reply(result, "a bird --style none"))
    assert "style: Noir → none" in said(none)


async def test_word_filter_and_prompt_limit_hold_for_the_sum(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    await told(moderator, "style add", name="Bad", text="moon at night")
    await told(moderator, "config filter", add="blue moon")
    filtered = await mia.slash("sora", prompt="the blue", style="bad").message()
    assert (buttons(filtered), "moon" in said(filtered)) == (["Open the form again"], False)
    assert fresh.spent(mia) == (0, 0)
    long = await told(mia, "sora", prompt="x" * 3995, style="bad")
    assert "With the style “Bad” the prompt has 4,009 characters" in long
    await told(mia, "defaults", style="BAD")
    styled = await mia.slash("sora", prompt="a red").message()
    assert "From your defaults: style: Bad" in said(styled)
    await told(moderator, "style remove", name="Bad")
    left = await mia.slash("sora", prompt="a green").message()
    assert "The style “Bad” does not exist here any more" in said(left)


async def test_whoever_is_forgotten_takes_defaults_and_the_style_of_their_videos_along(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    await told(moderator, "style add", name="Noir", text=NOIR)
    await told(mia, "defaults", style="noir")
    await room.result(await mia.slash("sora", prompt="to forget").message())
    await fresh.settled(mia, 1)
    [job] = fresh.database.generations()
    assert (job.style, job.style_text, bool(job.origins)) == ("Noir", NOIR, True)
    sure = await mia.slash("privacy delete").message()
    assert "Your defaults for /sora and /video go too." in said(sure)
    await mia.press(sure, "Delete my data").answer()
    await fresh.discord.wait_for(lambda: not fresh.database.generations("to forget"), "forgotten")
    [job] = fresh.database.generations()
    assert (job.style, job.style_text, job.origins) == (None, None, "")
    assert "None." in await told(mia, "defaults")


async def test_continue_keeps_the_style_and_says_so_before_and_after(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    await told(moderator, "style add", name="Noir", text=NOIR)
    result = await room.make(mia, "a cat", style="Noir")
    await told(moderator, "style remove", name="Noir")
    form = await pressed(mia, result, "Continue")
    assert form.first is not None
    [hint] = [
        part["description"] for part in form.first.data["components"] if part["component"]["custom_id"] == "prompt"
    ]
    assert hint == "It starts from the last frame and keeps its shape, and if the model can: style: Noir"
    card = await mia.submit_modal(form, {"prompt": "a dog"}).message()
    assert "The style “Noir” has been removed in this server since" in said(card)
    await room.result(card)
    assert fresh.uniall.job(f"a dog\n{NOIR}")


async def test_a_command_that_a_pause_refuses_is_made_from_its_form_afterwards(fresh: Studio) -> None:
    room = fresh.room()
    mia, moderator = room.person(), fresh.moderator(room.channel)
    await told(moderator, "config pause", reason="tidying")
    refused = await mia.slash("sora", prompt="a long prompt", orientation="portrait").message()
    assert "paused new videos" in said(refused)
    assert "“tidying”" in said(refused)
    await told(moderator, "config resume")
    form = await pressed(mia, refused, "Open the form again")
    card = await mia.submit_modal(form).message()
    assert "Portrait" in said(card)
    await room.result(card)
    assert fresh.uniall.job("a long prompt")
