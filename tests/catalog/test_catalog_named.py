"""The names people give models: whole ones stand for themselves, short ones for what they can only mean."""

from dataclasses import replace

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.video_options import VideoOptions
from tests.errors import refused


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pro-1080p", "Sora 2 Pro 1080p"),
        ("Pro 1080p", "Sora 2 Pro 1080p"),
        ("PRO1080P", "Sora 2 Pro 1080p"),
        ("true-1080p", "Sora 2 Pro true 1080p"),
        ("true 1080p", "Sora 2 Pro true 1080p"),
        ("sora 2 pro 1080p", "sora 2 pro 1080p"),
        ("Sora_2", "Sora 2"),
        ("portrait-4s", "sora2-portrait-4s"),
        ("landscape 12s", "sora2-landscape-12s"),
        ("Sora 2 – Pro – 1080p", "Sora 2 Pro 1080p"),
    ],
)
def test_a_short_name_stands_for_the_one_it_ends(shipped: Catalog, typed: str, meant: str) -> None:
    assert shipped.named(typed) == meant
    shipped.resolve(shipped.named(typed))


def test_every_whole_name_stands_for_itself_however_it_is_written(shipped: Catalog) -> None:
    for name in shipped.names():
        for typed in (name, name.upper(), f" {name} "):
            asked = VideoOptions(
                image=any(one.image_required for one in shipped.offers if name in (one.family, one.model))
            )
            choice = shipped.resolve(shipped.named(typed), asked)
            assert name in (choice.offer.family, choice.offer.model), typed


@pytest.mark.parametrize("typed", ["1080p", "720p", "4s", "p", "", " ", "--", "veo", "Sora 2 Pro 1080p please", "猫"])
def test_what_may_mean_several_or_none_is_left_as_it_was_typed(shipped: Catalog, typed: str) -> None:
    assert shipped.named(typed) == typed


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
