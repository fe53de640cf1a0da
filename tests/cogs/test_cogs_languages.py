"""Every text is in every language: none missing, none left in English, none that passes the catalogue by."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from discord import Locale
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import FluentParser
from fluent.syntax import ast as fluent

from bot.domain.refusals.refusal import Refusal
from cogs._ui import text
from cogs._ui.fluent_texts import read_file
from cogs._ui.refusal_texts import sentence
from cogs._ui.wording import DEFAULT, LANGUAGES, in_language, words
from tests.cogs.conftest import CHINESE, COGS, HAN, LATIN, LOCALES, shipped, trees
from tests.cogs.test_cogs_refusals import LINK, REFUSALS
from tests.tables import every_row

OTHERS = [locale for locale in LOCALES if locale.name != DEFAULT]
# Texts that are the same in Chinese: a command's name, and what has no words of its own.
ALIKE = {
    *("version-name", "diff-setting"),
    *("command-sora-name", "set-line", "picture-title-day", "picture-totals", "picture-bar"),
    *("log-change", "log-new", "log-gone", "log-line", "told-changed", "told-from-to", "report-top-line"),
    "undo-from-to",
}


def patterns(locale: Path) -> dict[str, fluent.Pattern]:
    """Each text of a language as it is parsed."""
    return {
        entry.id.name: entry.value
        for file in sorted(locale.glob("*.ftl"))
        for entry in FluentParser(with_spans=False).parse(file.read_text("utf-8")).body
        if isinstance(entry, fluent.Message) and entry.value
    }


def pieces(node: Any) -> Iterator[str]:
    """The text that a pattern says itself, in all its variants."""
    if isinstance(node, fluent.TextElement | fluent.StringLiteral):
        yield str(node.value)
    elif isinstance(node, fluent.BaseNode):
        for value in vars(node).values():
            for one in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
                yield from pieces(one)


def test_every_folder_is_a_language_and_every_language_has_a_folder() -> None:
    assert {locale.name for locale in LOCALES} == set(LANGUAGES.values())
    assert set(LANGUAGES) <= {locale.value for locale in Locale}
    assert all(LANGUAGES[name] == name for name in LANGUAGES.values()), "a language is named as Discord names it"


@pytest.mark.parametrize("locale", OTHERS, ids=lambda path: path.name)
def test_no_text_was_left_in_english(locale: Path) -> None:
    said, english = patterns(locale), patterns(COGS / "locales" / DEFAULT)
    same = {
        name for name, pattern in english.items() if "".join(pieces(pattern)).strip() and pattern.equals(said[name])
    }
    assert same == ALIKE


def test_chinese_texts_have_no_english_words() -> None:
    for name, pattern in patterns(COGS / "locales" / CHINESE).items():
        said = re.sub("--[a-z]+(?: [a-z0-9:-]+)?|`.*?`", "", " ".join(pieces(pattern)))  # what one types stays so
        found = set(re.findall("[A-Za-z]{2,}", said))
        assert not found - LATIN, name


def test_chinese_texts_have_chinese_punctuation() -> None:
    for name, pattern in patterns(COGS / "locales" / CHINESE).items():
        said = re.sub("`.*?`", "", "".join(pieces(pattern)))  # what one types stays as it is typed
        assert not re.search("[\u4e00-\u9fff][,.;:?!]|[,;?!][\u4e00-\u9fff]", said), name
        assert "..." not in said, name


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.name)
def test_every_choice_within_a_text_has_an_answer_for_every_number(locale: Path) -> None:
    say, placeholders, chosen = words(locale.name), shipped(locale), 0
    for name, pattern in patterns(locale).items():
        inside = [element.expression for element in pattern.elements if isinstance(element, fluent.Placeable)]
        if any(isinstance(one, fluent.SelectExpression) for one in inside):
            chosen += 1
            for number in (0, 1, 2, 5, 1000):
                assert say(name, **dict.fromkeys(placeholders[name], number)).strip()
    assert chosen


@every_row("refusal", REFUSALS)
def test_every_refusal_is_one_clear_sentence_in_chinese(refusal: Refusal) -> None:
    with in_language(CHINESE):
        said = sentence(refusal)
    assert HAN.search(said)
    assert said.endswith("。")
    assert "\n" not in said
    assert not set("{}") & set(said)
    for live in ("**", "<@", " @everyone", "https://"):
        assert live not in said.replace(f"]({LINK})", "")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(45, "45 秒"), (60, "1 分钟"), (92, "1 分 32 秒"), (3600, "1 小时"), (7500, "2 小时 5 分钟")],
)
def test_a_length_is_said_in_chinese(seconds: float, shown: str) -> None:
    assert text.length(words(CHINESE), seconds) == shown


def test_a_list_is_separated_as_the_language_does() -> None:
    assert text.listed(words(CHINESE), ["甲", "乙", "丙"]) == "甲、乙、丙"
    assert text.listed(words(DEFAULT), ["a", "b", "c"]) == "a, b, c"


# Where a text for people goes, by what is called; a name here is a keyword or the place of an argument.
SHOWN: dict[str, tuple[int | str, ...]] = {
    "TextDisplay": (0, "content"),
    "Button": ("label",),
    "Select": ("placeholder",),
    "_ChannelMenu": ("placeholder",),
    "ChannelSelect": ("placeholder",),
    "SelectOption": ("label", "description"),
    "MediaGalleryItem": ("description",),
    "Modal": ("title",),
    "Label": ("text", "description"),
    "TextInput": ("label", "placeholder", "default"),
    "send": (0, "content"),
    "send_message": (0, "content"),
    "edit_message": ("content",),
    "card": (0,),
    "box": (0,),
}


def test_no_text_passes_the_catalogue_by() -> None:
    seen = 0
    for call in (node for node in trees(COGS) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func).partition("[")[0].rpartition(".")[2]
        places = SHOWN.get(called, ())
        given = [argument for place, argument in enumerate(call.args) if place in places]
        given += [keyword.value for keyword in call.keywords if keyword.arg in places]
        for expression in given:
            seen += 1
            literal = [expression] if isinstance(expression, ast.Constant) else getattr(expression, "values", [])
            said = "".join(str(one.value) for one in literal if isinstance(getattr(one, "value", None), str))
            assert not re.search("[A-Za-z]{2,}", said), ast.unparse(call)
    assert seen > 20


@every_row("locale", LOCALES)
def test_every_text_is_what_fluent_makes_of_it(locale: Path) -> None:
    bundle, say = FluentBundle([locale.name], use_isolating=False), words(locale.name)
    for file in locale.glob("*.ftl"):
        bundle.add_resource(FluentResource(file.read_text("utf-8")))
    for name, placeholders in shipped(locale).items():
        pattern = bundle.get_message(name).value
        assert pattern
        for value in ("text", "one", "", 0, 1, 2, 7, 999, 1000, 1234567, -1, -1000) if placeholders else ("",):
            given: dict[str, Any] = dict.fromkeys(placeholders, value)
            shown, faults = bundle.format_pattern(pattern, given)
            assert not faults
            assert say(name, **given) == shown, (name, value)


@pytest.mark.parametrize(
    "line", ["-brand = Sora", "name = A\n    .hint = B", "when = { DATETIME($day) }", "of = { -brand }", "no value"]
)
def test_what_the_texts_do_not_use_is_refused_and_not_left_out(line: str) -> None:
    with pytest.raises(ValueError, match="not supported"):
        read_file(f"{line}\n")
