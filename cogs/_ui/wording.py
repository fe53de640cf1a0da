"""Text in every language: everything that people read comes from `locales/`, one folder for each language (Project
Fluent).

The current language is a context variable. `set_locale` sets it where an interaction enters (the tree's check, a
button, a form). Tasks and threads started from there inherit it. Code that renders for somebody else, or that no
interaction started, sets the language with `in_language`.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import discord

from cogs._ui.fluent_texts import Pattern, read_file, text_of

DEFAULT = "en-US"
# Discord's language codes, and the folder of each.
LANGUAGES: Mapping[str, str] = MappingProxyType({"en-US": "en-US", "en-GB": "en-US", "zh-CN": "zh-CN"})

KEPT = 4096  # finished texts of one language; those with a value longer than this many characters are not kept:
KEPT_VALUE = 40
LONGEST = 2400  # characters of one value
# Values that a member typed and a refusal repeats; a short part is enough to recognise them.
TYPED = frozenset({"model", "word"})
LONGEST_TYPED = 100

_current: ContextVar[str] = ContextVar("spoken", default=DEFAULT)


class Words:
    """The texts of one language: `words("card-title", family=…)`."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._texts: dict[str, Pattern] = {}
        for file in (resources.files("cogs") / "locales" / locale).iterdir():
            if file.name.endswith(".ftl"):
                self._texts |= read_file(file.read_text("utf-8"))
        self._kept = lru_cache(KEPT)(self._formatted)

    def __call__(self, name: str, /, **values: str | int) -> str:
        """Return one text. Raises KeyError for a missing text or placeholder, which is a bug of this project."""
        # To make a text takes a hundred times as long as to find it, and a card has ten, most of them alike on all.
        if all(isinstance(value, int) or len(value) <= KEPT_VALUE for value in values.values()):
            return self._kept(name, *values.items())
        return self._formatted(name, *values.items())

    def _formatted(self, name: str, *values: tuple[str, str | int]) -> str:
        return text_of(self._texts, name, {one: _fitting(one, value) for one, value in values}, self.locale)

    def has(self, name: str) -> bool:
        """Return whether this language has such a text."""
        return name in self._texts


def _fitting(name: str, value: str | int) -> str | int:
    """Cut a value to the length that its placeholder allows."""
    most = LONGEST_TYPED if name in TYPED else LONGEST
    if isinstance(value, int) or len(value) <= most:
        return value
    return f"{value[: most - 1].rstrip(chr(92))}…"


@cache
def _read(language: str) -> Words:
    return Words(language)


def words(language: str | None = None) -> Words:
    """Return the texts of a language, the current one by default. Each language is read once."""
    return _read(language or current_language())


def prepare() -> None:
    """Read every language. Each takes a tenth of a second, so call this in a thread before the first reply."""
    for one in sorted({*LANGUAGES.values()}):
        _read(one)


def language(member_locale: str | None, guild_locale: str | None) -> str:
    """Return the language for a member: their own if it is supported, else the server's, else English.

    Arguments are Discord's codes.
    """
    for locale in (member_locale, guild_locale):
        if locale and locale in LANGUAGES:
            return LANGUAGES[locale]
    return DEFAULT


def current_language() -> str:
    """Return the current language."""
    return _current.get()


def set_locale(interaction: discord.Interaction[Any]) -> None:
    """Set the current language to that of the member who acts. Every interaction runs in a task of its own."""
    _current.set(language(str(interaction.locale), _guild_locale(interaction)))


def server_language(interaction: discord.Interaction[Any]) -> str:
    """Return the language for text that a whole server reads, whoever acts."""
    return language(None, _guild_locale(interaction))


def _guild_locale(interaction: discord.Interaction[Any]) -> str | None:
    return str(interaction.guild_locale) if interaction.guild_locale else None


@contextmanager
def in_language(locale: str) -> Generator[None]:
    """Set the current language inside the block. locale: Discord's code; an unsupported language becomes English."""
    before = _current.set(language(locale, None))
    try:
        yield
    finally:
        _current.reset(before)
