"""What a version changed is seen at a glance, in any script, whatever a prompt contains and however long it is."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.generation import Generation, Image, Orientation
from cogs._ui.wording import words
from cogs.cards import diff
from tests.cogs.conftest import PICTURE, generation
from tests.cogs.test_cogs_text import ESCAPE, TRICKS, lively, prompts
from tests.tables import every_row

STEADY = settings(derandomize=True, deadline=None, max_examples=200)

MARKS = re.compile(r"~~((?:\\.|[^\\~*])+)~~|\*\*((?:\\.|[^\\~*])+)\*\*")
OTHER = Image(file="other.png", media_type="image/png")
LOREM = "the old lighthouse keeper walks slowly along the rocky shore while grey waves break and gulls cry above him"
pieces_of_prompts = st.sampled_from(
    ["a", "cat", "猫", "的", "😀", "👩‍👩‍👧", "in", ".", ", ", " ", " ", "قط", "แม", "https:", "//", "1. "]
)
alike = st.lists(pieces_of_prompts | st.sampled_from(TRICKS), max_size=30).map("".join)


def shown(old: str, new: str) -> str | None:
    return diff.prompt(words("en-US"), old, new)


def gone_and_come(said: str) -> Iterator[tuple[str, str]]:
    """Each marked stretch: what is taken away, or what is added."""
    for found in MARKS.finditer(said):
        yield found[1] or "", found[2] or ""


def bare(said: str) -> str:
    """What is left once the marks are taken out, though not where they were: nothing that Discord would act on."""
    return MARKS.sub(lambda found: f"\0{found[1] or found[2]}\0", said)


@every_row(
    ("old", "new", "said"),
    [
        ("a cat", "a dog", "a ~~cat~~ **dog**"),
        ("a cat", "a cat at night", "a cat **at night**"),
        ("a cat at night", "a cat", "a cat ~~at night~~"),
        ("cat", "the cat", "**the** cat"),
        ("the cat", "cat", "~~the~~ cat"),
        ("a cat", "a cat, a dog", "a cat**, a dog**"),
        ("a cat.", "a cat!", "a cat~~.~~**!**"),
        ("a cat", "A cat", "~~a~~ **A** cat"),
        ("red", "blue", "~~red~~ **blue**"),
        ("a red cat in the sun", "a blue cat in the rain", "a ~~red~~ **blue** cat in the ~~sun~~ **rain**"),
        ("it's 3.5 kg at 16:9", "it's 3.6 kg at 9:16", "it's ~~3.5~~ **3.6** kg at ~~16:9~~ **9:16**"),
        ("a well-known cat’s tail", "a well-fed cat’s tail", "a ~~well-known~~ **well-fed** cat’s tail"),
        ("red cat, green hat", "blue dog, pink hat", "~~red cat, green~~ **blue dog, pink** hat"),
        ("(a cat)", "(a dog)", "(a ~~cat~~ **dog**)"),
    ],
)
def test_a_change_reads_as_one_would_say_it(old: str, new: str, said: str) -> None:
    assert shown(old, new) == said


@every_row(
    ("old", "new", "said"),
    [
        ("一只猫在草地上跑", "一只狗在雪地上跑", "一只~~猫~~**狗**在~~草~~**雪**地上跑"),
        ("一只橘猫，阳光明媚", "一只橘猫，阳光明媚，慢镜头", "一只橘猫，阳光明媚**，慢镜头**"),
        ("猫 4K 画质", "猫 8K 画质", "猫 ~~4K~~ **8K** 画质"),
        ("カメラが動く", "カメラは動く", "カメラ~~が~~**は**動く"),
        ("قطة في العشب", "كلب في العشب الأخضر", "~~قطة~~ **كلب** في العشب **الأخضر**"),
        ("हिन्दी बिल्ली घास", "हिन्दी कुत्ता घास", "हिन्दी ~~बिल्ली~~ **कुत्ता** घास"),
        ("고양이가 풀밭을 달린다", "강아지가 풀밭을 달린다", "~~고양이가~~ **강아지가** 풀밭을 달린다"),
        ("แมววิ่งในทุ่งหญ้า", "หมาวิ่งในทุ่งหญ้า", "~~แมว~~**หมา**วิ่งในทุ่งหญ้า"),
        ("a party 🎉 now", "a party 🎊 now", "a party ~~🎉~~ **🎊** now"),
        ("with 👩‍👩‍👧‍👦 here", "with 👩‍👩‍👧 here", "with ~~👩‍👩‍👧‍👦~~ **👩‍👩‍👧** here"),
        ("flags 🇩🇪🇫🇷", "flags 🇩🇪🇪🇸", "flags 🇩🇪~~🇫🇷~~**🇪🇸**"),
        ("thumbs 👍🏽 up", "thumbs 👍🏿 up", "thumbs ~~👍🏽~~ **👍🏿** up"),
        ("a cafe\u0301 at noon", "a cafe at noon", "a ~~cafe\u0301~~ **cafe** at noon"),
    ],
)
def test_no_script_is_cut_in_the_middle_of_what_its_readers_take_for_one_sign(old: str, new: str, said: str) -> None:
    assert shown(old, new) == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a cat", "a cat"),
        ("a cat", "  a\n cat "),
        ("a cat", "a\u202e cat\u2066"),
        ("", "a cat"),
        ("a cat", ""),
        ("", ""),
        ("猫", "猫\u3000"),
    ],
)
def test_nothing_is_said_where_nothing_is_seen_to_differ_or_words_are_forgotten(old: str, new: str) -> None:
    assert shown(old, new) is None


def test_of_a_long_prompt_only_the_words_around_each_change_are_shown() -> None:
    changed = LOREM.replace("grey waves", "waves as high as houses")
    said = "…the rocky shore while ~~grey~~ waves **as high as houses** break and gulls cry above him"
    assert shown(LOREM, changed) == said
    said = "**a drone shot of** the old lighthouse…the rocky shore while ~~grey~~ waves **as high as houses**"
    after = " break and gulls cry…and gulls cry above him **at dawn**"
    assert shown(f"{LOREM} {LOREM}", f"a drone shot of {changed} {LOREM} at dawn") == said + after


def test_a_change_at_either_end_of_the_longest_prompt_is_found() -> None:
    words_of_it = [f"w{number}" for number in range(700)]
    said = shown(" ".join(words_of_it), " ".join(["first", *words_of_it[1:-1], "last"]))
    assert said
    assert list(gone_and_come(said)) == [("w0", ""), ("", "first"), ("w699", ""), ("", "last")]


def test_a_long_prompt_that_is_another_one_altogether_is_said_to_be() -> None:
    other = (
        "neon city, cyberpunk, rain, wide angle, people with umbrellas under signs, steam from vents, dolly shot, film"
    )
    assert shown(f"{LOREM} {LOREM}", f"{other} {other}") == "The prompt is written anew."
    assert diff.prompt(words("zh-CN"), f"{LOREM} {LOREM}", f"{other} {other}") == "提示词已重写。"


def test_a_short_prompt_that_is_another_one_is_shown_with_what_it_was() -> None:
    assert shown("a cat in the grass", "neon city, rain") == "~~a cat in the grass~~ **neon city, rain**"


def test_much_that_is_added_to_little_is_an_addition_however_long() -> None:
    said = shown("a cat", f"a cat, {LOREM}, {LOREM}, {LOREM}")
    assert said
    assert said.startswith("a cat**, the old lighthouse keeper walks")
    assert " … " in said
    assert said.endswith("cry above him**")
    assert len(said) < 300


def test_of_many_changes_the_first_are_shown_and_the_others_counted() -> None:
    old = [f"w{number}" for number in range(300)]
    new = [word if number % 10 else "new" for number, word in enumerate(old)]
    said = shown(" ".join(old), " ".join(new))
    assert said
    seen = said.count("**new**")
    assert seen > 5
    assert said.endswith(f" … and {30 - seen} more changes")
    assert len(said) <= diff.SHOWN


@every_row(
    ("old", "new", "said"),
    [
        ("# a cat", "# a dog", r"\# a ~~cat~~ **dog**"),
        ("> a cat", "> a dog", r"\> a ~~cat~~ **dog**"),
        ("1. a cat", "1. a dog", r"1\. a ~~cat~~ **dog**"),
        ("- a cat", "- a dog", r"\- a ~~cat~~ **dog**"),
        ("-# a cat", "-# a dog", r"\-# a ~~cat~~ **dog**"),
        ("**a** cat", "**a** dog", r"\*\*a\*\* ~~cat~~ **dog**"),
        ("a cat", "a *cat*", r"a **\***cat**\***"),
        ("a cat", "a ~~cat~~", r"a **\~\~**cat**\~\~**"),
        ("hi @everyone now", "hi <@1> now", r"hi ~~\@everyone~~ **\<\@1>** now"),
        ("see https://a.b now", "see https://a.c now", r"see https\://a.~~b~~ **c** now"),
        ("see http now", "see http://x now", r"see http**\://x** now"),
        ("a [b](c) d", "a [b](e) d", r"a \[b\](~~c~~ **e**) d"),
        ("a\nb\nc", "a\nd\nc", "a ~~b~~ **d** c"),
    ],
)
def test_what_prompts_contain_is_shown_and_does_nothing(old: str, new: str, said: str) -> None:
    assert shown(old, new) == said


def check(said: str | None) -> None:
    if said is None or said == "The prompt is written anew.":
        return
    assert 0 < len(said) <= diff.SHOWN
    assert lively(bare(said)) is None
    assert MARKS.search(said), "something differs, and it is not seen"
    left = ESCAPE.sub("", MARKS.sub("", said))
    assert not set("~*") & set(left), "a mark was left open"
    for gone, come in gone_and_come(said):
        assert (gone or come) == (gone or come).strip(), "Discord takes no mark with a space inside"


@STEADY
@given(prompts, prompts)
def test_no_markdown_mention_or_link_of_a_prompt_survives_and_every_mark_is_closed(old: str, new: str) -> None:
    check(shown(old, new))


@STEADY
@given(alike, alike)
@example("https:", "https://")
@example("*", "**")
@example("\\", "\\\\")
@example("1", "1.")
def test_nor_where_two_prompts_have_much_in_common(old: str, new: str) -> None:
    check(shown(old, new))


BEFORE = generation(version=1)


@every_row(
    ("change", "said", "now"),
    [
        ({}, [], []),
        ({"prompt": "a dog", "id": "x", "version": 2, "price_micros": 9}, [], []),
        ({"orientation": Orientation.PORTRAIT}, ["Landscape → Portrait"], ["Portrait"]),
        ({"seconds": 8, "model": "sora2-landscape-8s"}, ["4 s → 8 s"], ["8 s"]),
        ({"family": "Sora 2 Pro 1080p", "model": "x"}, ["Sora 2 → Sora 2 Pro 1080p"], ["Sora 2 Pro 1080p"]),
        ({"model": "sora-2"}, ["sora2-landscape-4s → sora-2"], ["sora-2"]),
        ({"image": OTHER}, ["with an image"], ["with an image"]),
        ({"end_image": OTHER}, ["with an end picture"], ["with an end picture"]),
        ({"orientation": Orientation.SQUARE}, ["Landscape → Square"], ["Square"]),
        ({"shape_from_image": True}, ["Landscape → Shape follows the picture"], ["Shape follows the picture"]),
        (
            {"sound": False, "avoid": "**rain**", "seed": 0},
            ["without sound", r"not to show: \*\*rain\*\*", "seed 0"],
            ["without sound", "not to show: **rain**", "seed 0"],
        ),
        (
            {"orientation": Orientation.PORTRAIT, "seconds": 12, "image": OTHER},
            ["Landscape → Portrait", "4 s → 12 s", "with an image"],
            ["Portrait", "12 s", "with an image"],
        ),
    ],
)
def test_each_setting_that_differs_is_said_from_what_to_what(
    change: dict[str, Any], said: list[str], now: list[str]
) -> None:
    assert diff.settings(words("en-US"), BEFORE, replace(BEFORE, **change)) == said
    assert diff.settings_now(words("en-US"), BEFORE, replace(BEFORE, **change)) == now


@pytest.mark.parametrize(
    ("change", "said", "now"),
    [
        ({}, [], []),
        ({"seed": None}, ["seed 7 → none"], ["no seed"]),
        ({"seed": 8}, ["seed 7 → seed 8"], ["seed 8"]),
        ({"sound": None}, ["with sound → as the model does"], ["sound as the model does"]),
        ({"sound": False}, ["with sound → without sound"], ["without sound"]),
        ({"avoid": None}, ["not to show: rain → none"], ["nothing to avoid"]),
        ({"avoid": "snow"}, ["not to show: rain → not to show: snow"], ["not to show: snow"]),
        ({"end_image": None}, ["without the end picture"], ["without the end picture"]),
        ({"end_image": replace(PICTURE, kept=True)}, [], []),
    ],
)
def test_what_a_version_goes_on_without_is_said(change: dict[str, Any], said: list[str], now: list[str]) -> None:
    old = replace(BEFORE, sound=True, seed=7, avoid="rain", image=PICTURE, end_image=OTHER)
    new = replace(old, image=replace(PICTURE, kept=True), end_image=replace(OTHER, kept=True))
    assert diff.settings(words("en-US"), old, replace(new, **change)) == said
    assert diff.settings_now(words("en-US"), old, replace(new, **change)) == now


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (PICTURE, replace(PICTURE, kept=True), []),
        (PICTURE, OTHER, ["another image"]),
        (PICTURE, None, ["without the image"]),
        (None, OTHER, ["with an image"]),
        (None, replace(PICTURE, kept=True), []),  # its parent's was forgotten since
        (None, None, []),
    ],
)
def test_an_image_is_said_to_be_another_only_where_it_is(old: Image | None, new: Image | None, said: list[str]) -> None:
    def with_image(image: Image | None) -> Generation:
        return replace(BEFORE, image=image)

    assert diff.settings(words("en-US"), with_image(old), with_image(new)) == said


@every_row(
    ("old", "new", "said"),
    [
        ("", "a cat", "a cat"),
        ("a dog", "a cat", "a cat"),
        ("", LOREM, "the old lighthouse keeper walks slowly…"),
        (LOREM, LOREM, "the old lighthouse keeper walks slowly…"),
        (LOREM, f"{LOREM} at dawn", "…and gulls cry above him at dawn"),
        (LOREM, LOREM.replace("gulls", "crows"), "…waves break and crows cry above him"),
        (LOREM, LOREM.replace("grey waves", "tall grey waves"), "…shore while tall grey waves break and…"),
        (LOREM, LOREM.replace(" above him", ""), "…while grey waves break and gulls cry"),
        (LOREM, LOREM.replace("old", "young"), "the young lighthouse keeper walks slow…"),
        ("", "猫" * 50, "猫" * 19 + "…"),
        ("", "**" * 30, r"\*" * 19 + "…"),
    ],
)
def test_the_line_of_a_version_begins_where_its_prompt_differs(old: str, new: str, said: str) -> None:
    assert diff.opening(old, new, 39) == said


@STEADY
@given(prompts, prompts, st.integers(10, 80))
def test_the_line_of_a_version_is_harmless_and_no_wider_than_allowed(old: str, new: str, columns: int) -> None:
    for before in (old, new[: len(new) // 2], ""):
        line = diff.opening(before, f"{new} x", columns)
        assert lively(line) is None
        assert len(line.encode("utf-16-le")) // 2 <= columns
        assert line.strip() == line != ""
