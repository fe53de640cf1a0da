"""What Continue offers: models that start from a picture, the version's own or else the nearest, with their prices."""

from dataclasses import replace

from bot.catalog.catalog import Catalog
from bot.domain.generation import Orientation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.usecases.versions.form_choices import continue_choices
from tests.catalog.test_catalog_switching import generation


def test_continue_offers_what_starts_from_a_picture_and_selects_the_own_or_the_nearest(shipped: Catalog) -> None:
    start = generation(shipped, "Sora 2")
    found = continue_choices(shipped, start)
    assert (found.own, found.selected) == ("Sora 2", "Sora 2")
    assert found.most_micros(None, 4) == 4 * start.price_micros // start.seconds
    assert continue_choices(shipped, start, wanted="Kling 3 Std").selected == "Kling 3 Std"
    # Where the own model takes no picture, it is not offered, and the first that does and is allowed is selected.
    blind = Catalog([replace(one, image=one.image and one.family != "Sora 2") for one in shipped.offers])
    found = continue_choices(blind, start)
    assert found.own is None
    assert "Sora 2" not in [one.name for one in found.models]
    assert found.selected in [one.name for one in found.models]
    assert found.lengths
    rules = GuildSettings(guild_id="1", families=frozenset({"Sora 2", "Kling 3 Pro"}))
    found = continue_choices(blind, start, settings=rules)
    assert ([one.name for one in found.models], found.selected) == (["Kling 3 Pro"], "Kling 3 Pro")
    only = GuildSettings(guild_id="1", families=frozenset({"Sora 2"}))
    assert continue_choices(blind, start, settings=only).selected is None


def test_every_shape_that_a_frame_may_have_has_its_price(shipped: Catalog) -> None:
    for shape in Orientation:
        start = replace(generation(shipped, "Sora 2"), orientation=shape)
        for family in shipped.families():
            assert continue_choices(shipped, replace(start, family=family)).lengths, (shape, family)
