"""One writer: a write is whole or absent, whoever is cancelled and whatever fails; readers see what is committed."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import NoneType
from typing import Any

import pytest

from bot.domain.quota.limits import Scope
from bot.storage.database import Read, Writing, fetch
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.process.database import Rows
from tests.storage.conftest import Opener
from tests.storage.everything import dump
from tests.storage.life import Life, terms
from tests.storage.sqlite_parts import sqlite

pytestmark = pytest.mark.sqlite_only(
    "SQLite has one writer; of PostgreSQL: postgres/test_lost_connections.py and concurrency"
)

OURS = "SELECT name, value FROM value WHERE name <> 'schema-checksums'"  # which a new database has


@asynccontextmanager
async def traced(store: SqlStore, handler: Callable[[str], None]) -> AsyncGenerator[None]:
    """Calls the handler with each statement of the writer, in its thread, just before it runs."""
    await sqlite(store)._writer.run(lambda connection: connection.set_trace_callback(handler))
    yield
    await sqlite(store)._writer.run(lambda connection: connection.set_trace_callback(None))


@pytest.mark.parametrize("number", [1, 2, 7, 14, 15])
async def test_a_caller_cancelled_at_any_statement_leaves_the_write_to_finish(
    store: SqlStore, life: Life, path: Path, number: int
) -> None:
    job, statements, loop = life.new(), list[str](), asyncio.get_running_loop()
    caller = asyncio.ensure_future(store.accept(job, terms(most_open=1), now=life.now))
    cancelled = threading.Event()

    def cancel() -> None:
        caller.cancel()
        cancelled.set()

    def trace(sql: str) -> None:
        statements.append(sql)
        if len(statements) == number:
            loop.call_soon_threadsafe(cancel)
            cancelled.wait(60)  # it is cancelled before this statement runs

    async with traced(store, trace):
        with suppress(asyncio.CancelledError):
            await caller
        await store.set_value("after", "this one")
    assert caller.cancelled()
    assert len(statements) > number
    assert await store.generation(job.id) is not None
    assert await life.tally(Scope.MEMBER) == (0, 1)
    assert await differences(path) == []


async def test_writes_that_come_together_share_a_commit(store: SqlStore) -> None:
    statements: list[str] = []
    async with traced(store, statements.append):
        await asyncio.gather(*(store.set_value(f"k{number}", "v") for number in range(20)))
    assert statements.count("COMMIT") == 1
    assert [await store.get_value(f"k{number}") for number in range(20)] == ["v"] * 20


async def put(store: SqlStore, name: str, fault: str = "") -> None:
    """Write a value, and then a bad one where there is a fault."""

    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES (?, 'v')", (name,))
        if fault:
            await writing.execute("INSERT INTO value VALUES (?, 'v')", (fault,))

    await store.db.write(work)


@pytest.mark.parametrize("ends", ["ABORT", "ROLLBACK"])
async def test_a_write_that_fails_takes_nothing_from_those_that_shared_its_commit(store: SqlStore, ends: str) -> None:
    """ROLLBACK: SQLite itself ends the transaction of all, as it may on a failing disk."""
    trigger = f"CREATE TRIGGER bad AFTER INSERT ON value WHEN new.name = 'bad' BEGIN SELECT RAISE({ends}, 'no'); END"
    await store.db.write(lambda writing: writing.execute(trigger))
    writes = [put(store, "first"), put(store, "a"), put(store, "lost", fault="bad"), put(store, "b")]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [NoneType, NoneType, sqlite3.IntegrityError, NoneType]
    there = {row["name"] for row in await store.db.read(OURS)}
    assert there == {"first", "a", "b"}


async def test_where_a_common_commit_is_not_taken_each_write_is_made_once_by_itself(store: SqlStore) -> None:
    commits = 0

    def refuse_the_first(action: int, what: str | None, *_: object) -> int:
        nonlocal commits
        commits += (action, what) == (sqlite3.SQLITE_TRANSACTION, "COMMIT")
        return sqlite3.SQLITE_DENY if (what, commits) == ("COMMIT", 1) else sqlite3.SQLITE_OK

    async def count(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('n', '1') ON CONFLICT (name) DO UPDATE SET value = value + 1")

    await sqlite(store)._writer.run(lambda connection: connection.set_authorizer(refuse_the_first))
    await asyncio.gather(*(store.db.write(count) for _ in range(6)))
    await sqlite(store)._writer.run(lambda connection: connection.set_authorizer(None))
    assert commits > 1
    assert await store.get_value("n") == "6"


async def test_closing_waits_for_the_write_under_way(store: SqlStore, life: Life, path: Path) -> None:
    job = life.new()
    accepting = asyncio.ensure_future(store.accept(job, terms(most_open=1), now=life.now))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await store.close()
    assert (await accepting).fresh
    assert len(dump(Rows(path))["generation"]) == 1


async def test_closing_closes_everything_though_the_closer_is_cancelled(path: Path, opened: Opener) -> None:
    for steps in range(6):
        store = await opened(path)
        closing_it = asyncio.ensure_future(store.close())
        for _ in range(steps):
            await asyncio.sleep(0)
        closing_it.cancel()
        with suppress(asyncio.CancelledError):
            await closing_it
        await store.close()
        for connection in (sqlite(store)._writer, sqlite(store)._reader):
            connection._thread.join(timeout=60)
            assert not connection._thread.is_alive()


async def test_a_reader_sees_nothing_of_a_write_before_it_is_committed(store: SqlStore) -> None:
    loop, seen = asyncio.get_running_loop(), list[str | None]()

    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        assert [row["value"] for row in await fetch(writing, OURS)] == ["v"]
        seen.append(asyncio.run_coroutine_threadsafe(store.get_value("k"), loop).result(60))

    await store.db.write(work)
    assert seen == [None]
    assert await store.get_value("k") == "v"


async def test_several_reads_are_of_one_state(store: SqlStore) -> None:
    loop = asyncio.get_running_loop()

    async def work(read: Read) -> list[Any]:
        first = await read(OURS, ())
        asyncio.run_coroutine_threadsafe(store.set_value("k", "v"), loop).result(60)
        return [*first, *await read(OURS, ())]

    assert await store.db.reading(work) == []
    assert await store.get_value("k") == "v"


async def test_a_transaction_that_waits_for_anything_else_is_refused(store: SqlStore) -> None:
    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        await asyncio.sleep(0)

    with pytest.raises(AssertionError, match="nothing but its own statements"):
        await store.db.write(work)
    assert await store.get_value("k") is None


async def test_a_read_sees_every_write_that_returned_before_it_however_many_reads_are_under_way(
    store: SqlStore, life: Life
) -> None:
    await life.accepted("ann", 20)
    done = False

    async def reading() -> None:
        while not done:
            await store.db.read("SELECT * FROM generation")

    readers = [asyncio.ensure_future(reading()) for _ in range(8)]
    stale = 0
    for number in range(100):
        await store.set_value("k", str(number))
        stale += await store.get_value("k") != str(number)
    done = True
    await asyncio.gather(*readers)
    assert stale == 0


async def test_a_write_that_raises_leaves_nothing_and_the_next_one_works(store: SqlStore) -> None:
    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.db.write(work)
    assert await store.get_value("k") is None
    await store.set_value("k", "w")
    assert await store.get_value("k") == "w"
