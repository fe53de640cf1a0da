"""A server's styles: named texts that are added to the prompt that is sent, not to the one that is shown."""

import unicodedata
from dataclasses import dataclass, field

MOST_STYLES = 100  # in one server
LONGEST_NAME = 32
LONGEST_TEXT = 500
NO_STYLE = frozenset({"none", "off", "无"})  # what a reply says to go on without one; no style has such a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A style: its name as its author wrote it, and the text that it adds."""

    name: str
    text: str = field(repr=False)


def key_of(name: str) -> str:
    """The form of a name in which two names are the same, whatever their case, width and spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def with_style(prompt: str, style: Style | None) -> str:
    """The prompt that is sent: the text of a style follows it on a line of its own."""
    return f"{prompt}\n{style.text}" if style else prompt
