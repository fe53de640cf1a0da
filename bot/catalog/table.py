"""A table of the models file, read key by key: each value is checked, and a fault knows its place in the file."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T")
D = TypeVar("D")
Path = tuple[str | int, ...]
Keys = Mapping[str, "Keys | None"]  # those that a table may have; with their own, where the value is tables too


class Fault(Exception):
    """A value that cannot be used. path: its place, as the keys and numbers that lead to it."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(why)
        self.path = path
        self.why = why


class Table:
    """The values of one table. path: its own place."""

    def __init__(self, given: object, path: Path = ()) -> None:
        if not isinstance(given, dict):
            raise Fault(path, "is a table of keys and values")
        self._given = cast("Mapping[str, object]", given)
        self._path = path

    def needed(self, key: str, read: Callable[[Any], T]) -> T:
        """Return the value of a key as `read` makes it. Raises Fault where it is missing, or `read` raises ValueError."""
        if key not in self._given:
            raise Fault((*self._path, key), "must be given")
        return self.checked(key, lambda: read(self._given[key]))

    def given(self, key: str, read: Callable[[Any], T], default: D) -> T | D:
        """Return the same for a key that may be missing."""
        return self.needed(key, read) if key in self._given else default

    def checked(self, key: str, check: Callable[[], T]) -> T:
        """Return what `check` returns. A ValueError that it raises is a Fault of this key."""
        try:
            return check()
        except ValueError as error:
            raise Fault((*self._path, key), str(error)) from error

    def table(self, key: str) -> "Table | None":
        """Return the table at a key, if there is one."""
        return Table(self._given[key], (*self._path, key)) if key in self._given else None

    def tables(self, key: str) -> list["Table"]:
        """Return the tables at a key: at least one."""
        return [Table(one, (*self._path, key, number)) for number, one in enumerate(self.needed(key, _not_empty))]


def unknown(value: object, keys: Keys, path: Path = ()) -> Iterator[Fault]:
    """Yield a fault for each key that no table may have, at any depth."""
    if isinstance(value, dict):
        for key, inside in cast("Mapping[str, object]", value).items():
            if key not in keys:
                yield Fault((*path, key), "there is no such key")
            elif further := keys[key]:
                yield from unknown(inside, further, (*path, key))
    elif isinstance(value, list):
        for number, inside in enumerate(cast("list[object]", value)):
            yield from unknown(inside, keys, (*path, number))


def _not_empty(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise ValueError("is at least one table, under a heading in double brackets")
    return cast("list[object]", value)
