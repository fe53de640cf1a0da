"""The commands in other languages: whole, within Discord's rules, and never the reason why a sync fails."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import discord
import pytest
from discord import Locale, app_commands
from discord.app_commands import TranslationContext, TranslationContextLocation

from bot.gateway.client import SoraBot
from cogs._ui import command_names as translator
from cogs._ui.command_names import CatalogueTranslator, text_name
from cogs._ui.wording import DEFAULT, Words, words
from tests.cogs.conftest import CHINESE, COGS, HAN, LOCALES, shipped
from tests.cogs.test_cogs_commands import bot as bot  # the fixture

NAME, DESCRIPTION = "name_localizations", "description_localizations"
KEPT = {"sora"}  # a name that is the same everywhere
OTHERS = [locale.name for locale in LOCALES if locale.name != DEFAULT]


class Listing(app_commands.Translator):
    """Notes every text that is asked for, with what the source says, and translates nothing."""

    def __init__(self) -> None:
        self.asked: dict[str, set[str]] = {}

    async def translate(self, string: app_commands.locale_str, locale: Locale, context: Any) -> str | None:
        name = text_name(context)
        assert name, context.location
        self.asked.setdefault(name, set()).add(str(string))
        return None


async def payload(bot: SoraBot) -> list[dict[str, Any]]:
    assert bot.tree.translator, "no translator is installed"
    return [await command.get_translated_payload(bot.tree, bot.tree.translator) for command in bot.tree.get_commands()]


async def asked(bot: SoraBot) -> dict[str, set[str]]:
    """The texts that the commands need, each with what the source says in English."""
    listing = Listing()
    for command in bot.tree.get_commands():
        await command.get_translated_payload(bot.tree, listing)
    return listing.asked


def pieces(one: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """A command, its subcommands, options and choices, each with the words that lead to it."""
    path = f"{path} {one['name']}".strip()
    yield path, one
    for inner in [*one.get("options", []), *one.get("choices", [])]:
        yield from pieces(inner, path)


async def everything(bot: SoraBot) -> list[tuple[str, dict[str, Any]]]:
    return [found for command in await payload(bot) for found in pieces(command)]


def in_english(locale: str) -> dict[str, str]:
    """The texts of the commands in a language."""
    return {
        name: words(locale)(name)
        for name in shipped(COGS / "locales" / locale)
        if name.startswith(("command-", "option-", "choice-"))
    }


async def test_the_english_texts_are_those_of_the_source(bot: SoraBot) -> None:
    needed = await asked(bot)
    assert {name: len(said) for name, said in needed.items() if len(said) > 1} == {}, "one name, two texts"
    listed = in_english(DEFAULT)
    said = {name: text for name, [text] in needed.items()}
    assert {name: listed.get(name) for name in said} == said, "cogs/locales/en-US/commands.ftl"
    assert set(listed) == set(said)


@pytest.mark.parametrize("locale", OTHERS)
async def test_every_name_description_and_choice_has_a_text_in_every_language(bot: SoraBot, locale: str) -> None:
    needed = set(await asked(bot))
    assert len(needed) > 100
    assert set(in_english(locale)) == needed, f"cogs/locales/{locale}/commands.ftl"


async def test_discord_is_told_every_text_in_chinese_and_nothing_else(bot: SoraBot) -> None:
    found = await everything(bot)
    assert len(found) > 90
    for path, one in found:
        assert set(one[NAME]) == {CHINESE}, path
        assert HAN.search(one[NAME][CHINESE]) or one["name"] in KEPT, path
        if "description" in one:
            assert set(one[DESCRIPTION]) == {CHINESE}, path
            assert HAN.search(one[DESCRIPTION][CHINESE]), path


async def test_what_commands_are_called_by_default_is_not_touched(bot: SoraBot) -> None:
    def bare(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: bare(value) for key, value in one.items() if key not in (NAME, DESCRIPTION)}  # pyright: ignore[reportUnknownVariableType]
        return [bare(inner) for inner in one] if isinstance(one, list) else one  # pyright: ignore[reportUnknownVariableType]

    plain = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    assert [bare(one) for one in await payload(bot)] == [bare(one) for one in plain]


def is_name(said: str) -> bool:
    """Discord's rule: ^[-_'\\p{L}\\p{N}\\p{sc=Deva}\\p{sc=Thai}]{1,32}$, in small letters where there are such."""
    return (
        1 <= len(said) <= 32
        and said == said.lower()
        and all(sign in "-_'" or unicodedata.category(sign)[0] in "LN" for sign in said)
    )


async def test_translations_keep_discords_limits(bot: SoraBot) -> None:
    for path, one in await everything(bot):
        names = [one["name"], *one[NAME].values()]
        if "description" in one:
            assert all(map(is_name, names)), path
            assert all(1 <= len(said) <= 100 for said in (one["description"], *one[DESCRIPTION].values())), path
        elif "type" in one:  # a menu
            assert all(1 <= len(name) <= 32 for name in names), path
        else:
            assert all(1 <= len(name) <= 100 for name in names), path


async def test_what_lies_side_by_side_is_told_apart_in_every_language(bot: SoraBot) -> None:
    commands = await payload(bot)
    levels = [commands] + [
        one.get(kind, []) for command in commands for _, one in pieces(command) for kind in ("options", "choices")
    ]
    for level in levels:
        for locale in [None, *OTHERS]:
            shown = [one[NAME].get(locale, one["name"]) if locale else one["name"] for one in level]
            assert len(set(shown)) == len(shown), shown


async def test_each_command_has_at_most_8000_characters_the_longest_language_counts(bot: SoraBot) -> None:
    def longest(said: str, others: dict[str, str]) -> int:
        return max(len(one) for one in (said, *others.values()))

    for command in await payload(bot):
        total = 0
        for _, one in pieces(command):
            total += longest(one["name"], one[NAME]) + len(str(one.get("value", "")))
            total += longest(one.get("description", ""), one.get(DESCRIPTION, {}))
        assert total <= 8000, command["name"]


async def test_chinese_texts_name_commands_and_options_as_a_chinese_client_shows_them(bot: SoraBot) -> None:
    found = await everything(bot)
    shown: dict[str, str] = {"": ""}
    for path, one in found:
        above, _, _ = path.rpartition(" ")
        if one.get("description"):
            shown[path] = f"{shown.get(above, '')} {one[NAME][CHINESE]}".strip()
    options = {one[NAME][CHINESE] for _, one in found}
    named = 0
    for file in (COGS / "locales" / CHINESE).glob("*.ftl"):
        text = re.sub(r"(?m)^#.*$", "", file.read_text("utf-8"))
        for command in re.finditer(r"(?<![\w/])/(\w+)(?: (\w+))?", text):
            named += 1
            group = any(path.startswith(f"{command[1]} ") for path in shown.values())
            wanted = f"{command[1]} {command[2]}" if group and command[2] else command[1]
            assert wanted in shown.values(), command.group()
        for option in re.finditer(r"`(\w+):`", text):
            named += 1
            assert option[1] in options, option.group()
    assert named > 15


# -- it never raises, and answers nothing that Discord would refuse


def context(kind: str, data: Any) -> Any:
    make: Any = TranslationContext
    return make(TranslationContextLocation[kind], data)


async def translated(said: Any, locale: Locale = Locale.chinese) -> str | None:
    return await CatalogueTranslator().translate(app_commands.locale_str("x"), locale, said)


LANDSCAPE = app_commands.Choice(name="Landscape", value="landscape")


async def test_a_text_is_answered_in_chinese_only_to_chinese() -> None:
    answers = {locale: await translated(context("choice_name", LANDSCAPE), locale) for locale in Locale}
    assert {locale.value: said for locale, said in answers.items() if said} == {"zh-CN": "横屏"}


@pytest.mark.parametrize(
    "said",
    [
        context("choice_name", app_commands.Choice(name="x", value="no such choice")),
        context("choice_name", app_commands.Choice(name="x", value="1.5 / §")),
        context("choice_name", None),
        context("command_name", object()),
        context("parameter_description", object()),
        context("other", "anything"),
    ],
)
async def test_what_has_no_text_stays_english(said: Any) -> None:
    assert await translated(said) is None


async def test_a_catalogue_that_cannot_be_read_leaves_everything_english(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(language: str) -> Words:
        raise OSError(language)

    monkeypatch.setattr(translator, "words", broken)
    assert await translated(context("choice_name", LANDSCAPE)) is None


def say_instead(monkeypatch: pytest.MonkeyPatch, other: dict[str, str]) -> None:
    """Let the catalogue say something else in these places."""
    current_language = Words.__call__

    def say(self: Words, name: str, /, **values: str | int) -> str:
        return other[name] if name in other else current_language(self, name, **values)

    monkeypatch.setattr(Words, "__call__", say)


@pytest.mark.parametrize("wrong", ["", "两 个", "Sora", "长" * 33, "标点。", "a:b"])
async def test_a_name_that_discord_would_refuse_is_left_out(
    bot: SoraBot, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    said = context("command_name", bot.tree.get_command("usage"))
    assert await translated(said) == "用量"
    say_instead(monkeypatch, {"command-usage-name": wrong})
    assert await translated(said) is None


async def test_a_description_that_is_too_long_is_left_out(bot: SoraBot, monkeypatch: pytest.MonkeyPatch) -> None:
    said = context("command_description", bot.tree.get_command("usage"))
    for length, answer in ((100, "长" * 100), (101, None)):
        say_instead(monkeypatch, {"command-usage-description": "长" * length})
        assert await translated(said) == answer


async def animate(interaction: discord.Interaction, message: discord.Message) -> None:
    """Stands for a menu that is still to come."""


async def test_a_menu_is_found_by_its_name_which_may_have_spaces() -> None:
    menu = app_commands.ContextMenu(name="Animate image", callback=animate)
    assert await translated(context("command_name", menu)) == "让图片动起来"


# -- the sync


class Kept:
    """As much of a store as the sync needs."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def get_value(self, name: str) -> str | None:
        return self.values.get(name)

    async def set_value(self, name: str, value: str) -> None:
        self.values[name] = value


async def test_commands_are_synced_again_when_only_a_translation_changed(
    bot: SoraBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Any = Kept()
    bot.store, synced = store, 0

    async def overwrite(application_id: int, payload: list[Any]) -> list[Any]:
        nonlocal synced
        synced += 1
        assert {command["name"] for command in payload} == {command.name for command in bot.tree.get_commands()}
        return []

    async def known() -> list[Any]:
        return bot.tree.get_commands()

    monkeypatch.setattr(bot.http, "bulk_upsert_global_commands", overwrite)
    monkeypatch.setattr(bot.tree, "fetch_commands", known)
    for expected in (1, 1):
        await bot.sync_commands()
        assert synced == expected
    say_instead(monkeypatch, {"command-help-name": "帮忙"})
    for expected in (2, 2):
        await bot.sync_commands()
        assert synced == expected
