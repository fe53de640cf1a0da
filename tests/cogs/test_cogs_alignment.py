"""Two prompts side by side: every word is there, in turns of same and changed, and the work is bounded."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from cogs._ui import text
from cogs._ui.wording import words
from cogs.cards import alignment, diff
from tests.cogs.test_cogs_text import STEADY, prompts


@STEADY
@given(prompts, prompts)
def test_the_steps_from_one_prompt_to_another_have_every_word_of_both(old: str, new: str) -> None:
    before, after = ([one.text for one in alignment.split(one)] for one in (old, new))
    steps = alignment.align(alignment.split(old), alignment.split(new))
    assert [one.text for step in steps for one in step.old] == before
    assert [one.text for step in steps for one in step.new] == after
    assert all([one.text for one in step.old] == [one.text for one in step.new] for step in steps if step.same)
    assert all(one.same != other.same for one, other in pairwise(steps))


@STEADY
@given(prompts)
def test_the_words_of_a_prompt_together_are_the_prompt(prompt: str) -> None:
    said = "".join(" " * piece.space + piece.text for piece in alignment.split(prompt))
    assert said.strip() == " ".join(text.without_direction_marks(prompt).split())


LONG = {
    "words": [f"w{number % 300}" for number in range(700)],
    "one word": ["a"] * 2000,
    "two words": ["a", "b"] * 1000,
    "chinese": list("猫狗鸟鱼在草地上跑" * 444),
    "unique": [f"x{number}" for number in range(650)],
}


@pytest.mark.parametrize("first", LONG)
@pytest.mark.parametrize("second", LONG)
def test_the_longest_prompts_are_compared_in_bounded_stretches(
    first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = 0
    longest = alignment._longest

    def counted(old: Any, new: Any) -> Any:
        nonlocal cells
        assert len(old) * len(new) <= alignment.CELLS
        cells += len(old) * len(new)
        return longest(old, new)

    monkeypatch.setattr(alignment, "_longest", counted)
    between = "" if "chinese" in (first, second) else " "
    old, new = between.join(LONG[first])[:4000], between.join(reversed(LONG[second]))[:4000]
    said = diff.prompt(words("en-US"), old, new)
    assert said is None or len(said) <= diff.SHOWN
    most = max(len(alignment.split(old)), len(alignment.split(new)))
    assert cells <= 2 * most * alignment.CELLS**0.5
