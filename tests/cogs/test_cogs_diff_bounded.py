"""However long and however different two prompts are, showing what changed takes bounded work, and the second look none."""

import random
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cogs._ui.wording import words
from cogs.cards import diff

CHANCE = random.Random(4)
HAN = "".join(chr(0x4E00 + CHANCE.randrange(3000)) for _ in range(4000))
PAIRS = {
    "every second sign": (HAN, "".join(sign if at % 2 else "\u732b" for at, sign in enumerate(HAN))),
    "every second word": (
        " ".join(f"w{number}" for number in range(800))[:4000],
        " ".join(f"w{number}" if number % 2 else f"z{number}" for number in range(800))[:4000],
    ),
    "few letters": tuple(" ".join(CHANCE.choices("abcdefgh", k=2000)) for _ in range(2)),
    "emoji": tuple("".join(CHANCE.choices("\U0001f3ac\U0001f642\U0001f408", k=4000)) for _ in range(2)),
    "accents": ("a\u0301" * 2000, "b\u0301" * 2000),
}
# Calls, with a little room; without the bounds each takes half as many again or more.
MOST = {
    "every second sign": 290_000,
    "every second word": 80_000,
    "few letters": 80_000,
    "emoji": 140_000,
    "accents": 40_000,
}


def calls(work: Callable[[], Any]) -> int:
    """How many functions are called: the same on every machine."""
    count = 0

    def called(_frame: object, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", PAIRS)
def test_the_longest_prompts_take_bounded_work_and_a_second_look_none(name: str) -> None:
    say, (old, new) = words("en-US"), PAIRS[name]
    assert calls(lambda: diff.prompt(say, old, new)) <= MOST[name]
    assert calls(lambda: diff.prompt(say, old, new)) <= 10
    assert diff.prompt(words("zh-CN"), "a red cat", "a blue cat") == diff.prompt(say, "a red cat", "a blue cat")


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_line_of_the_tree_reads_no_more_of_a_long_prompt_than_it_shows(pair: tuple[str, str]) -> None:
    for old, new in (pair, (pair[0], f"{pair[0][:-9]} changed"), ("", pair[1])):
        assert calls(lambda old=old, new=new: diff.opening(old, new, 60)) <= 8_000
        assert len(diff.opening(old, new, 60)) <= 60


def test_a_change_near_the_end_of_a_long_prompt_is_what_its_line_shows() -> None:
    old = "a cat walks along the wall, " * 140
    assert "\u2026" in diff.opening(old, f"{old}in the rain", 60)
    assert diff.opening(old, f"{old}in the rain", 60).endswith("in the rain")
