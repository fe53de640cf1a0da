"""Names for JSON: what is inside is whatever the other side sent."""

from typing import Any, TypeAlias, cast

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


def is_object(value: Json) -> bool:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def objects(value: Json) -> list[JsonObject]:
    """A list that may be missing, or null, as a list."""
    return list(value or [])


def as_list(value: Json) -> list[Json]:
    """A list as it is; anything else as the only entry of one."""
    return cast("list[Json]", value) if isinstance(value, list) else [value]
