"""A page of `/history` and of a family keep Discord's limits, and each entry has what can be done with it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord
import pytest
from discord import ui

from bot.domain.generation import State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.versions.history import HistoryQuery
from bot.domain.versions.version import FamilyNode, Version
from bot.usecases.versions.history import HistoryPage, Still
from cogs._ui.buttons import Button
from cogs._ui.wording import in_language
from cogs.iteration import history, history_page, tree
from tests.cogs.conftest import LONG_ID, PICTURE, delivered, generation, parts, texts
from tests.cogs.test_cogs_cards import BUTTON, PROMPTS, check_limits
from tests.tables import every_row

FILE, SELECT, THUMBNAIL = 13, 3, 11
MORE: dict[str, Any] = {"avoid": "*" * 500, "seed": 2147483647, "sound": True, "end_image": PICTURE, "estimate": True}


def entry(number: int = 1, prompt: str = "a cat", **other: Any) -> Version:
    post = other.pop("delivery", delivered())
    state = other.pop("state", State.SUCCEEDED)
    one = generation(state, id=f"{number:020d}", prompt=prompt, version=number, card_message_id="7" * 19, **other)
    return Version(generation=one, delivery=post)


def page(
    found: Sequence[Version], number: int = 0, pages: int = 1, count: int | None = None, **more: Any
) -> tuple[ui.LayoutView, list[discord.File]]:
    shown = HistoryPage(found=found, page=number, pages=pages, count=len(found) if count is None else count, **more)
    view, files = history_page.render(shown)
    check_limits(view)
    names = {part["file"]["url"] for part in parts(view) if part["type"] == FILE}
    names |= {part["media"]["url"] for part in parts(view) if part["type"] == THUMBNAIL}
    assert names == {f"attachment://{file.filename}" for file in files}
    return view, files


def labels(view: ui.LayoutView) -> list[str]:
    return [part["label"] for part in parts(view) if part["type"] == BUTTON]


@every_row("language", ["en-US", "zh-CN"])
@every_row("prompt", PROMPTS.values())
def test_the_fullest_page_keeps_discords_limits(prompt: str, language: str) -> None:
    with in_language(language):
        for count in range(1, 6):
            found = [
                entry(number + 990, prompt, family="*" * 80, price_micros=999_990_000, state=State.SUBMITTED, **MORE)
                for number in range(count)
            ]
            families = ["*" * 80, *(f"family {number} {'x' * 90}" for number in range(19))]
            stills = {one.generation.id: Still(data=b"jpeg") for one in found}
            query = HistoryQuery(find=prompt[:200], families=frozenset(families), failed=True, pictured=True)
            page(found, 123_456, 200_000, 999_999, families=families, stills=stills, query=query, query_id=LONG_ID)
            page([], query=query, query_id=LONG_ID, families=families)


def test_every_entry_of_a_usual_page_has_its_picture_small_and_covered_where_it_must_be() -> None:
    found = [entry(number, state=State.RESERVED, delivery=None) for number in range(1, 6)]
    stills = {one.generation.id: Still(data=b"jpeg", spoiler=one is found[0]) for one in found[:4]}
    view, files = page(found, 1, 3, 11, families=["Sora 2"], stills=stills)
    assert [part["spoiler"] for part in parts(view) if part["type"] == THUMBNAIL] == [True, False, False, False]
    assert [file.filename for file in files] == [f"still-{one.generation.id}.jpg" for one in found[:4]]


def test_what_a_page_is_about_is_said_and_can_be_taken_back() -> None:
    query = HistoryQuery(find="*cat* night", families=frozenset({"Sora 2"}), pictured=True)
    view, _ = page([entry()], families=["Sora 2", "Wan"], query=query, query_id=LONG_ID)
    assert r"words: \*cat\* night · Sora 2 · With a picture" in texts(view)
    assert "All my videos" in labels(view)
    [menu] = [part for part in parts(view) if part["type"] == SELECT]
    chosen = [option["value"] for option in menu["options"] if option.get("default")]
    assert (chosen, menu["min_values"], menu["max_values"]) == (["find", "pictured", "family:Sora 2"], 0, 5)
    nothing, _ = page([], families=["Sora 2"], query=query, query_id=LONG_ID)
    assert "None of them fits" in texts(nothing)
    assert labels(nothing) == ["All my videos"]


@pytest.mark.parametrize("short", range(6))
def test_short_prompts_leave_their_room_to_the_long_ones_and_what_was_cut_is_whole_in_a_file(short: int) -> None:
    prompts = ["a cat"] * short + [f"{number} {'word ' * 798}end" for number in range(5 - short)]
    view, files = page([entry(number, prompt) for number, prompt in enumerate(prompts, start=1)])
    said = texts(view)
    assert said.count("> a cat") == short
    assert len(files) == (1 if short < 5 else 0)
    if files:
        whole = files[0].fp.read().decode()
        for prompt in prompts[short:]:
            assert prompt in whole
        assert "a cat" not in whole
        assert len(said) > 2700, "there was room for more"


def test_a_prompt_that_fits_is_shown_whole_and_harmless() -> None:
    prompt = "**a** <@1> @everyone " * 50
    view, files = page([entry(prompt=prompt)])
    assert files == []
    assert r"\*\*a\*\* \<\@1> \@everyone" in texts(view)
    assert "<@1>" not in texts(view)


def test_each_entry_has_what_can_be_done_with_it() -> None:
    found = [entry(1), entry(2, delivery=replace(delivered(DeliveryState.UNDELIVERABLE), message_id=None))]
    view, _ = page(found, postable=frozenset({found[1].generation.id}))
    assert labels(view) == ["Remix", "Versions", "Post here", "Remix", "Versions"]


def test_a_version_has_its_number_from_the_second_on_and_no_id_is_shown() -> None:
    view, files = page([entry(1, "word " * 700), entry(2, "word " * 799), entry(3)])
    said = texts(view) + files[0].fp.read().decode()
    assert "**v2** · Sora 2" in said
    assert "v1" not in said
    assert not re.search(r"\d{20}", said)


def test_each_entry_links_to_where_it_is() -> None:
    said = texts(page([entry()])[0])
    assert "[go there](https://discord.com/channels/300000000000000000/400000000000000000/600000000000000000)" in said
    alone = replace(entry(delivery=None), generation=replace(entry().generation, card_message_id=None))
    assert "https://" not in texts(page([alone])[0])


def test_each_entry_says_what_it_was_made_with_and_which_price_is_an_estimate() -> None:
    said = texts(page([entry(estimate=True, sound=False, seed=7, avoid="rain", end_image=PICTURE)])[0])
    assert "4 s · about $0.272 ·" in said
    assert "without sound · seed 7 · ends with a picture · not to show: rain" in said
    assert "Shape follows the picture" in texts(page([entry(shape_from_image=True)])[0])


@pytest.mark.parametrize(("number", "newer", "older"), [(0, False, True), (1, True, True), (2, True, False)])
def test_pages_are_turned_as_far_as_there_are_any(number: int, newer: bool, older: bool) -> None:
    view, _ = page([entry()], number, 3, 11)
    turns = {part["label"]: not part.get("disabled", False) for part in parts(view) if part["type"] == BUTTON}
    assert {name: turns[name] for name in ("Newer", "Older")} == {"Newer": newer, "Older": older}
    assert f"Page {number + 1} of 3" in texts(view)


def test_one_page_has_nothing_to_turn_and_no_videos_are_said_to_be_none() -> None:
    assert "Newer" not in labels(page([entry()])[0])
    view, files = page([])
    assert "None yet" in texts(view)
    assert (labels(view), files) == ([], [])


def test_every_button_of_a_page_finds_its_way_back() -> None:
    entries = [entry(number) for number in range(1, 6)]
    views = [page(entries, 1, 3, 15, families=["Sora 2"])[0]]
    query = HistoryQuery(find="cat")
    views.append(page(entries, 1, 3, 15, families=["Sora 2"], query=query, query_id=LONG_ID)[0])
    views.append(tree_view([entry(number) for number in range(1, 41)], LONG_ID, 0))
    kinds = [history.VersionSelect, history_page.HistoryFilter, Button]
    for part in (part for view in views for part in parts(view) if "custom_id" in part):
        fits = [kind for kind in kinds if kind.__discord_ui_compiled_template__.fullmatch(part["custom_id"])]
        assert len(fits) == 1, part["custom_id"]


def tree_view(family: Sequence[Version], of: str, page: int) -> ui.LayoutView:
    """A page of a family, from no more than it needs."""
    drawn = tree.drawn([FamilyNode(id=one.generation.id, parent_id=one.generation.parent_id) for one in family])
    number = tree.existing_page(drawn, page)
    shown, by_id = tree.on_page(drawn, number), {one.generation.id: one for one in family}
    versions = {one: by_id[one] for one in tree.needed(shown) if one in by_id}
    return history._tree_view(history._TreePage(of=of, page=number, count=len(drawn), shown=shown, versions=versions))


@every_row("prompt", PROMPTS.values())
@every_row("count", [1, 20, 21, 40])
def test_a_family_keeps_discords_limits_on_every_page(prompt: str, count: int) -> None:
    family = [
        replace(one, generation=replace(one.generation, parent_id=f"{one.generation.version - 1:020d}"))
        for one in (entry(number, f"{number} {prompt}"[:4000]) for number in range(1, count + 1))
    ]
    for number in (-1, *range(-(-count // 20)), 99):
        view = tree_view(family, family[-1].generation.id, number)
        check_limits(view)
        [menu] = [part for part in parts(view) if part["type"] == SELECT]
        assert 1 <= len(menu["options"]) <= 25
        for option in menu["options"]:
            assert 1 <= len(option["label"]) <= 100
            assert 1 <= len(option["value"]) <= 100
            assert 1 <= len(option["description"]) <= 100


def test_a_version_whose_words_are_forgotten_cannot_be_chosen() -> None:
    view = tree_view([entry(1), entry(2, "")], LONG_ID, 0)
    [menu] = [part for part in parts(view) if part["type"] == SELECT]
    assert [option["label"] for option in menu["options"]] == ["v1"]
    view = tree_view([entry(1, "")], LONG_ID, 0)
    assert not [part for part in parts(view) if part["type"] == SELECT]
    check_limits(view)
