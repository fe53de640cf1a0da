"""A database that is locked, read-only or whose disk fails: told apart from our own faults, never for long, and it passes."""

import asyncio
import gc
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.app import lifecycle
from bot.domain.errors import StoreFault, StoreUnavailable, Unusable
from bot.domain.quota.limits import Scope
from bot.storage.database import Writing
from bot.storage.sqlite import database, group_commit
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.process.database import Rows
from tests.storage.everything import dump
from tests.storage.life import EVERYTHING, Life
from tests.storage.sqlite_parts import sqlite

pytestmark = pytest.mark.sqlite_only("of PostgreSQL: postgres/test_lost_connections.py")


@contextmanager
def locked(path: Path) -> Generator[sqlite3.Connection]:
    """Another program has begun a transaction that writes."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield other
    finally:
        other.close()


async def test_behind_another_programs_lock_a_write_gives_up_soon_and_a_read_does_not_wait(
    store: SqlStore, life: Life, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_PATIENCE", 0.05)
    job = await life.accept(limits=EVERYTHING)
    before = dump(Rows(path))
    with locked(path):
        many = await asyncio.gather(*(life.accept(limits=EVERYTHING) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(one, StoreUnavailable) and one.kind is StoreFault.BUSY for one in many)
        assert await store.generation(job.id) is not None
    assert dump(Rows(path)) == before
    await life.accept(limits=EVERYTHING)
    assert await life.tally(Scope.MEMBER) == (0, 2)
    assert await differences(path) == []


async def test_a_write_that_fails_after_its_caller_was_cancelled_leaves_no_traceback(
    store: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_PATIENCE", 0.0)
    logged: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
    with locked(path):
        caller = asyncio.create_task(store.set_value("a", "b"))
        await asyncio.sleep(0)
        [write] = sqlite(store)._running
        caller.cancel()
        await asyncio.wait([write])
    assert caller.cancelled()
    del caller, write  # what nobody asks for is told of when it is freed
    gc.collect()
    assert logged == []


async def test_a_start_behind_another_programs_lock_says_what_to_do() -> None:
    said = r"another program holds the database data/bot\.db locked, .*; end it first"
    with pytest.raises(Unusable, match=said), lifecycle._named("data/bot.db"):
        raise StoreUnavailable(StoreFault.BUSY, "database is locked")


async def test_a_short_lock_is_waited_for_without_keeping_the_writers_thread(store: SqlStore, path: Path) -> None:
    tried = asyncio.Event()
    loop = asyncio.get_running_loop()
    with locked(path) as other:
        await sqlite(store)._writer.run(
            lambda connection: connection.set_trace_callback(lambda _: loop.call_soon_threadsafe(tried.set))
        )
        waiting = asyncio.ensure_future(store.set_value("a", "b"))
        await tried.wait()  # what follows runs after the try, in the thread that is free again
        await sqlite(store)._writer.run(lambda connection: connection.set_trace_callback(None))
        assert not waiting.done()
        other.execute("ROLLBACK")
        await waiting
    assert await store.get_value("a") == "b"


async def test_a_read_only_database_refuses_writes_and_reads_on(store: SqlStore) -> None:
    await store.set_value("a", "b")
    await sqlite(store)._writer.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable, match="SQLITE_READONLY") as caught:
        await store.set_value("a", "c")
    assert (caught.value.kind, caught.value.reading) == (StoreFault.UNAVAILABLE, False)
    assert await store.get_value("a") == "b"
    await sqlite(store)._writer.execute("PRAGMA query_only = OFF")
    await store.set_value("a", "c")
    assert await store.get_value("a") == "c"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_IOERR_WRITE, StoreFault.UNAVAILABLE),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreFault.UNAVAILABLE),
        (sqlite3.SQLITE_CANTOPEN, StoreFault.UNAVAILABLE),
        (sqlite3.SQLITE_READONLY_DBMOVED, StoreFault.UNAVAILABLE),
        (sqlite3.SQLITE_CORRUPT, StoreFault.UNAVAILABLE),
        (sqlite3.SQLITE_BUSY_RECOVERY, StoreFault.BUSY),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, StoreFault.BUSY),
        (sqlite3.SQLITE_FULL, StoreFault.FULL),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, None),
        (sqlite3.SQLITE_ERROR, None),
    ],
)
async def test_what_the_disk_says_is_told_apart_from_faults_of_our_own(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, code: int, kind: StoreFault | None
) -> None:
    monkeypatch.setattr(database, "LOCK_PATIENCE", 0)
    heard: list[StoreUnavailable | None] = []
    store.db.watch = heard.append

    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        error = sqlite3.OperationalError("as told")
        error.sqlite_errorcode = code
        raise error

    with pytest.raises(StoreUnavailable if kind else sqlite3.OperationalError) as caught:
        await store.db.write(work)
    assert [one.kind for one in heard if one] == ([kind] if kind else [])
    assert getattr(caught.value, "kind", None) is kind
    assert await store.get_value("k") is None
    await store.set_value("k", "w")
    assert heard[-1] is None


async def test_a_transaction_that_could_not_even_be_rolled_back_does_not_stay(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(connection: sqlite3.Connection) -> None:
        assert connection.in_transaction

    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        raise ValueError("no")

    with monkeypatch.context() as disk:
        disk.setattr(group_commit, "_roll_back", nothing)
        with pytest.raises(ValueError, match="no"):
            await store.db.write(work)
    await store.set_value("other", "w")
    names = await sqlite(store)._reader.fetch("SELECT name FROM value WHERE name IN ('k', 'other')")
    assert [row["name"] for row in names] == ["other"]
