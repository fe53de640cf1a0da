"""What the queries ask of a database, whichever engine it is: reads, and writes that are whole transactions.

The SQL is one set, in PostgreSQL's words, with `?` or `:name` for values. What an engine lacks is put into its own words by
its adapter (`bot.storage.sqlite`, `bot.storage.postgres`): SQLite gets `max` for `greatest` and `min` for `least`, and no
`FOR UPDATE`, because its one writer needs none. Neither of the two functions is given a NULL: there the engines differ.

A `work` awaits nothing but its statements and has no other effect, because it may run again: after a lock, a deadlock or a
lost connection. Nothing of a run that is not the last one stays.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from bot.domain.errors import StoreUnavailable
from bot.ports.database.processes.registry import Signals

T = TypeVar("T")
Values = Sequence[Any] | Mapping[str, Any]


class Row(Protocol):
    """One row: its columns by name or by number, and in order."""

    def __getitem__(self, key: int | str, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def keys(self) -> list[str]:
        """Return the names of the columns."""
        ...


Read = Callable[[str, Values], Awaitable[list[Row]]]  # all rows of one statement, inside or outside a transaction


class Writing(Protocol):
    """The statements of one transaction."""

    @property
    def history(self) -> str | None:
        """What the server calls the history that it writes: another one once it has lost commits. None for a file."""
        ...

    async def execute(self, sql: str, values: Values = ()) -> None:
        """Run one statement for its effect."""

    async def executemany(self, sql: str, rows: Iterable[Values]) -> None:
        """Run one statement for each row of values."""

    async def fetch(self, sql: str, values: Values = ()) -> list[Row]:
        """Return all rows of one statement."""
        ...

    async def kept(self, tables: frozenset[str], key: Hashable, work: Callable[[Read], Awaitable[T]]) -> T:
        """Return what `work` reads of these tables now; the engine may keep it, as `Database.kept`."""
        ...

    async def lock(self, *names: str) -> None:
        """Wait until no other transaction holds one of these names, and hold them until this one ends.

        They are taken in the order given. Every transaction that takes several names takes them in the same order, or two
        may wait for each other. SQLite has one writer, so that there is nothing to wait for.
        """


Work = Callable[[Writing], Awaitable[T]]


class Database(Protocol):
    """An open database.

    Its SQL may say `clock_ms(:now)`: the database's own time, or `now` where its clock is this machine's.
    """

    shared: bool
    """Whether several processes may use it at once."""
    watch: Callable[[StoreUnavailable | None], None] | None
    """Is told what a write or a read failed of, and None for every write that is on the disk."""

    async def read(self, sql: str, values: Values = ()) -> list[Row]:
        """Return rows as last committed; never waits for a write. Raises StoreUnavailable."""
        ...

    async def reading(self, work: Callable[[Read], Awaitable[T]]) -> T:
        """Run several reads of one committed state, as `read` does. `work` awaits nothing but its reads."""
        ...

    async def kept(self, tables: frozenset[str], key: Hashable, work: Callable[[Read], Awaitable[T]]) -> T:
        """Return what `work` reads of these tables, as `reading` does; the engine may keep it until one of them is written.

        key: tells it from all else that is read of these tables.
        """
        ...

    async def read_apart(self, sql: str, values: Values = ()) -> list[Row]:
        """Read as `read` does, on a connection of its own: for a long query that must not delay others.

        If the caller is cancelled, or the database is closed, the query is interrupted.
        """
        ...

    async def write(self, work: Callable[[Writing], Awaitable[T]]) -> T:
        """Run `work` in one transaction. When this returns, it is on the disk.

        When it raises, nothing happened, except where StoreUnavailable says that this is not known. A cancelled caller
        does not cancel the transaction: it ends by itself, either way. Raises StoreUnavailable, which passes and is no bug.
        """
        ...

    def signals(self, sender: str, heard: Callable[[Collection[str]], None]) -> Signals | None:
        """Return the wake signals between processes; None where there is one process alone.

        sender: this process, which does not hear itself. heard: is called with the kinds of work that another has left.
        """
        ...

    async def scrub(self) -> None:
        """Remove deleted text from the engine's own files as far as it can be asked to; never waits for long."""

    async def trim(self) -> int:
        """Shrink the engine's own log where a long read let it grow; returns how many bytes it takes. It never delays a write.

        0 where the engine keeps no log of its own.
        """
        ...

    async def close(self) -> None:
        """Wait for writes in progress, then close everything, even if the caller is cancelled meanwhile."""


async def fetch(writing: Writing, sql: str, values: Values = ()) -> list[Row]:
    """Return all rows of one statement of a transaction."""
    return await writing.fetch(sql, values)


def reading(writing: Writing) -> Read:
    """Return a function that reads inside a transaction."""
    return partial(fetch, writing)
