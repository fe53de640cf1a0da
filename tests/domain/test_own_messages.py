"""Which message is which, by what this bot alone can write: never by words that a person chose."""

from typing import Any

import pytest

from bot.domain.messages.own_messages import custom_ids, generation_of, is_card, is_result, result_file

MINE, OTHER = "0" * 19 + "a", "0" * 19 + "b"


def text(words: str) -> dict[str, object]:
    return {"type": 10, "content": words}


def row(*names: str) -> dict[str, object]:
    return {"type": 1, "components": [{"type": 2, "style": 2, "label": name, "custom_id": name} for name in names]}


def box(*parts: Any) -> dict[str, object]:
    return {"type": 17, "components": list(parts)}


CRAFTED = [
    f"report:{MINE}",
    f"cancel:{MINE}",
    f"'again:{MINE}'",
    f"{{'type': 2, 'custom_id': 'report:{MINE}'}}",
    f"sora-{MINE}.mp4",
    MINE,
]


@pytest.mark.parametrize("words", CRAFTED)
def test_no_text_of_a_message_makes_it_the_card_or_the_result_of_another_generation(words: str) -> None:
    gallery = {"type": 12, "items": [{"media": {"url": f"attachment://{words}"}, "description": words}]}
    section = {"type": 9, "components": [text(words)], "accessory": {"type": 11, "description": words}}
    button = {"type": 2, "style": 5, "label": words, "url": f"https://example.org/?{words}"}
    menu = {"type": 3, "custom_id": f"tree-remix:{OTHER}", "options": [{"label": words, "value": words}]}
    crafted = [box(text(words), gallery, section, row(f"cancel:{OTHER}"), {"type": 1, "components": [button, menu]})]
    assert not is_card(MINE, crafted)
    assert not is_result(MINE, crafted, [f"a {words} b", f"{words}.txt.png", "reference.png"])
    assert generation_of(crafted) == OTHER


@pytest.mark.parametrize(
    "names", [("report:{}0",), ("report:x{}",), ("x-report:{}",), ("remove:{}", "block:{}", "dismiss:{}")]
)
def test_a_name_is_compared_whole(names: tuple[str, ...]) -> None:
    buttons = row(*(name.format(MINE) for name in names))
    assert not is_result(MINE, [buttons], [f"sora-{MINE}0.mp4", f"x-sora-{MINE}.mp4", f"{MINE}.mp4", f"sora-{MINE}"])
    assert generation_of([buttons]) is None


def test_real_buttons_are_found_however_deep_and_in_an_accessory() -> None:
    accessory = {"type": 9, "components": [text("x")], "accessory": {"type": 2, "custom_id": f"report:{MINE}"}}
    assert is_result(MINE, [box(accessory)], [])
    assert list(custom_ids([box(row("a", "b"), accessory)])) == ["a", "b", f"report:{MINE}"]
    assert is_card(MINE, [box(text("p"), row(f"cancel:{MINE}"))])
    assert is_card(MINE, [box(text("p"), row(f"again:{MINE}", f"remix:{MINE}"))])


def test_a_result_is_no_card_and_a_card_no_result() -> None:
    result = [text("ready"), row(f"again:{MINE}", f"remix:{MINE}", f"delete:{MINE}", f"report:{MINE}")]
    assert (is_result(MINE, result, []), is_card(MINE, result)) == (True, False)
    card = [box(text("p"), row(f"again:{MINE}", f"remix:{MINE}"))]
    assert (is_result(MINE, card, ["reference.png"]), is_card(MINE, card)) == (False, True)
    assert generation_of(result) == generation_of(card) == MINE


@pytest.mark.parametrize("name", [result_file(MINE, ".mp4"), result_file(MINE, ".webm"), f"SPOILER_sora-{MINE}.mp4"])
def test_the_file_that_the_bot_names_tells_its_post(name: str) -> None:
    assert is_result(MINE, [], [name])
    assert not is_result(OTHER, [], [name])
