"""A table in one test hides no row: each is tried, and whichever fails is named."""

from typing import Any

import pytest

from tests.tables import every_row, sampled


def test_every_row_is_tried_and_those_that_fail_are_named() -> None:
    tried: list[tuple[int, str]] = []

    @every_row("number", [1, 2, 3])
    @every_row("word", ["a", "b"])
    def small(number: int, word: str) -> None:
        tried.append((number, word))
        assert number < 3
        if word == "b":
            with pytest.raises(ValueError, match="b"):
                int(str(number))

    with pytest.raises(BaseExceptionGroup) as caught:
        small()
    assert tried == [(number, word) for number in (1, 2, 3) for word in "ab"]
    group: Any = caught
    failed = group.value.exceptions
    assert [error.__notes__ for error in failed] == [[f"the row: ({number},)"] for number in (1, 2, 3)]
    assert [error.__notes__ for error in failed[2].exceptions] == [["the row: ('a',)"], ["the row: ('b',)"]]


def test_a_table_without_rows_or_a_quick_row_that_it_lacks_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="proves nothing"):
        every_row("number", [])
    with pytest.raises(AssertionError, match="does not have"):
        sampled("ab", "c")
    assert [row.values for row in sampled("ab", "a") if not row.marks] == [("a",)]
