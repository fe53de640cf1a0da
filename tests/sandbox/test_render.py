"""The clip shows its prompt, whatever script it is written in."""

import pytest
from PIL import Image, ImageChops

from sandbox.lettering import fit, load_font, to_runs, wrap
from sandbox.render import render_clip, still


def picture_of(prompt: str) -> Image.Image:
    return still(prompt=prompt, seconds=4, shape=(16, 9), label="sora2")


def test_different_prompts_give_different_pictures_and_the_same_prompt_the_same() -> None:
    assert ImageChops.difference(picture_of("a red cat"), picture_of("a red dog")).getbbox() is not None
    assert ImageChops.difference(picture_of("a red cat"), picture_of("a red cat")).getbbox() is None


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("A cat — naïve", "latin"),
        ("Кошка", "latin"),
        ("قطة تركض", "arabic"),
        ("שלום עולם", "hebrew"),
        ("बिल्ली", "latin"),
        ("猫が走る", "han"),
    ],
)
def test_every_script_with_a_face_is_set_in_it(text: str, face: str) -> None:
    assert [run.face for run in to_runs(text)] == [face]


def test_a_dot_stands_for_what_has_no_glyph() -> None:
    assert [run.text for run in to_runs("a 🚀")] == ["a ·"]
    assert [run.text for run in to_runs("👍🏽")] == ["·"]
    assert [run.text for run in to_runs("한국")] == ["··"]


def test_lines_never_leave_the_box_even_without_spaces() -> None:
    for text in ("x" * 300, "猫" * 200, "Supercalifragilistic " * 9, "🚀" * 300):
        lines = wrap(text, 20, 300)
        assert len(lines) > 1
        for line in lines:
            assert sum(load_font(run.face, 20).getlength(run.text) for run in to_runs(line)) <= 300


def test_a_prompt_too_long_for_the_picture_ends_in_an_ellipsis() -> None:
    _, lines = fit("word " * 2000, (300, 200))
    assert lines[-1].endswith("…")


def test_prompts_of_odd_characters_still_make_a_clip() -> None:
    odd = "\x00\x1b tab\t line\n\n\ud7ff \U000f0000 \U0010ffff a\u0301\u0301\u0301 \u202e reversed"
    assert render_clip(prompt=odd, seconds=4, shape=(9, 16), label="sora2")[4:8] == b"ftyp"
