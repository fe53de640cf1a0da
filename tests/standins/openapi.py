"""Whether what the bot sent is what Discord's own API description allows.

`Description.violations` checks one exchange: a known path and method, known query parameters, path parameters of the
right form, and the body against its schema (JSON Schema 2020-12; for a form, its `payload_json`). Each violation is
one readable line that begins with the place of the field. `answer_violations` does the same for what was answered.

Before the check, exactly the ids that discord.py sends as numbers although the description has strings become
strings: `allowed_mentions.users` and `.roles`, `attachments[].id` and the ids of `message_reference`.

A union in the description is a `oneOf` of dozens of parts. The check looks at what can be meant at all, by JSON type
and by the value of `type`, so that what is reported is the fault inside the component, not that no part fits.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (jsonschema brings no types)

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.standins.shapes import Json, JsonObject, is_object, objects

VARIABLE = "DISCORD_OPENAPI_SPEC"

_URI = "urn:discord"
_FILES = re.compile(r"^/(attachments|ephemeral-attachments)/")
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


class Asked(Protocol):
    """What is checked: an exchange of the journal."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> Json: ...
    @property
    def status(self) -> int | None: ...
    @property
    def response(self) -> Json: ...


class _Errors(Protocol):
    """The part of a jsonschema validator that is used here."""

    def iter_errors(self, instance: Json, /) -> Iterable[ValidationError]: ...
    def descend(self, instance: Json, schema: Json, /) -> Iterable[ValidationError]: ...


class Description:
    """The API description, with one compiled validator for each place in it that was asked for."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        resource = DRAFT202012.create_resource(document)
        self._registry = Registry[Json]().with_resource(_URI, resource)
        self._validators: dict[str, _Errors] = {}
        self._seen: dict[tuple[str, str], list[str]] = {}
        self._below: dict[int, _Errors] = {}
        self._kind = validators.extend(
            Draft202012Validator, {"oneOf": self._union, "anyOf": self._union, "$ref": self._referred}
        )
        self._kind.descend = self._descend
        self._paths = [(_pattern(template), template) for template in sorted(document["paths"], key=_openness)]

    def violations(self, asked: Asked) -> list[str]:
        """What is wrong with a request; nothing for files of the CDN."""
        if _FILES.match(asked.path):
            return []
        return [f"{asked.method} {asked.path}: {fault}" for fault in self._faults(asked)]

    def answer_violations(self, asked: Asked) -> list[str]:
        """What is wrong with a successful answer."""
        found = self._operation(asked)
        if found is None or asked.status is None or asked.status >= 300 or asked.response is None:
            return []
        _, pointer, operation = found
        if str(asked.status) not in operation["responses"]:
            return [f"{asked.method} {asked.path}: no answer {asked.status} is described"]
        place = f"{pointer}/responses/{asked.status}/content/application~1json/schema"
        return [f"{asked.method} {asked.path}: {fault}" for fault in self._check(place, asked.response)]

    def _operation(self, asked: Asked) -> tuple[re.Match[str], str, JsonObject] | None:
        for pattern, template in self._paths:
            match, method = pattern.fullmatch(asked.path), asked.method.lower()
            if match and method in self._document["paths"][template]:
                pointer = f"#/paths/{template.replace('/', '~1')}/{method}".replace("{", "%7B").replace("}", "%7D")
                return match, pointer, self._document["paths"][template][method] | {"_template": template}
        return None

    def _faults(self, asked: Asked) -> Iterator[str]:
        found = self._operation(asked)
        if found is None:
            yield "no such path and method"
            return
        match, pointer, operation = found
        whole = self._document["paths"][operation["_template"]]
        parameters = objects(whole.get("parameters")) + objects(operation.get("parameters"))
        for parameter in parameters:
            if parameter["in"] == "path":
                name = str(parameter["name"])
                value = match.groupdict()[name]
                yield from (f"{name}: {fault}" for fault in self._inline(parameter["schema"], value))
        known = {str(parameter["name"]) for parameter in parameters if parameter["in"] == "query"}
        yield from (f"?{name}: no such query parameter" for name in asked.query if name not in known)
        body = operation.get("requestBody")
        if body is None:
            if asked.body is not None:
                yield "a body where none is described"
        elif asked.body is None:
            if body.get("required"):
                yield "no body"
        else:
            yield from self._check(f"{pointer}/requestBody/content/application~1json/schema", asked.body)

    def _check(self, place: str, instance: Json) -> list[str]:
        key = place, json.dumps(instance)
        if key not in self._seen:  # every bot syncs the same commands
            if place not in self._validators:
                self._validators[place] = self._compiled({"$ref": f"{_URI}{place}"})
            self._seen[key] = [_readable(error) for error in self._validators[place].iter_errors(instance)]
        return self._seen[key]

    def _inline(self, schema: JsonObject, instance: Json) -> list[str]:
        key = json.dumps(schema)
        if key not in self._validators:
            absolute = json.loads(key.replace('"#/', f'"{_URI}#/'))
            self._validators[key] = self._compiled(absolute)
        return [_readable(error) for error in self._validators[key].iter_errors(instance)]

    def _compiled(self, schema: JsonObject | bool) -> _Errors:
        return cast("_Errors", self._kind(schema, registry=self._registry))

    def _descend(
        self,
        instance: Json,
        schema: JsonObject | bool,
        path: str | int | None = None,
        schema_path: str | int | None = None,
    ) -> Iterator[ValidationError]:
        """What a validator does with a part of its schema; jsonschema itself makes a new one for each part of each instance."""
        if id(schema) not in self._below:  # the validator keeps its schema, and with it the id
            self._below[id(schema)] = self._compiled(schema)
        for error in self._below[id(schema)].iter_errors(instance):
            if path is not None:
                error.path.appendleft(path)
            if schema_path is not None:
                error.schema_path.appendleft(schema_path)
            yield error

    def _referred(self, _: _Errors, pointer: str, instance: Json, __: JsonObject) -> Iterator[ValidationError]:
        if pointer not in self._validators:
            self._validators[pointer] = self._compiled(self._registry.resolver(_URI).lookup(pointer).contents)
        yield from self._validators[pointer].iter_errors(instance)

    def _resolved(self, schema: JsonObject) -> JsonObject:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][str(schema["$ref"]).rsplit("/", 1)[1]]
        return schema

    def _union(
        self, validator: _Errors, parts: list[JsonObject], instance: Json, _: JsonObject
    ) -> Iterator[ValidationError]:
        """`oneOf` and `anyOf`: only the parts that can be meant; the faults of the one that is."""
        constants = [part["const"] for part in parts if "const" in part]
        if len(constants) == len(parts):
            if instance not in constants:
                yield ValidationError(f"{_short(instance)} is none of {', '.join(map(_short, constants))}")
            return
        meant = [part for part in parts if self._can_mean(self._resolved(part), instance)]
        if len(meant) == 1:
            yield from validator.descend(instance, meant[0])
            return
        context: list[ValidationError] = []
        for part in meant:
            errors = list(validator.descend(instance, part))
            if not errors:
                return
            context += errors
        kind = f"type {instance.get('type')!r} " if is_object(instance) else ""
        yield ValidationError(f"{kind}{_short(instance)} fits none of the {len(parts)} forms", context=context)

    def _can_mean(self, schema: JsonObject, instance: Json) -> bool:
        names = schema.get("type")
        if names is not None:
            kinds = [kind for name in ([names] if isinstance(names, str) else names) for kind in _JSON_TYPES[name]]
            if not isinstance(instance, tuple(kinds)) or (isinstance(instance, bool) and bool not in kinds):
                return False
        given = cast("JsonObject", instance if is_object(instance) else {})
        properties: JsonObject = schema.get("properties") or {}
        allowed: list[Json] | None = properties.get("type", {}).get("enum")
        return allowed is None or "type" not in given or given["type"] in allowed


def openapi_spec() -> Description | None:
    """The description that the environment names, or None: then the check is left out, and the test says so."""
    path = os.environ.get(VARIABLE)
    return _read(Path(path)) if path else None


@cache
def _read(path: Path) -> Description:
    return Description(json.loads(path.read_text(encoding="utf-8")))


def _openness(template: str) -> int:
    return template.count("{")


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _readable(error: ValidationError) -> str:
    """One line: the field, then what is wrong with it."""
    deepest = error
    while deepest.context:
        deepest = max(deepest.context, key=lambda inner: len(inner.absolute_path))
    text = deepest.message if len(deepest.message) <= 240 else f"{deepest.message[:120]} ... {deepest.message[-110:]}"
    place = ".".join(str(part) for part in deepest.absolute_path)
    return f"{place or 'body'}: {text}"
