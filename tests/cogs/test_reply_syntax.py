"""Trailing parameters: every way creators write them is understood, and everything else is the prompt as it was written."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.generation import Orientation
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.request import Edits
from cogs.iteration.reply_syntax import parse, revise
from tests.tables import every_row

LANDSCAPE, PORTRAIT = Orientation.LANDSCAPE, Orientation.PORTRAIT
STEADY = settings(derandomize=True, deadline=None, max_examples=300)
PIECES = [
    *("--", "—", "–", "-", "--ar", "—ar", "--ar=", "9:16", "16:9", "9x16", "--portrait", "--landscape", "–landscape"),
    *(
        "--duration",
        "--seconds",
        "8",
        "8s",
        "0",
        "99999",
        "٨",
        "--model",
        "--seed",
        "--no",
        "—no",
        "--sound",
        "--silent",
        "off",
        "pro-1080p",
        "Sora 2",
        "=",
        ":",
        "+",
        "--foo",
    ),
    *("a cat", "猫", "مرحبا", "🌙", " ", "  ", "\n", "\u3000", "\t", "@everyone", "<@1>", "x", "s"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@every_row(
    ("written", "orientation"),
    [
        ("--ar 9:16", PORTRAIT),
        ("--ar 16:9", LANDSCAPE),
        ("--ar 1:1", Orientation.SQUARE),
        ("--ar 4x3", Orientation.FOUR_BY_THREE),
        ("--aspect=3:4", Orientation.THREE_BY_FOUR),
        ("--square", Orientation.SQUARE),
        ("—Square", Orientation.SQUARE),
        ("--ar=9:16", PORTRAIT),
        ("--ar:9:16", PORTRAIT),
        ("--ar = 9:16", PORTRAIT),
        ("--ar  9:16  ", PORTRAIT),
        ("--ar 9x16", PORTRAIT),
        ("--ar 16X9", LANDSCAPE),
        ("--ar 9：16", PORTRAIT),
        ("--ar 9×16", PORTRAIT),
        ("--AR 9:16", PORTRAIT),
        ("--aspect 16:9", LANDSCAPE),
        ("—ar 9:16", PORTRAIT),
        ("–ar 9:16", PORTRAIT),
        ("—ar=9:16", PORTRAIT),
        ("--portrait", PORTRAIT),
        ("--Landscape", LANDSCAPE),
        ("—portrait", PORTRAIT),
        ("–Landscape", LANDSCAPE),
    ],
)
@every_row("before", ["", "a cat at night ", "a cat\n", "一只猫\u3000"])
def test_every_way_to_write_a_shape_is_understood(written: str, orientation: Orientation, before: str) -> None:
    assert parse(before + written) == Edits(prompt=before.strip() or None, orientation=orientation)


@every_row(
    ("written", "seconds"),
    [
        ("--duration 8", 8),
        ("--duration 8s", 8),
        ("--duration 8 s", 8),
        ("--duration 12 seconds", 12),
        ("--duration=8sec", 8),
        ("--duration=8S", 8),
        ("--seconds 20", 20),
        ("—duration 8", 8),
        ("--duration 08", 8),
        ("--duration 9999", 9999),
    ],
)
def test_every_way_to_write_a_length_is_understood_and_whether_it_can_be_had_is_not_asked_here(
    written: str, seconds: int
) -> None:
    assert parse(f"a cat {written}") == Edits(prompt="a cat", seconds=seconds)


@every_row("name", ["pro-1080p", "Sora 2 Pro 1080p", "sora2-pro-720p", "Sora  2", "something else"])
@every_row("sign", ["--model ", "--model=", "--Model: ", "—model "])
def test_a_model_is_named_by_all_words_to_the_next_parameter_or_the_end_of_the_line(sign: str, name: str) -> None:
    assert parse(f"a cat {sign}{name}") == Edits(prompt="a cat", model=name)
    assert parse(f"{sign}{name} --portrait") == Edits(model=name, orientation=PORTRAIT)
    assert parse(f"a cat {sign}{name}\nat night") == Edits(prompt="a cat at night", model=name)


@every_row("sign", ["--", "—", "–"])
@every_row(
    ("written", "edits"),
    [
        ("seed 7", Edits(prompt="a cat", seed=7)),
        ("seed=0", Edits(prompt="a cat", seed=0)),
        ("seed 2147483647 at night", Edits(prompt="a cat at night", seed=2147483647)),
        ("no rain", Edits(prompt="a cat", avoid="rain")),
        ("no rain, fog --portrait", Edits(prompt="a cat", avoid="rain, fog", orientation=PORTRAIT)),
        ("no: people\nat night", Edits(prompt="a cat at night", avoid="people")),
        ("avoid text", Edits(prompt="a cat", avoid="text")),
        ("sound", Edits(prompt="a cat", sound=True)),
        ("sound on", Edits(prompt="a cat", sound=True)),
        ("Sound=OFF, at night", Edits(prompt="a cat at night", sound=False)),
        ("sound of rain", Edits(prompt="a cat of rain", sound=True)),
        ("silent", Edits(prompt="a cat", sound=False)),
        ("silent, at night", Edits(prompt="a cat at night", sound=False)),
    ],
)
def test_seed_sound_and_what_to_avoid_are_understood_with_phone_dashes_too(
    sign: str, written: str, edits: Edits
) -> None:
    assert parse(f"a cat {sign}{written}") == edits


def test_all_of_them_together_in_any_order() -> None:
    everything = Edits(prompt="a cat", orientation=PORTRAIT, seconds=8, model="pro 1080p")
    assert parse("a cat --ar 9:16 --duration 8 --model pro 1080p") == everything
    assert parse("--model pro 1080p --duration 8s --portrait a cat") == everything
    assert parse("a cat --ar 9:16, --duration 8, --model pro 1080p") == everything
    assert parse("a cat --portrait，--duration 8s, --model pro 1080p,") == everything
    assert parse("--duration=8 a —model pro 1080p —portrait cat") == everything


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("--portrait at night", "at night"),
        ("a cat --portrait at night", "a cat at night"),
        ("a cat --portrait, at night", "a cat at night"),
        ("a cat --ar 9:16 at night", "a cat at night"),
        ("a cat --ar 9:16\nat night\nin rain", "a cat at night\nin rain"),
        ("a cat --portrait\nat night", "a cat at night"),
        ("+ at night --portrait", "+ at night"),
        ("一只猫，--portrait", "一只猫，"),
    ],
)
def test_words_after_a_flag_or_a_value_belong_to_the_prompt(text: str, prompt: str) -> None:
    assert parse(text) == Edits(prompt=prompt, orientation=PORTRAIT)


def test_words_after_a_length_belong_to_the_prompt_but_its_unit_does_not() -> None:
    assert parse("--duration 8 seconds of rain") == Edits(prompt="of rain", seconds=8)
    assert parse("--duration 8 s") == Edits(seconds=8)
    assert parse("--duration 8\nsnow") == Edits(prompt="snow", seconds=8)
    assert parse("--duration 8 snow") == Edits(prompt="snow", seconds=8)


@every_row(
    "written",
    [
        *(
            "——portrait",
            "-- portrait",
            "–portrait",
            "—portrait",
            "――portrait",
            "－－portrait",
            "−−portrait",
            "－portrait",
        ),
        *("--\u00a0portrait", "——\u3000portrait", "-- \u200bportrait", "––portrait", "————portrait", "‑‑portrait"),
        *(
            "-- Portrait",
            "——ｐｏｒｔｒａｉｔ",
            "-- portrait.",
            "--ar ９：１６",
            "-- ar 9:16",
            "——ar 9:16",
            "—— ar=9：16",
        ),
    ],
)
def test_whatever_dashes_a_keyboard_makes_they_begin_a_parameter(written: str) -> None:
    for before, prompt in (
        ("", None),
        ("a cat at night ", "a cat at night"),
        ("一只猫\u3000", "一只猫"),
        ("改成夜晚", "改成夜晚"),
    ):
        assert parse(before + written) == Edits(prompt=prompt, orientation=PORTRAIT)
    assert parse(f"a cat ——duration ８ {written}") == Edits(prompt="a cat", orientation=PORTRAIT, seconds=8)


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("a street -- no people", Edits(prompt="a street", avoid="people")),
        ("a street ——no well-known people", Edits(prompt="a street", avoid="well-known people")),
        (
            "a street -- no well-known people --portrait",
            Edits(prompt="a street", avoid="well-known people", orientation=PORTRAIT),
        ),
        ("雨夜——no 人，车", Edits(prompt="雨夜", avoid="人，车")),
        ("a cat -- duration 8 at night", Edits(prompt="a cat at night", seconds=8)),
        ("a cat -- sound off", Edits(prompt="a cat", sound=False)),
    ],
)
def test_a_parameter_after_two_dashes_keeps_its_value_as_it_was_written(text: str, edits: Edits) -> None:
    assert parse(text) == edits


@every_row(
    "text",
    [
        *("a cat -- at night -- sleeps", "a cat --at night-- sleeps", "5 – 6 birds", "a face — portrait of a man"),
        *(
            "a cat -- no rain -- sleeps",
            "a cat -- portrait -- sleeps",
            "a wall -- seconds later it falls",
            "a — square",
        ),
        *(
            "一只猫 ——在夜里",
            "一只猫——睡着了——很安静",
            "a song -- sound of rain",
            "−5 degrees",
            "a cat ——",
            "猫-portrait",
        ),
        "a well-known cat",
        "a cat -- at night",
        "a cat — at night",
        "a cat – at night",
        "the cat--grey--runs",
        "the cat—grey—runs",
        "ends in --",
        "--",
        "—",
        "a - b",
        "-portrait",
        "a ---portrait",
        "a --_portrait",
        "pages 4–8",
        "pages 4--8",
        "pages 4 —8",
        "—Hola —dijo el gato",
        "she says —armchair",
        "a cat: 9:16, 8 s",
        "+ at night",
        "line one\nline two",
    ],
)
def test_dashes_that_begin_no_parameter_are_words(text: str) -> None:
    assert parse(text) == Edits(prompt=text)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_nothing_written_changes_nothing(text: str) -> None:
    assert parse(text) == Edits()


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("--ar 9:16 --portrait", Edits(orientation=PORTRAIT)),
        ("--portrait a cat --ar 9:16 --portrait", Edits(prompt="a cat", orientation=PORTRAIT)),
        ("a cat --duration 8 --seconds 8s", Edits(prompt="a cat", seconds=8)),
        ("--model a --model a", Edits(model="a")),
    ],
)
def test_what_is_said_twice_and_agrees_is_taken_once(text: str, edits: Edits) -> None:
    assert parse(text) == edits


@every_row(
    ("text", "prompt"),
    [
        ("+ at night", "plain at night"),
        ("+at night", "plain at night"),
        ("  +  at night ", "plain at night"),
        ("＋在夜里", "plain 在夜里"),
        ("＋ at night", "plain at night"),
        ("+, wearing a hat", "plain, wearing a hat"),
        ("+ . Then it rains", "plain. Then it rains"),
        ("＋，戴着帽子", "plain，戴着帽子"),
        ("+، في الليل", "plain، في الليل"),
        ("+ --- at night", "plain --- at night"),
        ("at night", "at night"),
        ("C++ on a screen + a cat", "C++ on a screen + a cat"),
        ("+", None),
        ("＋ ", None),
        ("", None),
    ],
)
def test_words_after_a_plus_follow_the_old_prompt(text: str, prompt: str | None) -> None:
    assert revise("plain", text) == Edits(prompt=prompt)
    assert revise("plain", f"{text} --portrait") == Edits(prompt=prompt, orientation=PORTRAIT)


@pytest.mark.parametrize("text", ["+--portrait", "+ --portrait", "＋--portrait", "＋—portrait", "--portrait +"])
def test_a_parameter_after_a_plus_changes_the_setting_and_keeps_the_prompt(text: str) -> None:
    assert revise("plain", text) == Edits(orientation=PORTRAIT)
    assert revise("plain", f"{text} at night") == Edits(prompt="plain at night", orientation=PORTRAIT)


@STEADY
@given(texts.filter(lambda text: not re.search(r"(?:^|[^\x00-\x7f]|[\s,.…!?;:)\x22])(?:-|[—–])", text)))
def test_any_text_without_a_parameter_comes_back_as_it_was(text: str) -> None:
    assert parse(text) == Edits(prompt=text.strip() or None)


@STEADY
@given(st.text(alphabet=st.characters(exclude_characters="-—–"), max_size=200))
def test_any_text_without_a_dash_comes_back_as_it_was(text: str) -> None:
    assert parse(text) == Edits(prompt=text.strip() or None)


@STEADY
@given(texts)
@example("--\u00aa")
@example("--İ")
@example("—ar")
def test_whatever_is_written_is_understood_or_refused(text: str) -> None:
    try:
        edits = parse(text)
    except Refusal as refusal:
        edits, code = Edits(), refusal.code
    else:
        code = None
    assert code in (None, "parameter_unknown", "parameters_contradict", "parameter_missing", "parameter_value")
    if code is None:
        assert edits.prompt is None or edits.prompt.strip() == edits.prompt != ""
        assert edits.seconds is None or 1 <= edits.seconds <= 9999
        assert edits.model is None or edits.model.strip() == edits.model != ""
