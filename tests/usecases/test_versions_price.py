"""Going on from an earlier version: the same model and pictures, at the price that its card said, or a refusal."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.generation import Generation, Image, Orientation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import DearerNow
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.request import Edits, RequestContext
from bot.domain.versions.visibility import Reader
from bot.usecases.moderation.styles import Styles
from bot.usecases.requests.checks import check_price
from bot.usecases.requests.generation_request import GenerationRequest
from bot.usecases.versions.iterate import Iteration
from cogs.iteration.forms import for_form
from tests.catalog.test_catalog_switching import generation, offer

ASKER = RequestContext(ask_id="1", guild_id="3", channel_id="4", member_id="9")


class Taken:
    """Keeps what it is asked to accept."""

    request: GenerationRequest | None = None

    async def accept(self, request: GenerationRequest) -> None:
        self.request = request


class Nobody:
    """Nobody can read any other channel."""

    async def readable(self, reader: Reader, channels: frozenset[str]) -> frozenset[str]:
        return reader.here & channels


class Anything:
    """A server without rules."""

    async def guild(self, guild_id: str) -> GuildSettings:
        return GuildSettings(guild_id=guild_id)


async def made(
    catalog: Catalog,
    parent: Generation,
    edits: Edits = Edits(),  # noqa: B008 - frozen
    *,
    asker: RequestContext = ASKER,
    **more: Any,
) -> GenerationRequest:
    taken = Taken()
    context = SimpleNamespace(catalog=catalog, store=Anything(), readers=Nobody())
    await Iteration(cast(Any, context), cast(Any, taken), Styles(cast(Any, context))).make(asker, parent, edits, **more)
    assert taken.request
    return taken.request


async def test_an_id_that_two_families_have_stays_in_its_own_family(shipped: Catalog) -> None:
    choice = (await made(shipped, generation(shipped, "Sora 2 Pro 1024p"))).choice
    assert choice
    assert choice.offer.family == "Sora 2 Pro 1024p"


@pytest.mark.parametrize("edits", [Edits(), Edits(prompt="a dog"), Edits(orientation=Orientation.PORTRAIT)])
async def test_the_same_once_more_is_refused_where_it_costs_more_than_the_card_said(edits: Edits) -> None:
    catalog = Catalog([offer("A", "a", micros_per_second=100_000)])
    parent = replace(generation(catalog, "A"), price_micros=272_000)
    with pytest.raises(Refusal, match="dearer_now") as caught:
        await made(catalog, parent, edits)
    assert caught.value.payload == DearerNow(price=400_000, before=272_000)


@pytest.mark.parametrize("edits", [Edits(model="A"), Edits(seconds=8)])
async def test_who_names_the_model_or_another_length_has_chosen_its_price(edits: Edits) -> None:
    catalog = Catalog([offer("A", "a", micros_per_second=100_000)])
    parent = replace(generation(catalog, "A"), price_micros=272_000)
    assert (await made(catalog, parent, edits)).prompt == "a cat"


async def test_a_cheaper_price_needs_no_word() -> None:
    catalog = Catalog([offer("A", "a")])
    parent = replace(generation(catalog, "A"), price_micros=400_000)
    choice = (await made(catalog, parent)).choice
    assert choice
    assert choice.seconds == parent.seconds


FIRST, LAST = (Image(file=f"{name}.png", media_type="image/png") for name in ("first", "last"))


async def other() -> bytes:
    return b""


def pictured(catalog: Catalog) -> Generation:
    """A version with two pictures, a seed and sound, of somebody else in a channel that the asker can read or not."""
    parent = generation(catalog, "Seedance 2.0 720p")
    return replace(parent, image=FIRST, end_image=LAST, seed=7, sound=True, shape_from_image=True)


async def test_both_pictures_the_seed_and_the_sound_go_on(shipped: Catalog) -> None:
    here = replace(ASKER, here=frozenset({"4"}))
    for asker in (here, replace(ASKER, member_id="5")):
        request = await made(shipped, pictured(shipped), asker=asker)
        assert (request.same_image, request.same_end_image) == (FIRST, LAST)
        assert request.image
        assert request.end_image
        assert request.choice
        assert (request.choice.options.seed, request.choice.options.sound) == (7, True)
    again = await made(shipped, pictured(shipped), asker=here, new_take=True)
    assert again.choice
    assert (again.choice.options.seed, again.choice.options.sound, again.same_end_image) == (None, True, LAST)


async def test_a_picture_that_the_member_cannot_see_goes_on_in_no_way(shipped: Catalog) -> None:
    with pytest.raises(Refusal, match="image_elsewhere"):
        await made(shipped, pictured(shipped))
    own = await made(shipped, pictured(shipped), Edits(image=other))
    assert (own.image, own.same_image, own.end_image, own.same_end_image) == (other, None, None, None)


async def test_the_last_picture_goes_with_the_first_or_with_a_model_that_cannot_end_with_one(shipped: Catalog) -> None:
    asker = replace(ASKER, member_id="5")
    bare = await made(shipped, pictured(shipped), asker=asker, no_image=True)
    assert (bare.image, bare.end_image) == (None, None)
    added = await made(shipped, pictured(shipped), Edits(image=other), asker=asker)
    assert (added.same_image, added.same_end_image) == (None, LAST)
    gone = await made(shipped, pictured(shipped), Edits(image=other), asker=asker, no_end_image=True)
    assert (gone.same_image, gone.end_image) == (None, None)
    horse = await made(shipped, pictured(shipped), Edits(model="happy horse"), asker=asker)
    assert (horse.same_image, horse.end_image, horse.same_end_image) == (FIRST, None, None)


async def test_an_end_picture_that_is_typed_now_is_refused_where_the_model_has_none(shipped: Catalog) -> None:
    parent = replace(pictured(shipped), end_image=None)
    asker = replace(ASKER, member_id="5")
    with pytest.raises(Refusal, match="no_fit"):
        await made(shipped, parent, Edits(model="happy horse", end_image=other), asker=asker)
    request = await made(shipped, parent, Edits(model="kling", end_image=other), asker=asker)
    assert (request.end_image, request.same_end_image) == (other, None)


async def test_sound_that_is_asked_for_may_cost_what_it_costs(shipped: Catalog) -> None:
    silent = shipped.resolve("kling-v3-std-silent")
    parent = replace(
        generation(shipped, "Kling 3 Std"),
        model="kling-v3-std-silent",
        price_micros=silent.price_micros,
        sound=False,
    )
    choice = (await made(shipped, parent, Edits(sound=True))).choice
    assert choice
    assert choice.offer.model == "kling-v3-std-audio"


async def test_nothing_is_made_for_more_than_a_form_showed(shipped: Catalog) -> None:
    parent = generation(shipped, "Sora 2")
    request = await made(shipped, parent, Edits(model="Kling 3 Pro", seconds=8), most_micros=544_000)
    kling = request.choice
    assert kling
    with pytest.raises(Refusal, match="offer_dearer") as caught:
        check_price(kling, request.most_micros)
    check_price(kling, kling.price_micros)
    refused = DearerNow(
        code=RefusalCode.OFFER_DEARER,
        price=kling.price_micros,
        before=544_000,
        estimate=True,
        before_estimate=True,
        model="Kling 3 Pro",
        seconds=8,
    )
    assert caught.value.payload == refused
    assert for_form(caught.value).payload == replace(refused, code=RefusalCode.FORM_DEARER)
