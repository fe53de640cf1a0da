"""The form keeps Discord's limits whatever it is filled from, and is filled with all that was said before."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.domain import component_ids
from bot.domain.drafts import Draft
from bot.domain.generation import Generation, Orientation
from cogs._ui.wording import in_language
from cogs.iteration import form_fields
from tests.cogs.conftest import LONG_ID, NOW, PICTURE, generation

TEXT_INPUT, SELECT, LABEL, UPLOAD = 4, 3, 18, 19
PICTURES = tuple(f"https://cdn.example.com/{'x' * 300}/{number}{'y' * 200}.png?ex=1" for number in range(30))
MODELS = [f"{number} {'z' * 90}" for number in range(40)]


def draft(**fields: Any) -> Draft:
    return replace(Draft(id="d" * 25, guild_id="3", member_id="5", made_at=NOW), **fields)


def start(**fields: Any) -> Generation:
    return generation(id=LONG_ID, version=999, **fields)


def form(
    about: Draft, one: Generation | None, models: Sequence[str] = (), lengths: Sequence[int] = (4, 8, 12)
) -> form_fields.Form:
    return form_fields.form(about, one, models=models, lengths=lengths)


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


def drafts() -> Iterator[tuple[Draft, Generation | None, list[str]]]:
    """Every kind of form there is."""
    typed = {"prompt": "p" * 4000, "orientation": "portrait", "seconds": 20}
    chosen = {"model": MODELS[3], "picture": 24, "no_image": True}
    wrong = {"prompt": "", "seconds": 7, "model": "none", "picture": 99, "image_lost": True}
    for again in ({}, {**typed, **chosen}, wrong):
        for image in (None, PICTURE):
            for models in ([], MODELS[:1], MODELS):
                for gone in (False, True):
                    one = start(prompt="😀" * 4000, image=image, seconds=15, family="f" * 80)
                    yield draft(generation_id=LONG_ID, image_gone=gone, **again), one, models
        for count in (1, 2, 25, 30):
            yield draft(pictures=PICTURES[:count], **again), None, []
        yield draft(pictures=("https://cdn.example.com/", "https://cdn.example.com/?a=b"), **again), None, []


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_every_form_keeps_discords_limits(language: str) -> None:
    with in_language(language):
        for (about, one, models), lengths in product(drafts(), ([], [4, 8, 12], list(range(1, 99)))):
            found = fields_of(form(about, one, models, lengths))
            assert {"prompt", "orientation", "duration"} <= set(found)
            assert ("model" in found) == bool(models)
            assert ("picture" in found) == (len(about.pictures) > 1)
            assert ("image" in found) == (not about.pictures)
            assert ("reference" in found) == bool(one and one.image and not models and not about.image_lost)


def test_remix_is_filled_from_the_version() -> None:
    one = start(prompt="a cat\nat night", orientation=Orientation.PORTRAIT, seconds=12, image=PICTURE)
    made = form(draft(generation_id=LONG_ID), one)
    found = fields_of(made)
    assert made.title == "Remix v999"
    assert list(found) == ["prompt", "orientation", "duration", "image", "reference"]
    assert found["prompt"]["value"] == "a cat\nat night"
    assert (chosen(found["orientation"]), chosen(found["duration"])) == ("portrait", "12")
    assert found["image"]["required"] is False
    assert "keep the image" in found["image"]["hint"]
    assert chosen(found["reference"]) == "keep"


def test_the_form_asks_of_an_image_only_where_there_is_one() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID), start()))
    assert list(found) == ["prompt", "orientation", "duration", "image"]


def test_a_length_that_only_this_version_has_can_be_kept() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID), start(seconds=15)))
    assert chosen(found["duration"]) == "15"
    assert [option["value"] for option in found["duration"]["options"]] == ["4", "8", "12", "15"]


def test_only_lengths_that_can_be_made_are_offered() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID), start(seconds=8), lengths=[4, 8]))
    assert [option["value"] for option in found["duration"]["options"]] == ["4", "8"]
    assert chosen(fields_of(form(draft(pictures=PICTURES[:1]), None, lengths=[6, 10]))["duration"]) == "6"


def test_what_was_filled_in_before_is_there_again() -> None:
    typed = draft(generation_id=LONG_ID, prompt="a dog", orientation="portrait", seconds=8, no_image=True)
    found = fields_of(form(typed, start(prompt="a cat", image=PICTURE)))
    assert found["prompt"]["value"] == "a dog"
    assert (chosen(found["orientation"]), chosen(found["duration"])) == ("portrait", "8")
    assert chosen(found["reference"]) == "none"
    found = fields_of(form(replace(typed, model="Veo"), start(), ["Sora 2", "Veo"]))
    assert chosen(found["model"]) == "Veo"
    found = fields_of(form(draft(pictures=PICTURES[:3], picture=2), None))
    assert chosen(found["picture"]) == "2"


def test_a_file_that_the_form_cannot_bring_back_must_be_added_again() -> None:
    for image in (None, PICTURE):
        found = fields_of(form(draft(generation_id=LONG_ID, image_lost=True), start(image=image)))
        assert found["image"]["required"] is True
        assert "does not keep your file" in found["image"]["hint"]
        assert "reference" not in found


def test_an_image_that_is_gone_must_be_added_again_or_done_without() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID, image_gone=True), start(image=PICTURE)))
    assert found["image"]["required"] is False
    assert "gone" in found["image"]["hint"]
    assert [option["label"] for option in found["reference"]["options"]] == [
        "With the image added above",
        "Without an image",
    ]
    assert chosen(found["reference"]) == "keep"
    full = fields_of(form(draft(generation_id=LONG_ID, image_gone=True), start(image=PICTURE), MODELS))
    assert full["image"]["required"] is True


def test_animate_asks_which_image_only_where_there_are_several() -> None:
    alone = fields_of(form(draft(pictures=PICTURES[:1]), None))
    assert list(alone) == ["prompt", "orientation", "duration"]
    assert not alone["prompt"].get("value")
    assert (chosen(alone["orientation"]), chosen(alone["duration"])) == ("landscape", "4")
    several = fields_of(form(draft(pictures=PICTURES), None))
    assert len(several["picture"]["options"]) == 25
    names = fields_of(form(draft(pictures=("https://a.b/cat.png?ex=1", "https://a.b/dog.png")), None))
    assert [option["label"] for option in names["picture"]["options"]] == ["1 · cat.png", "2 · dog.png"]


def test_a_model_that_is_gone_is_named_with_those_to_choose_from() -> None:
    found = fields_of(form(draft(generation_id=LONG_ID), start(family="Old 1"), ["Sora 2", "Veo"]))
    assert [option["value"] for option in found["model"]["options"]] == ["Sora 2", "Veo"]
    assert found["model"]["hint"] == "Old 1 is not available any more."
