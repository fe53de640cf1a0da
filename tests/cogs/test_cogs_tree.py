"""A family as text: each version below the one it was made from, what is its own beside it, however many and deep."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.generation import Orientation, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.versions.version import FamilyNode, Version
from cogs._ui.wording import Words, words
from cogs.iteration import tree
from tests.cogs.conftest import PICTURE, delivered, generation
from tests.cogs.test_cogs_text import lively
from tests.tables import every_row

EMPTY = replace(delivered(), message_id=None)


def ident(number: int) -> str:
    return f"gen{number:017d}"


def version(number: int, parent: int | None = None, *, prompt: str = "a cat", **other: Any) -> Version:
    """One that is posted; with other fields, or a delivery of its own."""
    post = other.pop("delivery", delivered())
    one = generation(
        other.pop("state", State.SUCCEEDED),
        id=ident(number),
        root_id=ident(1),
        parent_id=ident(parent) if parent else None,
        version=number,
        prompt=prompt,
        card_message_id="700000000000000000",
        **other,
    )
    return Version(generation=one, delivery=post)


def family(parents: Mapping[int, int | None], **prompts: str) -> list[Version]:
    """Versions by number, each with its parent's; the prompts as p3="…"."""
    return [
        version(number, parent, prompt=prompts.get(f"p{number}", f"take {number}"))
        for number, parent in sorted(parents.items())
    ]


def places(versions: Sequence[Version]) -> list[tree.Place]:
    return tree.drawn([FamilyNode(id=one.generation.id, parent_id=one.generation.parent_id) for one in versions])


def lines_of(
    versions: Sequence[Version], page: int = 0, *, of: str = "", say: Words | None = None
) -> list[tuple[str, Version]]:
    """The lines of a page, from no more than it needs."""
    shown = tree.on_page(places(versions), page)
    needed = set(tree.needed(shown))
    by_id = {one.generation.id: one for one in versions if one.generation.id in needed}
    assert len(by_id) <= 2 * tree.PAGE
    return tree.lines(say or words("en-US"), shown, by_id, of=of)


def drawn(versions: Sequence[Version], page: int = 0, of: int = 0) -> str:
    """A page without its links and marks."""
    bare: list[str] = []
    for line, one in lines_of(versions, page, of=ident(of)):
        assert one.link
        assert f"({one.link}" in line
        bare.append(line.replace(f"[v{one.generation.version}]({one.link})", f"v{one.generation.version}"))
    return "\n".join(bare).replace(" ✅", "").replace("\u2003", "_")


def test_a_line_of_versions_is_straight() -> None:
    assert drawn(family({1: None, 2: 1, 3: 2, 4: 3})) == "v1 take 1\nv2 take 2\nv3 take 3\nv4 take 4"


def test_branches_are_drawn_below_what_they_were_made_from() -> None:
    parents = {1: None, 2: 1, 3: 1, 4: 2, 5: 1, 6: 4, 7: 4, 8: 5, 9: 6}
    assert drawn(family(parents), of=6) == "\n".join(
        [
            "v1 take 1",
            "├ v2 take 2",
            "│ v4 take 4",
            "│ ├ **v6** take 6",
            "│ │ v9 take 9",
            "│ └ v7 take 7",
            "├ v3 take 3",
            "└ v5 take 5",
            "_ v8 take 8",
        ]
    )


def test_what_was_made_from_something_that_is_not_there_stands_for_itself() -> None:
    assert drawn(family({2: 1, 3: 2, 5: 4})) == "v2 take 2\nv3 take 3\nv5 take 5"


def test_branches_in_branches_move_right_only_so_far() -> None:
    parents: dict[int, int | None] = {1: None}
    for number in range(2, 40, 2):
        parents |= {number: number - 1, number + 1: number - 1}
    found = [line for page in (0, 1) for line, _ in lines_of(family(parents), page, of="")]
    assert len(found) == 39
    indents = [len(line.partition("[")[0]) for line in found]
    assert max(indents) == 2 * tree.DEEPEST + 2
    assert indents[:3] == [0, 2, 2]


def test_a_family_of_forty_has_two_pages_and_each_version_is_on_one() -> None:
    versions = family({number: number - 1 or None for number in range(1, 41)})
    assert tree.pages(len(versions)) == 2
    numbers: list[int] = []
    for page in range(2):
        lines = lines_of(versions, page, of=ident(40))
        assert len(lines) == tree.PAGE
        numbers += [one.generation.version for _, one in lines]
        assert {tree.page_of(places(versions), one.generation.id) for _, one in lines} == {page}
    assert numbers == list(range(1, 41))
    assert lines_of(versions, 2, of="") == []


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (20, 1), (21, 2), (40, 2), (41, 3)])
def test_a_page_has_twenty_lines_at_most(count: int, pages: int) -> None:
    versions = family({number: number - 1 or None for number in range(1, count + 1)})
    assert tree.pages(len(versions)) == pages
    assert tree.page_of(places(versions), "nobody") == pages - 1


LONG_PROMPTS = {
    "letters": "a" * 4000,
    "words": "word " * 800,
    "emoji": "😀" * 4000,
    "chinese": "猫" * 4000,
    "signs": "*_~|>`" * 667,
    "mentions": "<@500000000000000000> @everyone " * 125,
}


@every_row("prompt", LONG_PROMPTS.values())
@every_row("straight", [True, False])
@every_row("language", ["en-US", "zh-CN"])
def test_the_fullest_page_fits_into_one_message(prompt: str, straight: bool, language: str) -> None:
    say = words(language)
    versions: list[Version] = []
    for number in range(1, 41):
        parent = number - 1 if straight else max(1, number - 2 + number % 2)
        even = number % 2 == 0
        one = version(
            number,
            parent if number > 1 else None,
            prompt=f"{number} {prompt}" if even else f"{prompt[:3990]} {number}",
            family="F" * 80 if even else "Sora 2 Pro true 1080p",
            orientation=list(Orientation)[even],
            seconds=20 if even else 12,
            image=replace(PICTURE, file=f"{number}.png"),
            guild_id="1300000000000000000",
            channel_id="1400000000000000000",
            delivery=replace(delivered(), channel_id="1400000000000000000", message_id="1600000000000000000"),
        )
        versions.append(replace(one, generation=replace(one.generation, version=number + 2960)))
    for page in range(2):
        said = "\n".join(line for line, _ in lines_of(versions, page, of=ident(7), say=say))
        assert said.count("\n") == tree.PAGE - 1
        assert len(said.encode("utf-16-le")) // 2 <= 3900, "the title and the page number need room too"


def test_a_chain_of_thousands_is_drawn_without_recursion() -> None:
    chain = family({number: number - 1 or None for number in range(1, 3001)})
    assert [one.generation.version for _, one in lines_of(chain, 149, of="")] == list(range(2981, 3001))
    ladder = family({number: max(1, number - 2 + number % 2) if number > 1 else None for number in range(1, 3001)})
    assert tree.page_of(places(ladder), ident(3000)) == 149


def test_a_version_whose_words_are_forgotten_says_so_and_the_others_stay() -> None:
    versions = family({1: None, 2: 1, 3: 2}, p2="")
    assert drawn(versions) == "v1 take 1\nv2 (deleted by its author)\nv3 take 3"


LOREM = "the old lighthouse keeper walks slowly along the rocky shore while grey waves break and gulls cry above him"


def test_each_line_says_what_is_its_own() -> None:
    versions = [
        version(1, prompt=LOREM),
        version(2, 1, prompt=LOREM, seconds=8, model="sora2-landscape-8s"),
        version(3, 2, prompt=f"{LOREM}, at dawn", seconds=8, orientation=Orientation.PORTRAIT),
        version(4, 3, prompt="a cat", seconds=8, orientation=Orientation.PORTRAIT, image=PICTURE),
        version(5, 4, prompt="a cat", seconds=8, orientation=Orientation.PORTRAIT, image=replace(PICTURE, kept=True)),
    ]
    assert drawn(versions) == "\n".join(
        [
            "v1 the old lighthouse keeper walks slowly along the rocky shor…",
            "v2 8 s · the old lighthouse keeper walks slowly along the rocky s…",
            "v3 Portrait · …grey waves break and gulls cry above him, at dawn",
            "v4 with an image · a cat",
            "v5 a cat",
        ]
    )


@every_row(
    ("state", "delivery", "name", "mark"),
    [
        *((state, None, str(state), None) for state in State),
        (State.SUCCEEDED, delivered(), "succeeded", "✅"),
        (State.SUCCEEDED, delivered(DeliveryState.QUEUED), "succeeded", "✅"),
        (State.SUCCEEDED, replace(EMPTY, state=DeliveryState.UNDELIVERABLE), "kept", "⚠️"),
        (State.SUCCEEDED, EMPTY, "removed", "🗑️"),
    ],
)
def test_every_line_has_the_mark_of_how_its_version_stands(
    state: State, delivery: Any, name: str, mark: str | None
) -> None:
    one = version(1, state=state, delivery=delivery)
    assert tree.status_word(one) == name
    [(line, _)] = lines_of([one], 0, of="")
    sign, _, said = words("en-US")(f"state-{name}").partition(" ")
    assert said
    assert f") {sign} a cat" in line
    assert mark in (None, sign)


def test_a_version_without_post_or_card_is_named_without_a_link() -> None:
    one = version(1, delivery=None)
    bare = replace(one, generation=replace(one.generation, card_message_id=None))
    assert [line for line, _ in lines_of([bare], 0, of=ident(1))] == ["**v1** ✅ a cat"]
    [(line, _)] = lines_of([one], 0, of="")
    assert line.startswith(
        "[v1](https://discord.com/channels/300000000000000000/400000000000000000/700000000000000000)"
    )


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 30), max_size=45))
def test_any_family_is_drawn_whole_each_version_after_its_parent(picks: list[int]) -> None:
    parents: dict[int, int | None] = {1: None}
    for number, pick in enumerate(picks, start=2):
        parents[number] = 1 + pick % (number - 1)
    versions = family(parents)
    order = [
        one.generation.version
        for page in range(tree.pages(len(versions)))
        for line, one in lines_of(versions, page, of="")
        if lively(line.partition("✅")[2]) is None
    ]
    assert sorted(order) == sorted(parents)
    assert all(order.index(parent) < order.index(number) for number, parent in parents.items() if parent)
