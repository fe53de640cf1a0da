"""The form keeps Discord's limits whatever it is filled from, and is filled with all that was said before."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.generation import Generation, Image, Orientation
from bot.domain.messages import component_ids
from bot.domain.refusals.models import NamedPrice
from bot.domain.requests.drafts import Draft
from bot.usecases.versions.form_choices import FormChoices, LengthOption
from cogs._ui.wording import in_language
from cogs.iteration import form_fields
from tests.cogs.conftest import LONG_ID, NOW, PICTURE, generation

TEXT_INPUT, SELECT, LABEL, UPLOAD = 4, 3, 18, 19
PICTURES = tuple(f"https://cdn.example.com/{'x' * 300}/{number}{'y' * 200}.png?ex=1" for number in range(30))
MODELS = [f"{number} {'z' * 77}" for number in range(40)]
ALL = tuple(Orientation)
END = Image(file="end.png", media_type="image/png")


def draft(**fields: Any) -> Draft:
    return replace(Draft(id="d" * 25, guild_id="3", member_id="5", made_at=NOW), **fields)


def start(**fields: Any) -> Generation:
    return generation(id=LONG_ID, version=999, **fields)


def choices(*lengths: int, models: list[str] | None = None, **fields: Any) -> FormChoices:
    """What can be made; of Sora 2 where nothing is said."""
    names = ["Sora 2"] if models is None else models
    made: dict[str, Any] = {
        "models": tuple(NamedPrice(name=name, low=84_000, high=126_000, estimate=True) for name in names),
        "own": "Sora 2" if "Sora 2" in names else None,
        "selected": names[0] if names else None,
        "lengths": tuple(LengthOption(seconds=one, price_micros=one * 68_000) for one in lengths or (4, 8, 12)),
        "shapes": ALL[:2],
        "picture_shapes": ALL[:2],
    }
    return FormChoices(**(made | fields))


def form(about: Draft, one: Generation | None, offered: FormChoices | None = None) -> form_fields.Form:
    return form_fields.form(about, one, offered or choices())


def fields_of(made: form_fields.Form) -> dict[str, dict[str, Any]]:
    """The fields by their ids, each with the text above it, once the whole form is seen to be within Discord's limits."""
    data: Any = made.to_dict()
    assert 1 <= len(data["title"]) <= 45
    assert component_ids.FORM.fullmatch(data["custom_id"])
    assert len(data["custom_id"]) <= 100
    assert 1 <= len(data["components"]) <= 5
    found: dict[str, dict[str, Any]] = {}
    for row in data["components"]:
        assert row["type"] == LABEL
        assert 1 <= len(row["label"]) <= 45
        assert 1 <= len(row.get("description") or "x") <= 100
        field = row["component"] | {"above": row["label"], "hint": row.get("description") or ""}
        assert 1 <= len(field["custom_id"]) <= 100
        assert field["custom_id"] not in found
        found[field["custom_id"]] = field
        if field["type"] == TEXT_INPUT:
            assert 1 <= len(field.get("value") or "x") <= field["max_length"] <= 4000
            assert len(field.get("placeholder") or "") <= 100
        elif field["type"] == SELECT:
            values = [option["value"] for option in field["options"]]
            assert 1 <= len(values) <= 25
            assert len(set(values)) == len(values)
            for option in field["options"]:
                assert 1 <= len(option["label"]) <= 100
                assert 1 <= len(option["value"]) <= 100
            assert sum(bool(option.get("default")) for option in field["options"]) == 1
        else:
            assert field["type"] == UPLOAD
    return found


def chosen(field: dict[str, Any]) -> str:
    """What a menu stands at."""
    return next(option["value"] for option in field["options"] if option.get("default"))


def offered() -> Iterator[FormChoices]:
    """Everything that a model may make, or need."""
    follows: dict[str, Any] = {"picture_shapes": (), "follows": True}
    for models in ([], ["Sora 2"], MODELS, [*MODELS, "Sora 2"]):
        for lengths in ([4, 8, 12], list(range(1, 99)), [6]):
            yield choices(*lengths, models=models)
            yield choices(*lengths, models=models, selected=models[-1] if models else None, shapes=ALL, **follows)
        yield choices(models=models, shapes=ALL, picture_shapes=ALL, follows=True)
        yield choices(models=models, shapes=(), needs_picture=True, **follows)
        yield choices(models=models, picture_shapes=())
        yield choices(models=models, lengths=(), shapes=(), picture_shapes=())


def drafts() -> Iterator[tuple[Draft, Generation | None]]:
    """Every kind of form there is."""
    typed = {"prompt": "p" * 4000, "orientation": Orientation.PORTRAIT, "seconds": 20}
    chosen = {"model": MODELS[3], "picture": 24, "no_image": True}
    wrong = {"prompt": "", "seconds": 7, "model": "none", "picture": 99, "image_lost": True}
    more: dict[str, Any] = {"avoid": "*" * 500, "seed": 2147483647, "sound": False, "end_image": END}
    for again in ({}, {**typed, **chosen}, wrong):
        for image in (None, PICTURE):
            for gone in (False, True):
                one = start(prompt="😀" * 4000, image=image, seconds=15, family="f" * 80, **more)
                yield draft(generation_id=LONG_ID, image_gone=gone, **again), one
        for count in (1, 2, 25, 30):
            yield draft(pictures=PICTURES[:count], **again), None
        yield draft(pictures=("https://cdn.example.com/", "https://cdn.example.com/?a=b"), **again), None


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_every_form_keeps_discords_limits(language: str) -> None:
    with in_language(language):
        for about, one in drafts():
            for offer in offered():
                found = fields_of(form(about, one, offer))
                assert {"prompt", "orientation", "duration"} <= set(found)
                assert ("model" in found) == bool(offer.models)
                assert ("picture" in found) == (len(about.pictures) > 1)
                assert ("image" in found) == (not about.pictures)


def labels(field: dict[str, Any]) -> list[str]:
    """What a menu offers."""
    return [option["label"] for option in field["options"]]


def test_remix_is_filled_from_the_version() -> None:
    one = start(prompt="a cat\nat night", orientation=Orientation.PORTRAIT, seconds=12, image=PICTURE)
    made = form(draft(generation_id=LONG_ID), one)
    found = fields_of(made)
    assert made.title == "Remix v999"
    assert list(found) == ["prompt", "model", "orientation", "duration", "image"]
    assert found["prompt"]["value"] == "a cat\nat night"
    assert (chosen(found["orientation"]), chosen(found["duration"])) == ("portrait", "12")
    assert found["image"]["required"] is False
    assert "keep the image" in found["image"]["hint"]
    assert found["prompt"]["hint"] == ""


def test_the_menus_name_the_price_of_each_length_and_of_a_second_of_each_model() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID), start(), choices(models=["Sora 2", "Kling"])))
    assert labels(found["duration"]) == ["4 s · $0.272", "8 s · $0.544", "12 s · $0.816"]
    assert labels(found["model"]) == [f"{name} (about $0.084–$0.126 a second)" for name in ("Sora 2", "Kling")]
    about = choices(lengths=(LengthOption(seconds=8, price_micros=672_000, estimate=True),))
    assert labels(fields_of(form(draft(pictures=PICTURES[:1]), None, about))["duration"]) == ["8 s · about $0.672"]


def test_with_a_picture_each_shape_is_offered_with_it_and_without() -> None:
    one = start(image=PICTURE, orientation=Orientation.PORTRAIT)
    found = fields_of(form(draft(generation_id=LONG_ID), one, choices(shapes=ALL[:3])))
    kept = ["Keep picture · Landscape", "Keep picture · Portrait"]
    without = ["No picture · Landscape", "No picture · Portrait", "No picture · Square"]
    assert labels(found["orientation"]) == [*kept, *without]
    assert [option["value"] for option in found["orientation"]["options"]][1::2] == ["portrait", "none:portrait"]
    follows = choices(shapes=ALL[:2], picture_shapes=(), follows=True)
    found = fields_of(form(draft(generation_id=LONG_ID), replace(one, shape_from_image=True), follows))
    assert labels(found["orientation"]) == ["Keep picture (its shape)", *without[:2]]
    assert chosen(found["orientation"]) == "picture"
    assert labels(fields_of(form(draft(generation_id=LONG_ID), start()))["orientation"]) == ["Landscape", "Portrait"]


def test_what_has_no_field_is_listed_above_the_prompt() -> None:
    one = start(sound=True, seed=7, avoid="**rain**", image=PICTURE, end_image=END)
    hint = fields_of(form(draft(generation_id=LONG_ID), one))["prompt"]["hint"]
    assert (
        hint == r"Kept as far as the model can: with sound · seed 7 · ends with a picture · not to show: \*\*rain\*\*"
    )


def test_a_length_and_a_shape_that_the_model_lacks_are_said_and_the_nearest_stand_there() -> None:
    one = start(seconds=15, orientation=Orientation.FOUR_BY_THREE)
    found = fields_of(form(draft(generation_id=LONG_ID), one, choices(shapes=ALL[:3])))
    assert (chosen(found["duration"]), found["duration"]["hint"]) == (
        "12",
        "It was 15 s, which is not available here with this model.",
    )
    assert chosen(found["orientation"]) == "landscape"
    assert found["orientation"]["hint"] == "It was 4:3, which this model does not make."
    kept = fields_of(form(draft(generation_id=LONG_ID), start()))
    assert kept["duration"]["hint"] == ""
    assert kept["orientation"]["hint"] == "Left as it is, it gives way to the shape of a picture that you add."


def test_only_lengths_that_can_be_made_are_offered() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID), start(seconds=8), choices(4, 8)))
    assert [option["value"] for option in found["duration"]["options"]] == ["4", "8"]
    assert chosen(fields_of(form(draft(pictures=PICTURES[:1]), None, choices(1, 3, 6, 10)))["duration"]) == "6"


def test_the_model_of_the_version_has_a_value_of_its_own_and_is_always_there() -> None:
    found = fields_of(
        form(draft(generation_id=LONG_ID), start(), choices(models=[*MODELS, "Sora 2"], selected="Sora 2"))
    )
    assert chosen(found["model"]) == form_fields.SAME_MODEL
    assert len(found["model"]["options"]) == 25


def test_what_was_filled_in_before_is_there_again() -> None:
    typed = draft(generation_id=LONG_ID, prompt="a dog", orientation=Orientation.PORTRAIT, seconds=8, no_image=True)
    found = fields_of(form(typed, start(prompt="a cat", image=PICTURE)))
    assert found["prompt"]["value"] == "a dog"
    assert (chosen(found["orientation"]), chosen(found["duration"])) == ("none:portrait", "8")
    both = choices(models=["Sora 2", "Veo"], selected="Veo")
    assert chosen(fields_of(form(replace(typed, model="Veo"), start(), both))["model"]) == "Veo"
    found = fields_of(form(draft(pictures=PICTURES[:3], picture=2), None))
    assert chosen(found["picture"]) == "2"


def test_a_file_that_the_form_cannot_bring_back_must_be_added_again() -> None:
    for image in (None, PICTURE):
        found = fields_of(form(draft(generation_id=LONG_ID, image_lost=True), start(image=image)))
        assert found["image"]["required"] is True
        assert "does not keep your file" in found["image"]["hint"]
        assert labels(found["orientation"]) == ["Landscape", "Portrait"]


def test_an_image_that_is_gone_must_be_added_again_or_done_without() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID, image_gone=True), start(image=PICTURE)))
    assert found["image"]["required"] is False
    assert "gone" in found["image"]["hint"]
    assert labels(found["orientation"])[::2] == ["Picture added below · Landscape", "No picture · Landscape"]
    needed = choices(shapes=(), picture_shapes=(), follows=True, needs_picture=True)
    found = fields_of(form(draft(generation_id=LONG_ID, image_gone=True), start(image=PICTURE), needed))
    assert found["image"]["required"] is True


def test_a_model_that_needs_a_picture_asks_for_one_and_one_that_takes_none_says_so() -> None:
    needed = choices(shapes=(), picture_shapes=(), follows=True, needs_picture=True)
    found = fields_of(form(draft(generation_id=LONG_ID), start(), needed))
    assert (found["image"]["required"], labels(found["orientation"])) == (True, ["The picture's shape"])
    found = fields_of(form(draft(generation_id=LONG_ID), start(image=PICTURE), choices(picture_shapes=())))
    assert found["image"]["hint"] == "This model takes no picture."
    assert labels(found["orientation"]) == ["No picture · Landscape", "No picture · Portrait"]


def test_animate_asks_which_image_only_where_there_are_several() -> None:
    alone = fields_of(form(draft(pictures=PICTURES[:1]), None))
    assert list(alone) == ["prompt", "model", "orientation", "duration"]
    assert not alone["prompt"].get("value")
    assert (chosen(alone["orientation"]), chosen(alone["duration"])) == (form_fields.PICTURE_SHAPE, "4")
    several = fields_of(form(draft(pictures=PICTURES), None))
    assert len(several["picture"]["options"]) == 25
    names = fields_of(form(draft(pictures=("https://a.b/cat.png?ex=1", "https://a.b/dog.png")), None))
    assert labels(names["picture"]) == ["1 · cat.png", "2 · dog.png"]


def test_a_model_that_is_gone_is_named_with_those_to_choose_from() -> None:
    left = choices(models=["Veo", "Wan"], selected="Wan")
    found = fields_of(form(draft(generation_id=LONG_ID), start(family="Old 1"), left))
    assert [option["value"] for option in found["model"]["options"]] == ["Veo", "Wan"]
    assert (chosen(found["model"]), found["model"]["hint"]) == (
        "Wan",
        "Old 1 is not available any more. The nearest is selected.",
    )
