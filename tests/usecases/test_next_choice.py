"""What a next version is made with: all of its parent but for what is changed, and never a thing that a model lacks."""

import time
from dataclasses import replace
from typing import Any

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.generation import Generation, Image, Orientation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.models import NoFit
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.request import Edits
from bot.domain.requests.video_options import Lack, VideoOptions
from bot.usecases.versions.form_choices import animate_choices, remix_choices
from bot.usecases.versions.next_choice import next_choice
from tests.catalog.test_catalog_switching import generation, offer

PICTURE = Image(file="a.png", media_type="image/png")


def made(catalog: Catalog, family: str, *, image: bool = False, **options: Any) -> Generation:
    """A generation of a family as it would have been accepted."""
    choice = catalog.resolve(
        family,
        VideoOptions(
            image=image,
            end_image=bool(options.get("end_image")),
            **{name: value for name, value in options.items() if name != "end_image"},
        ),
    )
    return replace(
        generation(catalog, "Sora 2"),
        family=choice.offer.family,
        model=choice.offer.model,
        format=choice.offer.format,
        orientation=choice.orientation,
        seconds=choice.seconds,
        price_micros=choice.price_micros,
        shape_from_image=choice.shape_from_image,
        sound=choice.options.sound,
        avoid=choice.options.avoid,
        seed=choice.options.seed,
        image=PICTURE if image else None,
        end_image=PICTURE if options.get("end_image") else None,
    )


def server(**rules: Any) -> GuildSettings:
    return GuildSettings(guild_id="3", **rules)


def lacking(catalog: Catalog, parent: Generation, edits: Edits) -> NoFit:
    with pytest.raises(Refusal) as caught:
        next_choice(catalog, parent, edits, image=False)
    payload = caught.value.payload
    assert isinstance(payload, NoFit)
    return payload


def test_every_option_goes_on_with_the_same_model(shipped: Catalog) -> None:
    parent = made(shipped, "Seedance 2.0 720p", image=True, end_image=True, sound=False, seed=7, seconds=9)
    choice = next_choice(shipped, parent, Edits(prompt="a dog"), image=True, end_image=True)
    options = choice.options
    assert (choice.offer.model, options.seconds, options.sound, options.seed) == ("seedance2.0-720p", 9, False, 7)
    assert options.end_image
    assert choice.shape_from_image


def test_another_model_leaves_out_only_what_it_lacks_of_what_the_parent_had(shipped: Catalog) -> None:
    parent = made(shipped, "Wan 2.6 720p", seed=7, avoid="rain", seconds=5)
    kling = next_choice(shipped, parent, Edits(model="kling"), image=False)
    assert (kling.offer.family, kling.options.avoid, kling.options.seed) == ("Kling 3 Std", "rain", None)
    horse = next_choice(shipped, parent, Edits(model="happy horse"), image=False)
    assert (horse.options.avoid, horse.options.seed) == (None, 7)
    silent = made(shipped, "Kling 3 Std", image=True, end_image=True, sound=False, seconds=10)
    assert silent.model == "kling-v3-std-silent"
    horse = next_choice(shipped, silent, Edits(model="happy horse"), image=True, end_image=True)
    assert (horse.options.sound, horse.options.end_image) == (None, False)
    pro = next_choice(shipped, silent, Edits(model="Kling Pro"), image=True, end_image=True)
    assert (pro.offer.model, pro.options.end_image) == ("kling-v3-pro-silent", True)


def test_what_is_typed_now_and_a_model_lacks_is_refused_with_those_that_have_it(shipped: Catalog) -> None:
    parent = made(shipped, "Wan 2.6 720p", seed=7, seconds=5)
    payload = lacking(shipped, parent, Edits(model="kling", seed=8))
    assert payload.lacks == (Lack.SEED,)
    assert "Happy-Horse 720p" in [one.name for one in payload.others]
    assert "Kling 3 Std" not in [one.name for one in payload.others]
    assert lacking(shipped, parent, Edits(sound=True)).lacks == (Lack.SOUND_ON,)


def test_an_inherited_length_or_shape_is_never_changed(shipped: Catalog) -> None:
    square = made(shipped, "Kling 3 Std", orientation=Orientation.SQUARE, seconds=7)
    assert set(lacking(shipped, square, Edits(model="Sora 2")).lacks) == {Lack.SHAPE, Lack.LENGTH}
    payload = lacking(shipped, square, Edits(model="Sora 2", seconds=8))
    assert payload.lacks == (Lack.SHAPE,)
    sora = next_choice(shipped, square, Edits(model="Sora 2", seconds=8, orientation=Orientation.PORTRAIT), image=False)
    assert sora.offer.model == "sora2-portrait-8s"


def test_the_shape_of_a_picture_was_never_chosen_so_the_nearest_is_taken_where_a_model_has_shapes(
    shipped: Catalog,
) -> None:
    parent = made(shipped, "Happy-Horse 720p", image=True, picture=(400, 300), seconds=8)
    assert (parent.orientation, parent.shape_from_image) == (Orientation.FOUR_BY_THREE, True)
    sora = next_choice(shipped, parent, Edits(model="Sora 2"), image=True)
    assert (sora.orientation, sora.shape_from_image) == (Orientation.LANDSCAPE, False)
    again = next_choice(shipped, parent, Edits(), image=True)
    assert (again.orientation, again.shape_from_image) == (Orientation.FOUR_BY_THREE, True)
    other = next_choice(shipped, parent, Edits(picture=(300, 400)), image=True)
    assert other.orientation is Orientation.THREE_BY_FOUR
    order = again.order("a cat", image_url="https://a.b/c.png")
    assert (order.ratio, order.size) == (None, None)


def test_a_family_whose_sound_is_gone_does_not_go_on_in_silence(shipped: Catalog) -> None:
    parent = made(shipped, "Kling 3 Std", seconds=5)
    assert parent.model == "kling-v3-std-audio"
    shipped.refuse("kling-v3-std-audio")
    assert lacking(shipped, parent, Edits()).lacks == (Lack.SOUND_ON,)
    silent = next_choice(shipped, parent, Edits(sound=False), image=False)
    assert silent.offer.model == "kling-v3-std-silent"


def test_a_form_offers_the_lengths_and_shapes_of_all_usable_offers_of_a_family(shipped: Catalog) -> None:
    offered = remix_choices(shipped, made(shipped, "Sora 2"))
    assert (offered.own, offered.selected) == ("Sora 2", "Sora 2")
    assert [one.seconds for one in offered.lengths] == [4, 8, 12, 16, 20]
    assert [one.price_micros for one in offered.lengths] == [one.seconds * 68_000 for one in offered.lengths]
    assert offered.shapes == offered.picture_shapes == (Orientation.LANDSCAPE, Orientation.PORTRAIT)
    assert [one.name for one in offered.models] == shipped.families()
    shipped.refuse("sora2")
    assert [one.seconds for one in remix_choices(shipped, made(shipped, "Sora 2")).lengths] == [4, 8, 12]
    other = remix_choices(shipped, made(shipped, "Sora 2"), wanted="Kling 3 Std")
    assert (other.own, other.selected, other.follows) == ("Sora 2", "Kling 3 Std", True)
    assert [one.seconds for one in other.lengths] == list(range(3, 16))
    assert (len(other.shapes), other.picture_shapes) == (3, ())


def test_each_price_is_of_the_offer_that_would_be_taken_and_each_length_is_accepted_at_it(shipped: Catalog) -> None:
    parent = made(shipped, "Kling 3 Std", sound=False, seconds=5)
    for wanted in (None, *shipped.families()):
        offered = remix_choices(shipped, parent, wanted=wanted)
        name = None if offered.selected == offered.own else offered.selected
        for one in offered.lengths:
            for shape in offered.shapes:
                found = next_choice(
                    shipped, parent, Edits(model=name, seconds=one.seconds, orientation=shape), image=False
                )
                assert found.price_micros <= one.price_micros
    assert remix_choices(shipped, parent).lengths[0].price_micros == 3 * 84_000


def test_where_its_family_is_gone_the_nearest_is_selected_of_those_that_a_server_allows(shipped: Catalog) -> None:
    parent = made(shipped, "Sora 2 Pro 1080p", seconds=20)
    shipped.listed({"sora2", "sora2-pro-720p", "kling-v3-pro-audio"})
    offered = remix_choices(shipped, parent)
    assert (offered.own, offered.selected) == (None, "Sora 2 Pro 720p")
    offered = remix_choices(shipped, parent, settings=server(families=frozenset({"Kling 3 Pro", "Sora 2 Pro 1080p"})))
    assert ([one.name for one in offered.models], offered.selected) == (["Kling 3 Pro"], "Kling 3 Pro")
    shipped.listed({"happy-horse-720p"})
    seeded = made(Catalog.read(), "Wan 2.6 720p", avoid="rain", seconds=5)
    assert remix_choices(shipped, seeded).selected == "Happy-Horse 720p"


def test_a_picture_is_animated_by_a_family_that_takes_one_sora_2_first(shipped: Catalog) -> None:
    offered = animate_choices(shipped)
    assert (offered.own, offered.selected) == (None, "Sora 2")
    assert "Wan 2.6 Flash 720p" in [one.name for one in offered.models]
    shipped.listed({"wan2.6-i2v-flash-720p-audio", "grok-imagine"})
    offered = animate_choices(shipped)
    assert (offered.selected, offered.follows, offered.shapes) == ("Wan 2.6 Flash 720p", True, ())
    assert [one.seconds for one in offered.lengths] == list(range(5, 16))
    assert animate_choices(shipped, settings=server(families=frozenset({"Sora 2"}))).models == ()


def test_the_choices_of_a_form_take_no_time_that_anyone_would_notice(shipped: Catalog) -> None:
    parent = made(shipped, "Seedance 2.0 720p", image=True, end_image=True, sound=False, seed=7, seconds=9)
    begun = time.process_time()
    for family in shipped.families():
        remix_choices(shipped, parent, wanted=family)
    assert time.process_time() - begun < 0.1 * len(shipped.families())


def test_a_length_shows_the_most_that_it_costs_with_a_picture_or_without() -> None:
    catalog = Catalog([offer("A", "a", image=False), offer("A", "b", micros_per_second=100_000)])
    offered = remix_choices(catalog, generation(catalog, "A"))
    assert [(one.seconds, one.price_micros) for one in offered.lengths] == [(4, 400_000), (8, 800_000)]


def test_a_form_says_how_much_at_most_what_is_sent_in_may_cost(shipped: Catalog) -> None:
    parent = made(shipped, "Sora 2", seconds=8)
    offered = remix_choices(shipped, parent)
    assert offered.most_micros(None, 8) == offered.most_micros("Kling 3 Pro", 8) == 544_000
    assert offered.most_micros("Kling 3 Pro", 7) == 0  # not in the menu: no price of it was shown
    assert offered.most_micros(None, 7) is offered.most_micros(None, None) is None
    again = remix_choices(shipped, parent, wanted="Kling 3 Pro")
    kling = next_choice(shipped, parent, Edits(model="Kling 3 Pro", seconds=8), image=False)
    assert again.most_micros("Kling 3 Pro", 8) == kling.price_micros > 544_000


def test_a_prompt_that_is_too_long_for_a_model_does_not_hide_its_lengths(shipped: Catalog) -> None:
    shown = [
        remix_choices(shipped, made(shipped, "Sora 2"), wanted="Kling 3 Pro", prompt=text) for text in ("", "x" * 4000)
    ]
    assert shown[0].lengths == shown[1].lengths != ()


def test_a_form_offers_nothing_that_the_rules_of_a_server_refuse(shipped: Catalog) -> None:
    parent = made(shipped, "Sora 2")
    offered = remix_choices(shipped, parent, settings=server(longest=8, dearest=500_000))
    assert [one.seconds for one in offered.lengths] == [4]
    assert "Sora 2 Pro 1080p" not in [one.name for one in offered.models]
    dear = remix_choices(shipped, made(shipped, "Sora 2 Pro 1080p"), settings=server(dearest=500_000))
    assert dear.selected in [one.name for one in dear.models]  # its own model stays, and is refused with the reason
    assert dear.lengths
    animated = animate_choices(shipped, settings=server(longest=8))
    assert [one.seconds for one in animated.lengths] == [4, 8]


def test_the_models_that_a_refusal_names_need_to_leave_nothing_out(shipped: Catalog) -> None:
    parent = made(shipped, "Seedance 2.0 720p", image=True, end_image=True, sound=False, seed=7, seconds=9)
    with pytest.raises(Refusal) as caught:
        next_choice(shipped, parent, Edits(model="Sora 2"), image=True, end_image=True)
    payload = caught.value.payload
    assert isinstance(payload, NoFit)
    assert payload.lacks == (Lack.LENGTH,)
    whole = VideoOptions(seconds=9, image=True, end_image=True, sound=False, seed=7)
    assert payload.others
    for one in payload.others:
        assert one.low == shipped.resolve(one.name, whole).offer.micros_per_second


def test_a_refusal_repeats_what_was_asked(shipped: Catalog) -> None:
    missing = lacking(shipped, made(shipped, "Sora 2"), Edits(seconds=7, seed=5, orientation=Orientation.SQUARE))
    assert missing.asked is not None
    assert (missing.asked.seconds, missing.asked.seed, missing.asked.orientation) == (7, 5, Orientation.SQUARE)
    assert set(missing.lacks) == {Lack.LENGTH, Lack.SEED, Lack.SHAPE}
