"""A card says what its version changed against the one it was made from, within Discord's limits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.generation import Generation, Image, Orientation, State
from bot.domain.messages.card import CardContext
from bot.domain.versions.version import Version
from bot.domain.versions.visibility import hidden
from cogs.cards import result_message, status_card
from tests.cogs.conftest import delivered, generation, parts, situations, texts
from tests.cogs.test_cogs_cards import PROMPTS, SERVER, check_limits
from tests.tables import every_row

ANOTHER = Image(file="other.png", media_type="image/png")
EDITS: list[dict[str, Any]] = [
    {},
    {"prompt": "short"},
    {"family": "y" * 80, "orientation": Orientation.PORTRAIT, "seconds": 20, "image": ANOTHER},
    {"model": "z" * 80},
    {"image": None},
    {"avoid": "*" * 500, "seed": 2147483646, "sound": False, "end_image": ANOTHER, "family": "y" * 80, "image": None},
]


def parents(child: Generation) -> Iterator[Version]:
    """Everything a card may be made from: each way a prompt may differ, each setting, posted, kept and forgotten."""
    prompts = [child.prompt, f"{child.prompt[:3900]} **x** https://a.b", f"<@1> {child.prompt[:3900]}", "", "x y z"]
    prompts += [child.prompt[::2], f"{child.prompt[1000:]}{child.prompt[:1000]}", " ".join(child.prompt[:2000])]
    for prompt in prompts:
        old = replace(child, id="0" * 20, prompt=prompt, version=999, card_message_id="7" * 19)
        yield Version(generation=old, delivery=replace(delivered(), message_id="6" * 19, channel_id="4" * 19))
    for edit in EDITS:
        yield Version(generation=replace(child, id="0" * 20, **edit))


@every_row("prompt", PROMPTS.values())
def test_a_card_that_says_what_changed_keeps_discords_limits(prompt: str) -> None:
    shown = list({repr(card_context): (one, card_context) for one, card_context in situations(prompt)}.values())
    origins = list(parents(shown[0][0]))
    for number, (one, card_context) in enumerate(shown):
        for parent in origins if number == 0 else [origins[number % len(origins)]]:
            view = status_card.render(replace(one, version=1000), replace(card_context, parent=parent))
            check_limits(view)
            assert len(parts(view)) > len(parts(status_card.render(one, card_context)))


def said_of(old: Generation, new: Generation, **more: Any) -> list[str]:
    """The lines of a card between its prompt and its state."""
    lines = texts(status_card.render(new, CardContext(parent=Version(generation=old, **more)))).splitlines()
    assert lines[1] == f"-# for <@{new.member_id}>"
    first = 3 if new.prompt else 2
    return lines[first : next(number for number, line in enumerate(lines) if line.startswith("⏳"))]


FIRST = generation(version=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ["-# Again from v1, nothing changed"]),
        (
            {"prompt": "a dog running through grass"},
            ["-# Changed from v1: the prompt", "a ~~cat~~ **dog** running through grass"],
        ),
        (
            {"prompt": "make it brighter"},
            [
                "-# Changed from v1: the prompt",
                "-# The prompt was replaced. Remix edits it, and a reply that begins with + adds to it.",
                "~~a cat running through grass~~ **make it brighter**",
            ],
        ),
        ({"seconds": 8}, ["-# Changed from v1: 4 s → 8 s"]),
        ({"image": ANOTHER}, ["-# Changed from v1: with an image"]),
        (
            {"prompt": "a cat running", "orientation": Orientation.PORTRAIT, "seconds": 12},
            ["-# Changed from v1: Landscape → Portrait · 4 s → 12 s · the prompt", "a cat running ~~through grass~~"],
        ),
        ({"prompt": ""}, ["-# From v1"]),
        ({"prompt": "", "seconds": 8}, ["-# Changed from v1: 4 s → 8 s"]),
    ],
)
def test_a_card_says_what_changed_against_the_version_it_was_made_from(change: dict[str, Any], said: list[str]) -> None:
    assert said_of(FIRST, replace(FIRST, version=2, **change)) == said


def test_what_the_old_words_were_is_not_known_once_they_are_forgotten() -> None:
    assert said_of(replace(FIRST, prompt=""), replace(FIRST, version=2)) == ["-# From v1"]


def test_a_card_leads_back_to_the_version_it_was_made_from_as_long_as_that_can_be_seen() -> None:
    posted, carded = (
        said_of(replace(FIRST, state=State.SUCCEEDED), FIRST, delivery=delivered()),
        said_of(replace(FIRST, card_message_id="7"), FIRST),
    )
    server = "https://discord.com/channels/300000000000000000"
    assert posted == [f"-# Again from [v1]({server}/400000000000000000/600000000000000000), nothing changed"]
    assert carded == [f"-# Again from [v1]({server}/400000000000000000/7), nothing changed"]
    gone = replace(delivered(), message_id=None)
    assert said_of(FIRST, FIRST, delivery=gone) == ["-# Again from v1, nothing changed"]


def test_a_version_of_somebody_else_is_linked_and_its_author_named_on_card_and_result() -> None:
    old = Version(generation=replace(FIRST, state=State.SUCCEEDED, member_id="1"), delivery=delivered())
    link = "https://discord.com/channels/300000000000000000/400000000000000000/600000000000000000"
    assert said_of(old.generation, FIRST, delivery=delivered())[0].startswith(f"-# Again from [v1]({link}) of <@1>")
    own = replace(old, generation=replace(old.generation, member_id=FIRST.member_id))
    for source, named in ((old, True), (own, False), (hidden(old), False), (forgotten(old), False)):
        for view in (
            result_message.render(FIRST, "x.mp4", SERVER, source=source),
            result_message.render_link(FIRST, "https://a.b", SERVER, source=source),
        ):
            assert (f"-# From [v1]({link}) of <@1>" in texts(view)) is named
    moved = result_message.render(FIRST, "x.mp4", SERVER, place="7", source=old)
    assert "<@1>" not in texts(moved)


def forgotten(version: Version) -> Version:
    """Once its author has deleted everything."""
    return replace(version, generation=replace(version.generation, prompt=""))


def test_a_first_version_says_nothing_of_changes() -> None:
    assert "from" not in texts(status_card.render(FIRST, CardContext()))
