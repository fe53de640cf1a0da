"""Project Fluent's texts in little memory: each is kept as its words, placeholders and choices.

The files are read by Fluent's own parser; its runtime is left out, because with the numbers of all languages in the world
that one takes ten megabytes. What the texts of this project do not use (terms, attributes, functions) is refused when a
file is read. Of whatever remains, a test compares every text with what Fluent's runtime makes of it.
"""

from collections.abc import Callable, Iterator, Mapping
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

from fluent.syntax import FluentParser, ast

# The category of a number, by Unicode's rules for cardinal numbers; a further language needs a line here.
_PLURALS: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {"en-US": lambda number: "one" if abs(number) == 1 else "other", "zh-CN": lambda _: "other"}
)


class Placeholder(NamedTuple):
    """A value of this name."""

    name: str


class Reference(NamedTuple):
    """Another text."""

    name: str


class Choice(NamedTuple):
    """One of several patterns, by a value: by the number or word itself, else by the number's category."""

    by: str
    variants: Mapping[str | int, "Pattern"]
    default: "Pattern"


Pattern = tuple[str | Placeholder | Reference | Choice, ...]
Texts = Mapping[str, Pattern]


def read_file(text: str) -> dict[str, Pattern]:
    """Return the texts of a file by name. Raises ValueError for what is no text, or is not supported here."""
    parser = FluentParser(with_spans=False)
    return {name: _pattern(value) for name, value in _messages(parser.parse(text))}


def text_of(texts: Texts, name: str, values: Mapping[str, str | int], locale: str) -> str:
    """Return one text with its values. Raises KeyError for a missing text or value."""
    if name not in texts:
        raise KeyError(f"no text {name!r}")
    try:
        return "".join(_shown(texts, texts[name], values, locale))
    except KeyError as error:
        raise KeyError(f"text {name!r}: {error.args[0]} is missing") from None


def _messages(resource: ast.Resource) -> Iterator[tuple[str, ast.Pattern]]:
    for entry in resource.body:
        if isinstance(entry, ast.Message) and entry.value and not entry.attributes:
            yield _name(entry.id), entry.value
        elif not isinstance(entry, ast.BaseComment):
            raise ValueError(f"not supported: {entry.to_json()}")


def _pattern(pattern: ast.Pattern) -> Pattern:
    return tuple(_part(element) for element in pattern.elements)


def _part(element: Any) -> str | Placeholder | Reference | Choice:
    match element:
        case ast.TextElement(value=words):
            return str(words)
        case ast.Placeable(expression=inner):
            return _part(inner)
        case ast.StringLiteral():
            return str(element.parse()["value"])
        case ast.VariableReference(id=identifier):
            return Placeholder(_name(identifier))
        case ast.MessageReference(id=identifier, attribute=None):
            return Reference(_name(identifier))
        case ast.SelectExpression(selector=ast.VariableReference(id=identifier), variants=variants):
            patterns = {_key(variant.key): _pattern(variant.value) for variant in variants}
            [default] = [_pattern(variant.value) for variant in variants if variant.default]
            return Choice(_name(identifier), MappingProxyType(patterns), default)
        case _:
            raise ValueError(f"not supported: {element.to_json()}")


def _key(key: ast.Identifier | ast.NumberLiteral) -> str | int:
    return int(key.value) if isinstance(key, ast.NumberLiteral) else _name(key)


def _name(identifier: ast.Identifier) -> str:
    """Return a name, the same string wherever it occurs: Fluent's parser makes one for each, 0.2 MB in all."""
    return intern(str(identifier.name))


def _shown(texts: Texts, pattern: Pattern, values: Mapping[str, str | int], locale: str) -> Iterator[str]:
    for part in pattern:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Placeholder):
            value = values[part.name]
            yield value if isinstance(value, str) else f"{value:,}"  # both languages group digits by a comma
        elif isinstance(part, Reference):
            yield from _shown(texts, texts[part.name], values, locale)
        else:
            value = values[part.by]
            category = value if isinstance(value, str) else _PLURALS[locale](value)
            chosen = part.variants.get(value) or part.variants.get(category) or part.default
            yield from _shown(texts, chosen, values, locale)
