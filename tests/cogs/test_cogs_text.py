"""Prompts made harmless, and amounts, times and lengths as people read them."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogs._ui import text
from cogs._ui.wording import words
from tests.tables import every_row

STEADY = settings(derandomize=True, deadline=None, max_examples=200)
TRICKS = [
    *("*", "**", "_", "__", "~~", "|", "||", "`", "```", "\\", ">", ">>> ", "#", "### ", "-# ", "- ", "+ ", "1. "),
    *("<@1>", "<@&2>", "<#3>", "<t:0:R>", "<a:b:4>", "</sora:5>", "<id:home>", "@everyone", "@here", "<", "@"),
    *("https://a.b/c_d_e", "http://a.b/**x**", "[a](http://b.c)", "](", "[**a**](b)", "<https://a.b>", "steam://x"),
    *("\n", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "  ", "\u202e", "\u2066", "\u200b"),
    *("a", "cat", "猫", "😀", "👩‍👩‍👧‍👦", "é", "1", "9", ".", "!", "(", ")", ":", "/", "…"),
]
prompts = st.lists(st.sampled_from(TRICKS) | st.text(max_size=5), max_size=60).map("".join)
ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")


def lively(shown: str) -> str | None:
    """What Discord would not show as it is: escapes taken out, is there anything left that means something?"""
    bare = ESCAPE.sub("\x00", shown)
    if found := re.search(
        r"[*_~|`<\[\]@\\]|://|[\n\r\t\x0b\x0c\x1c-\x1e\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]", bare
    ):
        return found.group()
    if found := re.match(r"\s*(?:#{1,3}|-#|[-+>]|\d+\.)", bare):
        return found.group()
    return None


@every_row("trick", ["**a**", "a\nb", "https://a.b", "[a](b)", "<@1>", "# a", "> a", "- a", "1. a", "@here", "\\"])
def test_the_measure_itself_sees_what_is_live(trick: str) -> None:
    assert lively(trick)


@STEADY
@given(prompts)
def test_no_markdown_mention_link_or_line_survives(prompt: str) -> None:
    assert lively(text.safe(prompt, 10_000)) is None


@STEADY
@given(prompts, st.integers(1, 80))
def test_what_is_cut_is_harmless_too_and_no_longer_than_allowed(prompt: str, most: int) -> None:
    shown = text.safe(prompt, most)
    assert len(shown) <= most
    assert lively(shown) is None
    assert not shown.endswith("\\…")


@every_row("most", range(1, 20))
@every_row("sign", ["*", "\\", "<", "a*", "a"])
def test_a_cut_leaves_no_half_of_an_escape(sign: str, most: int) -> None:
    shown = text.safe(sign * 50, most)
    assert len(shown) <= most
    assert re.fullmatch(r"(?:\\[*\\<]|a)*…", shown)


@STEADY
@given(prompts)
def test_a_reader_sees_every_word_of_the_prompt(prompt: str) -> None:
    seen = ESCAPE.sub(r"\1", text.safe(prompt, 10_000))
    hidden = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
    assert seen == " ".join(prompt.translate(hidden).split())


def test_an_ordinary_prompt_is_shown_as_it_was_typed() -> None:
    prompt = "A cat (grey, 3.5 kg) runs: fast - through wet grass! It's 20% faster #1"
    assert text.safe(prompt, 1500) == prompt


@pytest.mark.parametrize("length", [0, 1, 1023, 1024])
def test_an_alt_text_that_fits_is_the_prompt(length: int) -> None:
    assert text.alt("x" * length) == "x" * length


@STEADY
@given(st.text(max_size=3000))
def test_an_alt_text_has_at_most_1024_characters_on_one_line(prompt: str) -> None:
    shown = text.alt(prompt)
    assert len(shown) <= 1024
    assert shown.splitlines() in ([], [shown])


def test_a_long_alt_text_says_that_it_goes_on() -> None:
    assert text.alt("x" * 1025) == "x" * 1023 + "…"


@every_row(
    ("seconds", "shown"),
    [
        (0, "1 s"),
        (0.4, "1 s"),
        (45, "45 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (92, "1 min 32 s"),
        (3599, "59 min 59 s"),
        (3599.6, "1 h"),
        (3600, "1 h"),
        (3659, "1 h"),
        (7500, "2 h 5 min"),
        (108_000, "30 h"),
    ],
)
def test_a_length_is_said_in_its_two_largest_units(seconds: float, shown: str) -> None:
    assert text.length(words(), seconds) == shown


@pytest.mark.parametrize(
    ("part", "whole", "filled"),
    [
        (0, 10, 0),
        (9, 100, 1),
        (1, 1000, 1),
        (50, 100, 5),
        (64, 100, 6),
        (999, 1000, 9),
        (100, 100, 10),
        (7, 5, 10),
        (0, 0, 10),
    ],
)
def test_a_bar_is_filled_by_tenths_and_neither_empty_nor_full_before_it_is(part: int, whole: int, filled: int) -> None:
    assert text.bar(part, whole) == "▰" * filled + "▱" * (10 - filled)


@STEADY
@given(st.integers(), st.integers())
def test_a_bar_is_always_ten_long(part: int, whole: int) -> None:
    assert len(text.bar(part, whole)) == 10


@STEADY
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9), st.integers(3, 20))
def test_what_is_held_is_marked_apart_and_no_part_of_a_bar_is_lost(
    used: int, held: int, whole: int, length: int
) -> None:
    bar = text.bar(used, whole, held=held, length=length)
    assert re.fullmatch("▰*▨*▱*", bar)
    assert len(bar) == length
    assert ("▱" in bar) == (used + held < whole)
    assert ("▰" in bar) == (used > 0)
    assert ("▨" in bar) == (held > 0 and used < whole) or used + held > whole


def test_a_limit_of_a_few_videos_has_a_box_for_each() -> None:
    assert text.bar(2, 5, held=1, length=5) == "▰▰▨▱▱"
    assert text.bar(1, 3, length=3) == "▰▱▱"


def test_a_moment_is_shown_in_the_readers_own_words() -> None:
    assert text.relative(datetime(1970, 1, 2, tzinfo=UTC)) == "<t:86400:R>"
