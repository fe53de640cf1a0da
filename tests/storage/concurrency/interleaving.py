"""Two processes on one database, of which one stops after any of its statements while the other goes as far as it can.

That finds what a missing lock allows, whatever the speed of the machine: nothing here waits for a time. A lock can be left out
by its site, so that a test can show what it is for.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar, cast

import bot.storage
from bot.storage.database import Database, Read, Row, Values, Work, Writing
from bot.storage.postgres.connection import Connection
from bot.storage.quota.ledger_audit import audit
from bot.storage.store import SqlStore
from tests.storage.life import Life
from tests.storage.postgres.server import PostgresServer, empty

T = TypeVar("T")
Site = tuple[str, str]  # module.function, and which lock: guild, operator, submit, rows, skip, or state
_STORAGE = Path(bot.storage.__file__).parent
_HELPERS = {_STORAGE / name for name in ("locks.py", "database.py")}
_ENGINES = (_STORAGE / "sqlite", _STORAGE / "postgres")
_ROW_LOCK = re.compile(r"( ORDER BY id \|\| '')? FOR NO KEY UPDATE( OF \w+(, \w+)*)?( SKIP LOCKED)?")
LOOK_EVERY = 0.005  # seconds, whether a call waits for a lock: most have ended before
_STATE = " AND state = 'reserved' AND lease_owner IS NULL"  # a claim's condition, repeated on the row that it writes


@dataclass(slots=True, kw_only=True)
class Steps:
    """How far one call has come. stop: the statement after which it waits for `go`; None: it does not."""

    stop: int | None = None
    done: int = 0
    runs: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)


class SteppedWriting:
    """A transaction that stops where its steps say, without the locks that are left out."""

    def __init__(self, inner: Writing, database: "SteppedDatabase") -> None:
        self._inner = inner
        self._database = database
        self.history = inner.history

    async def execute(self, sql: str, values: Values = ()) -> None:
        await self._inner.execute(self._without(sql), values)
        await self._step()

    async def executemany(self, sql: str, rows: Iterable[Values]) -> None:
        for values in rows:
            await self.execute(sql, values)

    async def fetch(self, sql: str, values: Values = ()) -> list[Row]:
        found = await self._inner.fetch(self._without(sql), values)
        await self._step()
        return found

    async def kept(self, tables: frozenset[str], key: Hashable, work: Callable[[Read], Awaitable[T]]) -> T:
        return await work(self.fetch)

    async def lock(self, *names: str) -> None:
        for name in names:
            if self._database.meets(name.split(":")[0]):
                await self._inner.lock(name)
                await self._step()

    def _without(self, sql: str) -> str:
        if " SKIP LOCKED" in sql and not self._database.meets("skip"):
            sql = sql.replace(" SKIP LOCKED", "")
        if "FOR NO KEY UPDATE" in sql and not self._database.meets("rows"):
            sql = _ROW_LOCK.sub("", sql)
        if _STATE in sql and not self._database.meets("state"):
            sql = sql.replace(_STATE, "")
        return sql

    async def _step(self) -> None:
        steps = self._database.steps
        steps.done += 1
        if steps.done == steps.stop and steps.runs == 1:
            await self._inner.fetch("SELECT 1")  # whatever was only sent has been done
            steps.reached.set()
            await steps.go.wait()


class SteppedDatabase:
    """A database whose writes are stepped. met: the locks that were asked for. left_out: those that are not taken."""

    def __init__(self, inner: Database, met: set[Site], left_out: set[Site]) -> None:
        self._inner = inner
        self._met = met
        self._left_out = left_out
        self.steps = Steps()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def meets(self, what: str) -> bool:
        """Note a lock; returns whether it is to be taken."""
        site = _function(sys._getframe(2)), what
        self._met.add(site)
        return site not in self._left_out

    async def write(self, work: Work[T]) -> T:
        def stepped(writing: Writing) -> Awaitable[T]:
            self.steps.runs += 1
            return work(SteppedWriting(writing, self))

        before, self.steps.runs = self.steps.runs, 0
        try:
            return await self._inner.write(stepped)
        finally:
            self.steps.runs = max(before, self.steps.runs)


def _function(frame: FrameType | None) -> str:
    """Return the function of the store that has asked for a lock."""
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_STORAGE) and path not in _HELPERS and path.parent not in _ENGINES:
            name = frame.f_code.co_qualname.removesuffix(".<locals>.work").rpartition(".")[2]
            return f"{path.stem}.{name}"
        frame = frame.f_back
    raise AssertionError("no function of the store asks for this lock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two calls at once, and what holds afterwards. waits: the second may wait for the first."""

    one: Callable[[], Awaitable[Any]]
    other: Callable[[], Awaitable[Any]]
    check: Callable[[Any, Any], Awaitable[None] | None]
    waits: bool = True
    again: bool = False
    """One of them may run again: it has inserted the same as the other."""


class Bench:
    """Two stores on one database, as two processes have them, a third to prepare and look, and a monitor."""

    def __init__(self, one: SqlStore, other: SqlStore, plain: SqlStore, monitor: Connection) -> None:
        self.met: set[Site] = set()
        self.left_out: set[Site] = set()
        self._databases = [SteppedDatabase(store.db, self.met, self.left_out) for store in (one, other)]
        # The rest of a database's methods are those of the one inside.
        self.one, self.other = (SqlStore(cast(Database, database)) for database in self._databases)
        self.store = plain
        self.monitor = monitor
        self.life = Life(plain)

    async def run(self, prepare: "Scenario", *, every: bool) -> None:
        """Stop the first call of a scenario after each of its statements in turn; or only after some, ever farther apart."""
        for stop in range(1, 1_000) if every else SOME:
            await empty(self.monitor)
            self.life = Life(self.store)
            pair = await prepare(self)
            if not await self._meet(pair, stop):
                return

    async def _meet(self, pair: Pair, stop: int) -> bool:
        """Return whether the first call has so many statements."""
        mine, theirs = Steps(stop=stop), Steps()
        self._databases[0].steps, self._databases[1].steps = mine, theirs
        one = asyncio.ensure_future(_outcome(pair.one))
        reached = asyncio.ensure_future(mine.reached.wait())
        await asyncio.wait([one, reached], return_when=asyncio.FIRST_COMPLETED)
        other = asyncio.ensure_future(_outcome(pair.other))
        waited = False
        while not other.done() and not waited:
            await asyncio.wait([other], timeout=LOOK_EVERY)
            waited = not other.done() and await self._waiting()
        mine.go.set()
        came = mine.reached.is_set()
        reached.cancel()
        outcomes = await one, await other
        where = f"stopped after statement {stop}: {outcomes}"
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not type(outcome).__module__.startswith("bot.domain"):
                raise AssertionError(where) from outcome
        assert pair.waits or not waited, where
        assert pair.again or (mine.runs, theirs.runs) <= (1, 1), f"{where}; one had to run again"
        try:
            if checking := pair.check(*outcomes):
                await checking
        except AssertionError as error:
            raise AssertionError(where) from error
        assert await self.store.db.reading(audit) == [], where
        assert await self.store.db.reading(lambda read: read(MISCOUNTED, ())) == [], where
        return came

    async def close(self) -> None:
        for store in (self.one, self.other, self.store):
            await store.db.close()
        await self.monitor.close()

    async def _waiting(self) -> bool:
        """Return whether a transaction waits for another one's lock."""
        [[count]] = await (await self.monitor.execute(_WAITING)).fetchall()
        return bool(count)


Scenario = Callable[[Bench], Awaitable[Pair]]
SOME = (1, 2, 5, 13, 34)

_WAITING = b"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
# Members of whom the fair queue counts other jobs than they have.
MISCOUNTED = (
    "SELECT member_id FROM queue_member AS member WHERE waiting <> (SELECT count(*) FROM generation"
    " WHERE generation.member_id = member.member_id AND state = 'reserved')"
    " OR flying <> (SELECT count(*) FROM generation WHERE generation.member_id = member.member_id"
    " AND state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0)"
)


async def _outcome(call: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await call()
    except Exception as error:  # noqa: BLE001 - it is looked at with the result of the other call
        return error


async def open_bench(server: PostgresServer, address: str) -> Bench:
    one, other, plain = [await SqlStore.open(address) for _ in range(3)]
    return Bench(one, other, plain, await server.connect(address))
