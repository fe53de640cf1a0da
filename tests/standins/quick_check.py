"""Whether something fits a JSON Schema, without saying why not: a tenth of the time that a whole validator takes.

`QuickCheck.fits` answers True only where a validator finds no fault. False means "perhaps not": what it does not know counts
as that, and then a validator has the word. Each part of the schema becomes one function, once.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from tests.standins.shapes import Json, JsonObject

Check = Callable[[Json], bool]

_IGNORED = frozenset(
    {
        "contentEncoding",
        "title",
        "description",
        "format",
        "default",
        "deprecated",
        "example",
        "examples",
        "discriminator",
    }
)
_TYPES: Mapping[str, Check] = {
    "null": lambda it: it is None,
    "object": lambda it: isinstance(it, dict),
    "array": lambda it: isinstance(it, list),
    "string": lambda it: isinstance(it, str),
    "boolean": lambda it: isinstance(it, bool),
    "integer": lambda it: isinstance(it, int) and not isinstance(it, bool),
    "number": lambda it: isinstance(it, int | float) and not isinstance(it, bool),
}


class QuickCheck:
    """The schemas of one document."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._checks: dict[int, Check] = {}  # by the id of the schema, which the document keeps

    def fits(self, pointer: str, instance: Json) -> bool:
        """Whether it fits the schema at this place of the document: `#/components/…`."""
        return self._of(self._at(pointer))(instance)

    def _at(self, pointer: str) -> Any:
        found: Any = self._document
        for part in pointer.removeprefix("#/").split("/"):
            found = found[unquote(part).replace("~1", "/").replace("~0", "~")]
        return found

    def _of(self, schema: Any) -> Check:
        if isinstance(schema, bool):
            return lambda _: schema
        key = id(schema)
        if key not in self._checks:
            self._checks[key] = lambda it: self._checks[key](it)  # noqa: PLW0108 - it may contain itself, and is not yet made
            parts = [self._part(name, value, schema) for name, value in schema.items() if not _ignored(name)]
            self._checks[key] = lambda it: all(part(it) for part in parts)
        return self._checks[key]

    def _part(self, name: str, value: Any, schema: JsonObject) -> Check:
        """What one keyword asks for."""
        match name:
            case "$ref":
                pointer = str(value)
                return lambda it: self.fits(pointer, it)
            case "type":
                kinds = [_TYPES[kind] for kind in ([value] if isinstance(value, str) else value)]
                return lambda it: any(kind(it) for kind in kinds)
            case "oneOf" | "anyOf":  # of Discord's unions, whatever fits one part is right
                some = [self._of(part) for part in value]
                return lambda it: any(part(it) for part in some)
            case "allOf":
                every = [self._of(part) for part in value]
                return lambda it: all(part(it) for part in every)
            case "enum" | "const":
                values = [value] if name == "const" else value
                return lambda it: any(type(one) is type(it) and one == it for one in values)
            case "properties" | "required" | "additionalProperties":
                return self._of_objects(name, value, schema)
            case "items":
                item = self._of(value)
                return lambda it: not isinstance(it, list) or all(item(one) for one in it)
            case _:
                return _bound(name, value)

    def _of_objects(self, name: str, value: Any, schema: JsonObject) -> Check:
        if name == "required":
            return lambda it: not isinstance(it, dict) or all(key in it for key in value)
        if name == "properties":
            known = {key: self._of(part) for key, part in value.items()}
            return lambda it: not isinstance(it, dict) or all(known[key](it[key]) for key in it if key in known)
        if "patternProperties" in schema:
            return lambda _: False
        named, others = schema.get("properties") or {}, self._of(value)
        return lambda it: not isinstance(it, dict) or all(others(it[key]) for key in it if key not in named)


def _ignored(name: str) -> bool:
    return name in _IGNORED or name.startswith("x-")


def _bound(name: str, value: Any) -> Check:
    """A bound of a text, a list or a number; of nothing else."""
    match name:
        case "minLength":
            return lambda it: not isinstance(it, str) or len(it) >= value
        case "maxLength":
            return lambda it: not isinstance(it, str) or len(it) <= value
        case "pattern":
            pattern = re.compile(value)
            return lambda it: not isinstance(it, str) or bool(pattern.search(it))
        case "minItems":
            return lambda it: not isinstance(it, list) or len(it) >= value
        case "maxItems":
            return lambda it: not isinstance(it, list) or len(it) <= value
        case "uniqueItems":
            return lambda it: (
                not isinstance(it, list) or len({json.dumps(one, sort_keys=True) for one in it}) == len(it)
            )
        case "maxProperties":
            return lambda it: not isinstance(it, dict) or len(it) <= value
        case "minimum":
            return lambda it: not _TYPES["number"](it) or it >= value
        case "maximum":
            return lambda it: not _TYPES["number"](it) or it <= value
        case _:
            return lambda _: False
