"""Parses JSON as gateways really send it: cut short, twice in a row, after a prefix, in broken UTF-8, with Python's
quotes.

Promised: no bytes and no text make anything here raise. Numbers keep every digit. Incomplete JSON is told apart from
whole JSON. A proxy's web page counts as holding no JSON, whatever its scripts contain.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import cast

_LONGEST_NUMBER = 4000  # digits; Python refuses to convert more than 4,300
_STARTS = 64  # positions in a text that are tried
_MOST = 16  # documents that are read
_LENIENT = 1024 * 1024
_DEEPEST = 64
_PAGE = re.compile(r"<(?:!doctype|!--|html|head|body|script|\?xml)", re.IGNORECASE)
_START = re.compile(r"[{\[]")
_BLANK = "\ufeff \t\r\n"


class Exact(float):
    """A JSON number with a point or an exponent, and its original spelling: an id may be written like that."""

    text: str

    @classmethod
    def of(cls, text: str) -> "Exact":
        """Return the number that `text` spells."""
        number = cls(text)
        number.text = text
        return number

    @property
    def whole(self) -> int | None:
        """Return the exact whole number, or None if it is not one."""
        try:
            exact = Decimal(self.text)
            return int(exact) if exact.adjusted() < 512 and exact == exact.to_integral_value() else None
        except (InvalidOperation, ValueError, OverflowError):
            return None


def _whole_number(text: str) -> int | None:
    return int(text) if len(text) <= _LONGEST_NUMBER else None


_DECODER = json.JSONDecoder(strict=False, parse_int=_whole_number, parse_float=Exact.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """The JSON values in a body. clean: one whole document and nothing else; partial: the last one was cut short."""

    values: tuple[object, ...] = ()
    clean: bool = False
    partial: bool = False


def decoded(raw: bytes) -> str:
    """Decode a body: UTF-8, -16 or -32, recognised as JSON defines it; broken bytes are replaced."""
    return raw.decode(json.detect_encoding(raw[:4]), "replace")


def parse(raw: bytes | str) -> object:
    """Return the parsed JSON, or None for anything but exactly one JSON document (as for JSON's own null)."""
    text = (raw if isinstance(raw, str) else decoded(raw)).strip(_BLANK)
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):  # malformed text, or nesting too deep
        return None


def documents(raw: bytes | str) -> Documents:
    """Return every JSON object and list in a body, in order."""
    text = (raw if isinstance(raw, str) else decoded(raw)).strip(_BLANK)
    whole = parse(text)
    if whole is not None:
        return Documents(values=(whole,), clean=True)
    return Documents() if _PAGE.match(text) else _scan(text)


def first_object(text: str) -> object:
    """Return the first JSON object in a sentence, also if Python has printed it; None without one."""
    brace = text.find("{")
    if brace < 0:
        return None
    found = _scan(text[brace:], most=1)
    return found.values[0] if found.values and not found.partial else None


def _scan(text: str, *, most: int = _MOST) -> Documents:
    found: list[object] = []
    at = 0
    for _ in range(_STARTS):
        start = _START.search(text, at)
        if start is None or len(found) >= most:
            break
        try:
            value, at = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            value, length, whole = lenient(text[start.start() : start.start() + _LENIENT])
            if not value:  # a brace in some text: JSON may still follow
                at = start.end()
                continue
            found.append(value)
            if not whole:  # what is inside is a part of it, not a document of its own
                return Documents(values=tuple(found), partial=True)
            at = start.start() + length
            continue
        if isinstance(value, dict | list):
            found.append(cast("object", value))
    return Documents(values=tuple(found))


# ---- lenient parsing

_TOKEN = re.compile(
    r"\s*(?:(?P<open>[{\[])|(?P<close>[}\]])|(?P<colon>:)|(?P<comma>,)"
    r'|"(?P<double>(?:[^"\\]|\\.)*)"|\'(?P<single>(?:[^\'\\]|\\.)*)\'|(?P<word>[A-Za-z0-9_.+-]+))',
    re.DOTALL,
)
_CONSTANTS: Mapping[str, bool | None] = MappingProxyType(
    {
        **dict.fromkeys(("null", "None", "undefined", "NaN", "nil")),
        **dict.fromkeys(("true", "True"), True),
        **dict.fromkeys(("false", "False"), False),
    }
)
_NOTHING = object()


class _Builder:
    """Builds values from tokens. A member counts only once a comma or a bracket has ended it."""

    def __init__(self) -> None:
        self.root: object = None
        self.done = False
        self._stack: list[dict[str, object] | list[object]] = []
        self._keys: list[str | None] = []
        self._pending: object = _NOTHING

    def open(self, bracket: str) -> bool:
        """Begin a container. Returns False if none can begin here."""
        inside: dict[str, object] | list[object] = {} if bracket == "{" else []
        if self._pending is not _NOTHING or len(self._stack) >= _DEEPEST or not self._may_take():
            return False
        if self._stack:
            self._pending = inside
            self._attach()  # at once: if the text is cut, what it holds so far is kept
        else:
            self.root = inside
        self._stack.append(inside)
        self._keys.append(None)
        return True

    def close(self, bracket: str) -> bool:
        """End a container."""
        if not self._stack or isinstance(self._stack[-1], dict) is not (bracket == "}") or not self.end_member():
            return False
        self._stack.pop()
        self._keys.pop()
        self.done = not self._stack
        return True

    def value(self, value: object) -> bool:
        """Add a scalar."""
        if not self._stack or self._pending is not _NOTHING:
            return False
        self._pending = value
        return True

    def colon(self) -> bool:
        """Take the last value as a key."""
        if not self._stack or not isinstance(self._stack[-1], dict) or not isinstance(self._pending, str):
            return False
        if self._keys[-1] is not None:
            return False
        self._keys[-1], self._pending = self._pending, _NOTHING
        return True

    def end_member(self) -> bool:
        """End a member. A container in it is already attached."""
        if self._pending is _NOTHING:
            return bool(self._stack) and self._keys[-1] is None
        return self._may_take() and self._attach()

    def _may_take(self) -> bool:
        return not self._stack or isinstance(self._stack[-1], list) or self._keys[-1] is not None

    def _attach(self) -> bool:
        holder, key = self._stack[-1], self._keys[-1]
        if isinstance(holder, list):
            holder.append(self._pending)
        elif key is not None:
            holder[key] = self._pending
        self._keys[-1], self._pending = None, _NOTHING
        return True


def lenient(text: str) -> tuple[object, int, bool]:
    """Return the value that a text begins with, as far as it goes; how many characters it took; and whether it is
    whole.
    """
    builder = _Builder()
    at = 0
    while not builder.done and (token := _TOKEN.match(text, at)) is not None:
        kind = token.lastgroup or ""
        if not _TAKE[kind](builder, token[kind]):
            break
        at = token.end()
    return builder.root, at, builder.done


def _unescaped(text: str, quote: str) -> str:
    inside = text if quote == '"' else text.replace("\\'", "'").replace('"', '\\"')
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:
        return text


def _word(builder: _Builder, word: str) -> bool:
    if word in _CONSTANTS:
        return builder.value(_CONSTANTS[word])
    try:
        return builder.value(_whole_number(word) if word.lstrip("-").isdigit() else Exact.of(word))
    except ValueError:
        return False


_TAKE: dict[str, Callable[[_Builder, str], bool]] = {
    "open": lambda builder, bracket: builder.open(bracket),
    "close": lambda builder, bracket: builder.close(bracket),
    "colon": lambda builder, _: builder.colon(),
    "comma": lambda builder, _: builder.end_member(),
    "double": lambda builder, text: builder.value(_unescaped(text, '"')),
    "single": lambda builder, text: builder.value(_unescaped(text, "'")),
    "word": _word,
}
