"""The words: every text a member reads comes from `locales/`, one folder a language, by Project Fluent.

Which language is spoken is a context variable. `set_locale` sets it where an interaction enters (the tree's check, a button, a
modal), so that whatever answers it speaks the language of whoever asked, in the tasks and threads that it starts too.
What is rendered for others, or by a loop that nobody asked, says whose language it is in by `speaking`.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import discord
from fluent.runtime import FluentBundle, FluentResource

DEFAULT = "en-US"
# Discord's names of languages, and the folder that each of them reads.
LANGUAGES: Mapping[str, str] = MappingProxyType({"en-US": "en-US", "en-GB": "en-US", "zh-CN": "zh-CN"})

LONGEST = 2400  # characters of one value: Fluent refuses a text with a longer one than 2,500
# What a member typed and a refusal repeats: enough of it to be known again.
TYPED = frozenset({"model", "word"})
LONGEST_TYPED = 100

_spoken: ContextVar[str] = ContextVar("spoken", default=DEFAULT)


class Words:
    """The texts of one language: `words("card-title", family=…)`."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._bundle = FluentBundle([locale], use_isolating=False)  # isolation marks would break links and mentions
        for file in (resources.files("cogs") / "locales" / locale).iterdir():
            if file.name.endswith(".ftl"):
                self._bundle.add_resource(FluentResource(file.read_text("utf-8")))

    def __call__(self, name: str, /, **values: str | int) -> str:
        """One text. A missing text or placeholder is a fault of this project: KeyError."""
        message = self._bundle.get_message(name) if self._bundle.has_message(name) else None
        if message is None or message.value is None:
            raise KeyError(f"no text {name!r}")
        text, faults = self._bundle.format_pattern(message.value, {one: _fitting(one, values[one]) for one in values})
        if faults:
            raise KeyError(f"text {name!r}: {faults[0]}")
        return str(text)

    def has(self, name: str) -> bool:
        """Whether there is such a text."""
        return self._bundle.has_message(name)


def _fitting(name: str, value: str | int) -> str | int:
    """A value as long as its placeholder takes."""
    most = LONGEST_TYPED if name in TYPED else LONGEST
    if isinstance(value, int) or len(value) <= most:
        return value
    return f"{value[: most - 1].rstrip(chr(92))}…"


@cache
def _read(language: str) -> Words:
    return Words(language)


def words(language: str | None = None) -> Words:
    """The words of a language, read once; without one, of the language that is spoken here."""
    return _read(language or spoken())


def prepare() -> None:
    """Read every language, which takes a tenth of a second each: in a thread, before anybody is to be answered."""
    for one in sorted({*LANGUAGES.values()}):
        _read(one)


def language(member_locale: str | None, guild_locale: str | None) -> str:
    """The language for a member, by Discord's names: theirs where there are words in it, else the server's, else English."""
    for locale in (member_locale, guild_locale):
        if locale and locale in LANGUAGES:
            return LANGUAGES[locale]
    return DEFAULT


def spoken() -> str:
    """The language that is spoken here."""
    return _spoken.get()


def set_locale(interaction: discord.Interaction[Any]) -> None:
    """From here on this task speaks the language of whoever acts. Every interaction is a task of its own."""
    _spoken.set(language(str(interaction.locale), _guild_locale(interaction)))


def server_language(interaction: discord.Interaction[Any]) -> str:
    """What is spoken to all of a server: its own language, whoever acts."""
    return language(None, _guild_locale(interaction))


def _guild_locale(interaction: discord.Interaction[Any]) -> str | None:
    return str(interaction.guild_locale) if interaction.guild_locale else None


@contextmanager
def speaking(locale: str) -> Generator[None]:
    """Within it another language is spoken: the one that Discord names so, English where there are no words in it."""
    before = _spoken.set(language(locale, None))
    try:
        yield
    finally:
        _spoken.reset(before)
