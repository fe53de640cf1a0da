"""Going on from an earlier version: the same model, at the price that its card said, or a refusal."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.generation import Generation, Orientation
from bot.domain.refusals import DearerNow, Refusal
from bot.domain.request import Edits, RequestContext
from bot.usecases.generate import GenerationRequest
from bot.usecases.iterate import Iteration
from tests.catalog.test_catalog_switching import generation, offer

ASKER = RequestContext(ask_id="1", guild_id="3", channel_id="4", member_id="9")


class Taken:
    """Keeps what it is asked to accept."""

    request: GenerationRequest | None = None

    async def accept(self, request: GenerationRequest) -> None:
        self.request = request


async def made(catalog: Catalog, parent: Generation, edits: Edits = Edits()) -> GenerationRequest:  # noqa: B008 - frozen
    taken = Taken()
    await Iteration(cast(Any, SimpleNamespace(catalog=catalog)), cast(Any, taken)).make(ASKER, parent, edits)
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
