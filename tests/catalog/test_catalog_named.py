"""The names people give models: whole ones stand for themselves, short ones for what they can only mean."""

from dataclasses import replace

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import UnknownModel
from bot.domain.requests.video_options import VideoOptions
from tests.errors import refused
from tests.tables import every_row

PICTURE = VideoOptions(image=True)  # some models need one


@every_row(
    ("typed", "meant"),
    [
        ("pro-1080p", "Sora 2 Pro 1080p"),
        ("Pro 1080p", "Sora 2 Pro 1080p"),
        ("PRO1080P", "Sora 2 Pro 1080p"),
        ("true-1080p", "Sora 2 Pro true 1080p"),
        ("true 1080p", "Sora 2 Pro true 1080p"),
        ("2-pro-720p", "Sora 2 Pro 720p"),
        ("sora 2 pro 1080p", "sora 2 pro 1080p"),
        ("Sora_2", "Sora 2"),
        ("portrait-4s", "sora2-portrait-4s"),
        ("landscape 12s", "sora2-landscape-12s"),
        ("Sora 2 – Pro – 1080p", "Sora 2 Pro 1080p"),
        ("kling", "Kling 3 Std"),
        ("Kling Pro", "Kling 3 Pro"),
        ("kling3", "Kling 3 Std"),
        ("wan2.6", "Wan 2.6 720p"),
        ("wan flash", "Wan 2.6 Flash 720p"),
        ("happyhorse", "Happy-Horse 720p"),
        ("seedance", "Seedance 2.0 Fast 720p"),
        ("grok", "Grok Imagine"),
        ("sora", "Sora 2"),
    ],
)
def test_a_short_name_stands_for_the_one_it_ends(shipped: Catalog, typed: str, meant: str) -> None:
    assert shipped.named(typed) == meant
    shipped.resolve(shipped.named(typed), PICTURE)


def test_every_whole_name_stands_for_itself_however_it_is_written(shipped: Catalog) -> None:
    for name in shipped.names():
        for typed in (name, name.upper(), f" {name} "):
            choice = shipped.resolve(shipped.named(typed), PICTURE)
            assert name in (choice.offer.family, choice.offer.model), typed


@pytest.mark.parametrize("typed", ["4s", "p", "", " ", "--", "veo", "Sora 2 Pro 1080p please", "猫"])
def test_what_may_mean_several_or_none_is_left_as_it_was_typed(shipped: Catalog, typed: str) -> None:
    assert shipped.named(typed) == typed


@pytest.mark.parametrize("typed", ["1080p", "720p", "pro 720p"])
def test_words_of_several_vendors_are_refused_with_the_families_they_may_mean(shipped: Catalog, typed: str) -> None:
    payload = refused(lambda: shipped.named(typed)).payload
    may_be = tuple(name for name in shipped.families() if typed in name.lower())
    prices = shipped.prices()
    assert payload == UnknownModel(RefusalCode.MODEL_UNKNOWN, model=typed, names=may_be, prices=prices)


def test_a_short_name_never_moves_on_to_a_dearer_family_and_keeps_to_those_of_a_server(shipped: Catalog) -> None:
    assert shipped.named("kling", allowed={"Kling 3 Pro", "Sora 2"}) == "Kling 3 Pro"
    shipped.listed({"sora2-pro-720p", "kling-v3-pro-audio"})
    assert shipped.named("sora") == "Sora 2"
    assert refused(lambda: shipped.resolve("Sora 2")).code == "model_off"


def test_what_is_off_is_not_meant_by_a_short_name_but_can_be_named(shipped: Catalog) -> None:
    shipped.listed({"sora2-pro-true-1080p", "sora2"})
    assert shipped.named("1080p") == "Sora 2 Pro true 1080p"
    for name in ("sora2-pro-1080p", "sora-2"):
        assert shipped.named(name) == name
        assert refused(lambda name=name: shipped.resolve(name)).code == "model_off"


def test_one_model_in_several_offers_is_one_name(shipped: Catalog) -> None:
    first = shipped.offers[0]
    twice = Catalog([replace(first, family=family, model="the-very-model") for family in ("A one", "B two")])
    assert twice.named("very model") == "the-very-model"


def test_a_name_that_both_a_family_and_a_model_end_with_is_the_family_s() -> None:
    offers = Catalog.read().offers
    both = Catalog([replace(offers[0], family="Video Fast", model="video-slow"), replace(offers[1], model="x-fast")])
    assert both.named("fast") == "Video Fast"
