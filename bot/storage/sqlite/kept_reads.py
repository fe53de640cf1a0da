"""What was read of seldom written tables, kept until one of them is written.

Each value is of the last commit: a read that began before a commit of its tables is not kept.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")
MOST = 2_000  # values of the same tables; the oldest is dropped first


class KeptReads:
    """Values by the tables that they were read from, and a key. For one thread: the reader and the writer have their own."""

    def __init__(self) -> None:
        self._kept: dict[frozenset[str], dict[Hashable, Any]] = {}
        self._drops = 0

    async def get(self, tables: frozenset[str], key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """Return the value of a key, read now if it is not kept."""
        kept = self._kept.setdefault(tables, {})
        if key in kept:
            return cast(T, kept[key])
        drops = self._drops
        value = await read()
        if drops == self._drops:
            if len(kept) >= MOST:
                kept.pop(next(iter(kept)))
            kept[key] = value
        return value

    def drop(self, written: Collection[str]) -> None:
        """Forget what was read of these tables. Call it after each commit, before anybody is told of it."""
        for tables, kept in self._kept.items():
            if not tables.isdisjoint(written):
                self._drops += 1
                kept.clear()

    def drop_all(self) -> None:
        """Forget everything."""
        self._drops += 1
        self._kept.clear()
