"""The places in the body of a request that a row of the models file gives to its fields, as in `seed = "extra_body.seed"`."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from bot.domain.provider import OWN_FIELDS, Extra, Format
from bot.system.plain_values import text

FIXED_SOUND = ("always", "never")
_ANY_OWN = frozenset[str]().union(*OWN_FIELDS.values(), {"size"})
_PLACE = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*){0,2}", re.ASCII)


class Places:
    """The places of one row: no two fields have the same. sized: whether the row has sizes, which are a field too."""

    def __init__(self, form: Format, *, sized: bool) -> None:
        self._format = form
        self._sized = sized
        self._taken: list[str] = []

    def of_sound(self, value: object) -> str:
        """Take the place of the sound, unless the model decides it by itself."""
        return text(value) if value in FIXED_SOUND else self.take(value)

    def take(self, value: object) -> str:
        """Take a place. Raises ValueError where it is none, or something else has it."""
        place = text(value)
        if not _PLACE.fullmatch(place):
            raise ValueError("is the name of a field, or its path as in extra_body.seed")
        if self._format is not Format.OPENAI and place in _ANY_OWN:
            raise ValueError(f"{place} is a field for something else")
        self._check_free(place, self._taken)
        self._taken.append(place)
        return place

    def constants(self, value: object) -> dict[str, Any]:
        """Check the constants of a row."""
        if not isinstance(value, dict):
            raise ValueError("is a table of constants")
        extra = cast("dict[str, Any]", value)
        for place, constant in _leaves(extra):
            finite = not isinstance(constant, float) or math.isfinite(constant)
            if not _PLACE.fullmatch(place) or not isinstance(constant, str | int | float | bool) or not finite:
                raise ValueError("has texts, numbers, true or false, under plain names, two levels deep at most")
            self._check_free(place, self._taken)
        return extra

    def _check_free(self, place: str, taken: Sequence[str]) -> None:
        """Raise ValueError where a field has this place already."""
        if self._format is Format.OPENAI:
            raise ValueError("the openai format has no place for it")
        first = place.split(".")[0]
        if first in OWN_FIELDS.get(self._format, frozenset[str]()) or (first == "size" and self._sized):
            raise ValueError(f"{place} is a field of the {self._format} format itself")
        for other in taken:
            if f"{other}.".startswith(f"{place}.") or f"{place}.".startswith(f"{other}."):
                raise ValueError(f"{place} is used already")


def _leaves(fields: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Extra]]:
    """Yield each value with its place."""
    for name, value in fields.items():
        place = f"{above}.{name}" if above else name
        if isinstance(value, dict) and value:
            yield from _leaves(cast("dict[str, Any]", value), place)
        else:
            yield place, value
