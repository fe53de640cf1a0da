"""What may be used changes while the bot runs: by the key's own list, by the API's answers, by the date."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog.catalog import Catalog
from bot.catalog.offers import TEMPLATE_SHAPES, Offer
from bot.domain.generation import Generation, Image, Orientation, State
from bot.domain.provider import Format
from bot.domain.refusals.models import NamedPrice
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.video_options import VideoOptions
from tests.catalog.conftest import TODAY, no_fit, unavailable
from tests.errors import refused

ALL = frozenset(offer.model for offer in Catalog.read().offers if "sora" in offer.model)
SIX = sorted(model for model in ALL if model.startswith(("sora2-landscape", "sora2-portrait")))


def offer(family: str, model: str, **other: Any) -> Offer:
    values: dict[str, Any] = {
        "format": Format.TASK,
        "orientations": TEMPLATE_SHAPES,
        "seconds": (4, 8),
        "micros_per_second": 68_000,
    }
    return Offer(family=family, model=model, **(values | other))


def test_a_model_that_the_key_lacks_is_off_and_is_told(shipped: Catalog) -> None:
    assert "sora2-pro-1080p" in shipped.listed(ALL - {"sora2-pro-1080p"})
    assert "Sora 2 Pro 1080p" not in shipped.families()
    assert "sora2-pro-1080p" not in shipped.names()
    for name in ("Sora 2 Pro 1080p", "sora2-pro-1080p"):
        refusal = unavailable(lambda name=name: shipped.resolve(name))
        assert (refusal.code, refusal.model) == ("model_off", name)
        names = [price.name for price in refusal.prices]
        assert names == ["Sora 2", "Sora 2 Pro 720p", "Sora 2 Pro 1024p", "Sora 2 Pro true 1080p"]


def test_a_later_list_replaces_the_one_before(shipped: Catalog) -> None:
    shipped.listed({"sora-2"})
    shipped.listed(ALL)
    assert len(shipped.families()) == 5


@pytest.mark.parametrize("other", [(), ("gpt-5", "veo3.1-video-720p"), ("Sora 2", "SORA-2")])
def test_a_list_that_names_no_id_of_the_catalogue_changes_nothing(shipped: Catalog, other: tuple[str, ...]) -> None:
    everything = shipped.families()
    assert shipped.listed(other) == frozenset()
    assert shipped.families() == everything
    shipped.listed({"sora-2"})
    assert shipped.listed(other) == frozenset()
    assert shipped.families() == ["Sora 2"]


def test_a_refused_model_is_off_until_it_is_listed_again(shipped: Catalog) -> None:
    shipped.refuse("sora2-pro-1080p")
    assert refused(lambda: shipped.resolve("sora2-pro-1080p")).code == "model_off"
    shipped.listed(ALL - {"sora2-pro-1080p"})
    assert refused(lambda: shipped.resolve("sora2-pro-1080p")).code == "model_off"
    shipped.listed(ALL)
    assert shipped.resolve("sora2-pro-1080p").offer.model == "sora2-pro-1080p"


def test_a_refused_model_stays_off_when_the_list_is_that_of_another_api(shipped: Catalog) -> None:
    shipped.refuse("sora-2")
    shipped.listed({"gpt-5"})
    assert refused(lambda: shipped.resolve("sora-2")).code == "model_off"


def test_the_next_offer_takes_over_where_the_first_is_off(shipped: Catalog) -> None:
    shipped.listed({"sora-2"})
    choice = shipped.resolve("Sora 2", VideoOptions(orientation=Orientation.PORTRAIT, seconds=12))
    assert (choice.offer.model, choice.offer.format) == ("sora-2", Format.OPENAI)
    refusal = no_fit(lambda: shipped.resolve("Sora 2", VideoOptions(seconds=16)))
    assert [option.model for option in refusal.options] == ["sora-2"]


def test_offers_take_over_one_after_the_other(shipped: Catalog) -> None:
    for model in SIX:
        assert shipped.resolve("Sora 2").offer.model == "sora2-landscape-4s" or model > "sora2-landscape-4s"
        shipped.refuse(model)
    assert shipped.resolve("Sora 2").offer.model == "sora2"
    shipped.refuse("sora2")
    assert shipped.resolve("Sora 2").offer.model == "sora-2"
    shipped.refuse("sora-2")
    assert "Sora 2" not in shipped.families()


def test_who_names_no_model_is_never_moved_to_another_family(shipped: Catalog) -> None:
    shipped.listed({"sora2-pro-1080p", "sora2-pro-true-1080p"})
    refusal = unavailable(shipped.resolve)
    assert (refusal.code, refusal.model) == ("model_off", "Sora 2")
    assert refusal.prices == (
        NamedPrice(name="Sora 2 Pro 1080p", low=340_000, high=340_000),
        NamedPrice(name="Sora 2 Pro true 1080p", low=476_000, high=476_000),
    )


def test_who_names_no_model_gets_sora_2_wherever_it_stands_in_the_file() -> None:
    assert Catalog([offer("Wan", "w"), offer("Sora 2", "s")]).default_family() == "Sora 2"
    assert Catalog([offer("Wan", "w")], declared=["Wan", "Sora 2"]).default_family() == "Sora 2", "also out of use"
    without = Catalog([offer("Wan", "w"), offer("Kling", "k")])
    assert unavailable(without.resolve).code == "model_off", "nor is it moved to another where the file has none"


@pytest.mark.parametrize("seconds", [None, 4])
def test_a_family_never_becomes_dearer_by_itself(seconds: int | None) -> None:
    catalog = Catalog([offer("A", "a"), offer("A", "dear", micros_per_second=136_000), offer("A", "same")])
    catalog.listed({"dear", "same"})
    assert catalog.resolve("A", VideoOptions(seconds=seconds)).offer.model == "same"
    catalog.listed({"dear"})
    refusal = unavailable(lambda: catalog.resolve("A", VideoOptions(seconds=seconds)))
    assert (refusal.code, [price.name for price in refusal.prices]) == ("dearer_only", ["dear"])
    assert catalog.resolve("dear", VideoOptions(seconds=seconds)).price_micros == 544_000, "named, it is no surprise"


def test_a_family_never_becomes_longer_by_itself() -> None:
    catalog = Catalog([offer("A", "short", seconds=(4,)), offer("A", "long", seconds=(8,), micros_per_second=1)])
    catalog.listed({"long"})
    assert refused(lambda: catalog.resolve("A")).code == "no_fit"
    assert catalog.resolve("A", VideoOptions(seconds=8)).seconds == 8


def test_a_dearer_length_has_the_price_of_the_first_that_makes_it() -> None:
    catalog = Catalog([offer("A", "short", seconds=(4,)), offer("A", "long", seconds=(8,), micros_per_second=90_000)])
    assert catalog.resolve("A", VideoOptions(seconds=8)).price_micros == 720_000
    assert catalog.prices() == (NamedPrice(name="A", low=68_000, high=90_000),)


def test_without_any_model_every_wish_is_refused(shipped: Catalog) -> None:
    for model in {offer.model for offer in shipped.offers}:
        shipped.refuse(model)
    assert shipped.families() == shipped.names() == []
    assert refused(shipped.resolve).code == "no_models"
    assert refused(lambda: shipped.resolve("sora3")).code == "no_models"


@pytest.mark.parametrize(("days", "on"), [(-1, False), (0, False), (1, True)])
def test_a_model_ends_on_its_sunset(days: int, on: bool) -> None:
    catalog = Catalog([offer("A", "a", sunset=TODAY + timedelta(days)), offer("B", "b")], today=lambda: TODAY)
    assert ("A" in catalog.families()) is on


def test_a_sunset_comes_while_the_bot_runs() -> None:
    day = [date(2026, 1, 1)]
    catalog = Catalog([offer("A", "a", sunset=date(2026, 1, 2)), offer("A", "b")], today=lambda: day[0])
    assert catalog.resolve("A").offer.model == "a"
    day[0] = date(2026, 1, 2)
    assert catalog.resolve("A").offer.model == "b"


def test_an_image_goes_to_the_offer_that_takes_one() -> None:
    catalog = Catalog([offer("A", "blind", image=False), offer("A", "seeing")])
    assert catalog.resolve("A").offer.model == "blind"
    assert catalog.resolve("A", VideoOptions(image=True)).offer.model == "seeing"
    assert no_fit(lambda: catalog.resolve("blind", VideoOptions(image=True))).image


def test_a_family_without_the_defaults_brings_its_own() -> None:
    catalog = Catalog([offer("Wan", "wan", seconds=(5, 10), orientations=(Orientation.PORTRAIT,))])
    choice = catalog.resolve("Wan")
    assert (choice.orientation, choice.seconds) == (Orientation.PORTRAIT, 5)


def generation(catalog: Catalog, wanted: str, /, **other: Any) -> Generation:
    choice = catalog.resolve(wanted)
    values: dict[str, Any] = {
        "id": "1",
        "interaction_id": "2",
        "guild_id": "3",
        "channel_id": "4",
        "member_id": "5",
        "prompt": "a cat",
        "family": choice.offer.family,
        "model": choice.offer.model,
        "format": choice.offer.format,
        "orientation": choice.orientation,
        "seconds": choice.seconds,
        "price_micros": choice.price_micros,
        "state": State.RESERVED,
        "accepted_at": None,
        "due_at": None,
    }
    return Generation(**(values | other))


def test_an_accepted_job_is_sent_as_it_was_chosen(shipped: Catalog) -> None:
    order = shipped.order(generation(shipped, "sora2-portrait-12s"), image_url=None, image_file=None)
    assert order == shipped.resolve("sora2-portrait-12s").order("a cat")


def test_the_same_id_in_two_families_is_sent_with_the_pixels_of_its_own(shipped: Catalog) -> None:
    order = shipped.order(generation(shipped, "Sora 2 Pro 1024p"), image_url=None, image_file=None)
    assert order is not None
    assert order.size == "1792x1024"


@pytest.mark.parametrize(
    "change",
    [{"family": "Sora 1"}, {"model": "sora1"}, {"format": Format.TASK}, {"seconds": 9}],
)
def test_an_accepted_job_whose_offer_is_gone_is_not_sent(shipped: Catalog, change: dict[str, Any]) -> None:
    assert shipped.order(generation(shipped, "sora-2", **change), image_url=None, image_file=None) is None


def test_an_accepted_job_whose_model_was_withdrawn_since_is_not_sent(shipped: Catalog) -> None:
    job = generation(shipped, "sora-2")
    shipped.refuse("sora-2")
    assert shipped.order(job, image_url=None, image_file=None) is None


def test_an_accepted_job_with_an_image_is_not_sent_to_a_model_that_no_longer_takes_one() -> None:
    job = generation(Catalog([offer("A", "a")]), "a", image=Image(file="x.png", media_type="image/png"))
    assert Catalog([offer("A", "a", image=False)]).order(job, image_url="https://x", image_file=None) is None


STEADY = settings(derandomize=True, deadline=None, max_examples=200)
OFFERS = st.builds(
    offer,
    st.sampled_from(["Sora 2", "B", "C"]),
    st.sampled_from(["m1", "m2", "m3", "m4"]),
    orientations=st.sampled_from([(Orientation.LANDSCAPE,), (Orientation.PORTRAIT,), tuple(Orientation)]),
    seconds=st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True).map(tuple),
    image=st.booleans(),
    micros_per_second=st.integers(0, 10**6),
    sunset=st.none() | st.dates(TODAY - timedelta(2), TODAY + timedelta(2)),
)


@STEADY
@given(
    offers=st.lists(OFFERS, max_size=6),
    listed=st.none() | st.sets(st.sampled_from(["m1", "m2", "m3", "m4", "m5"])),
    gone=st.sets(st.sampled_from(["m1", "m2", "m3", "m4"])),
    model=st.none() | st.sampled_from(["Sora 2", "B", "C", "m1", "m2", "m3", "m4", "nothing"]),
    orientation=st.none() | st.sampled_from(Orientation),
    seconds=st.none() | st.integers(1, 7),
    image=st.booleans(),
)
def test_whatever_is_away_a_wish_is_what_it_was_and_costs_no_more_or_is_refused(
    offers: list[Offer],
    listed: set[str] | None,
    gone: set[str],
    model: str | None,
    orientation: Orientation | None,
    seconds: int | None,
    image: bool,
) -> None:
    catalog = Catalog(offers, today=lambda: TODAY)
    if listed is not None:
        catalog.listed(listed)
    for name in gone:
        catalog.refuse(name)
    whole = Catalog([replace(one, sunset=None) for one in offers], today=lambda: TODAY)
    options = VideoOptions(orientation=orientation, seconds=seconds, image=image)
    try:
        promised = whole.resolve(model, options)
    except Refusal:
        with pytest.raises(Refusal):
            catalog.resolve(model, options)
        return
    named = model or promised.offer.family
    able = [
        one
        for one in catalog.offers
        if named in (one.family, one.model)
        and catalog.usable(one)
        and one.fits(promised.options)
        and one.micros_per_second <= promised.offer.micros_per_second
    ]
    if not able:
        with pytest.raises(Refusal):
            catalog.resolve(model, options)
        return
    choice = catalog.resolve(model, options)
    assert choice.offer == able[0]
    assert (choice.orientation, choice.seconds) == (promised.orientation, promised.seconds)
    assert choice.price_micros == choice.seconds * choice.offer.micros_per_second <= promised.price_micros


@STEADY
@given(
    offers=st.lists(OFFERS, max_size=6),
    model=st.none() | st.sampled_from(["Sora 2", "B", "C", "m1", "m2", "m3", "m4", "nothing"]),
    orientation=st.none() | st.sampled_from(Orientation),
    seconds=st.none() | st.integers(1, 7),
    image=st.booleans(),
)
def test_with_everything_on_a_wish_is_the_first_offer_that_fits(
    offers: list[Offer], model: str | None, orientation: Orientation | None, seconds: int | None, image: bool
) -> None:
    catalog = Catalog([replace(one, sunset=None) for one in offers])
    options = VideoOptions(orientation=orientation, seconds=seconds, image=image)
    named = model or "Sora 2"
    able = [one for one in catalog.offers if named in (one.family, one.model) and one.fits(options)]
    if not able:
        with pytest.raises(Refusal):
            catalog.resolve(model, options)
        return
    choice = catalog.resolve(model, options)
    usual = [
        one
        for one in able
        if one.fits(replace(options, orientation=orientation or Orientation.LANDSCAPE, seconds=seconds or 4))
    ]
    assert choice.offer == (usual or able)[0]
    assert (orientation or choice.orientation, seconds or choice.seconds) == (choice.orientation, choice.seconds)


def test_of_a_vendor_of_which_the_key_has_nothing_no_id_is_missed(shipped: Catalog) -> None:
    shipped.listed(ALL - {"sora2-pro-1080p"} | {"kling-v3-std-audio"})
    assert shipped.missing == {"sora2-pro-1080p", "kling-v3-std-silent", "kling-v3-pro-audio", "kling-v3-pro-silent"}
    assert "Wan 2.6 720p" not in shipped.families()
