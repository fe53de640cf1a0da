"""The words: every text a member reads comes from `locales/`, one folder a language, by Project Fluent."""

from functools import cache
from importlib import resources

from fluent.runtime import FluentBundle, FluentResource

DEFAULT = "en-US"


class Words:
    """The texts of one language: `words("card-title", family=…)`."""

    def __init__(self, locale: str) -> None:
        self._bundle = FluentBundle([locale], use_isolating=False)  # isolation marks would break links and mentions
        for file in (resources.files("cogs") / "locales" / locale).iterdir():
            if file.name.endswith(".ftl"):
                self._bundle.add_resource(FluentResource(file.read_text("utf-8")))

    def __call__(self, name: str, /, **values: str | int) -> str:
        """One text. A missing text or placeholder is a fault of this project: KeyError."""
        message = self._bundle.get_message(name) if self._bundle.has_message(name) else None
        if message is None or message.value is None:
            raise KeyError(f"no text {name!r}")
        text, faults = self._bundle.format_pattern(message.value, values)
        if faults:
            raise KeyError(f"text {name!r}: {faults[0]}")
        return str(text)

    def has(self, name: str) -> bool:
        """Whether there is such a text."""
        return self._bundle.has_message(name)


@cache
def words(locale: str = DEFAULT) -> Words:
    """The words of a language, read once."""
    return Words(locale)
