"""One writer: a write is whole or absent, whoever is cancelled and whatever fails; readers see what is committed."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.domain.ledger import Resolution
from bot.domain.quota import Scope
from bot.storage.database import Writing, rows
from bot.storage.store import SqliteStore
from bot.storage.verify import differences
from tests.storage.conftest import Opener
from tests.storage.life import VIDEO, Life

TABLES = ("generation", "reservation", "reservation_window", "entry", "balance", "delivery", "value")


def dump(path: Path) -> dict[str, list[Any]]:
    """Every row of every table, as committed."""
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608 - own names


async def run(store: SqliteStore, sql: str) -> None:
    async def work(writing: Writing) -> None:
        await writing.execute(sql)

    await store.db.write(work)


def cancel_at(store: SqliteStore, number: int, victim: Callable[[], asyncio.Task[Any] | None]) -> Callable[[], None]:
    """Cancel the victim while the writer's thread runs its `number`th statement from now; answers how to stop."""
    writer: Any = store.db._writer
    original = writer._execute
    count = 0

    async def execute(*args: Any) -> Any:
        nonlocal count
        count += 1
        if count == number and (task := victim()):
            task.cancel()
        return await original(*args)

    writer._execute = execute
    return lambda: setattr(writer, "_execute", original)


@pytest.mark.parametrize("number", range(1, 12))
async def test_a_caller_cancelled_at_any_statement_leaves_the_write_to_finish(
    store: SqliteStore, life: Life, path: Path, number: int
) -> None:
    job = life.new()
    caller = asyncio.ensure_future(store.accept(job, limits=[], most_open=1, now=life.now))
    restore = cancel_at(store, number, lambda: caller)
    with suppress(asyncio.CancelledError):
        await caller
    await store.set_value("after", "this one")
    restore()
    assert await store.generation(job.id) is not None
    assert await life.tally(Scope.MEMBER) == (0, 1)
    assert await differences(path) == []


@pytest.mark.parametrize("number", range(1, 12))
async def test_a_transaction_cancelled_at_any_statement_is_whole_or_absent_and_the_next_one_works(
    store: SqliteStore, life: Life, path: Path, number: int
) -> None:
    job = life.new()
    restore = cancel_at(store, number, asyncio.current_task)
    with suppress(asyncio.CancelledError):
        await store.accept(job, limits=[], most_open=1, now=life.now)
    restore()
    there = await store.generation(job.id) is not None
    assert there == (number >= 10)  # the tenth is the COMMIT
    assert await life.tally(Scope.MEMBER) == (0, int(there))
    await life.accept()
    assert await differences(path) == []


async def test_closing_waits_for_the_write_under_way(store: SqliteStore, life: Life, path: Path) -> None:
    job = life.new()
    accepting = asyncio.ensure_future(store.accept(job, limits=[], most_open=1, now=life.now))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await store.close()
    assert (await accepting).fresh
    assert len(dump(path)["generation"]) == 1


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
        for connection in (store.db._writer, store.db._reader):
            connection._thread.join(timeout=5)
            assert not connection._thread.is_alive()


async def test_a_reader_sees_nothing_of_a_write_before_it_is_committed(store: SqliteStore) -> None:
    async def seen() -> str | None:
        return await store.get_value("k")

    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        assert [row["value"] for row in await rows(writing, "SELECT value FROM value")] == ["v"]
        assert await seen() is None

    await store.db.write(work)
    assert await seen() == "v"


async def test_a_read_sees_every_write_that_returned_before_it_however_many_reads_are_under_way(
    store: SqliteStore, life: Life
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


async def test_a_write_that_raises_leaves_nothing_and_the_next_one_works(store: SqliteStore) -> None:
    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.db.write(work)
    assert await store.get_value("k") is None
    await store.set_value("k", "w")
    assert await store.get_value("k") == "w"


Act = Callable[[], Awaitable[object]]


async def accepting(store: SqliteStore, life: Life) -> Act:
    return life.accept


async def cancelling(store: SqliteStore, life: Life) -> Act:
    job = await life.accept()
    return lambda: store.cancel(job.id, now=life.now)


async def failing(store: SqliteStore, life: Life) -> Act:
    job, claim = await life.polling()
    return lambda: store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.BILLED, now=life.now)


async def succeeding(store: SqliteStore, life: Life) -> Act:
    job, claim = await life.fetching()
    return lambda: store.succeed(job.id, claim, VIDEO, delivery_id="d", now=life.now)


async def sent(store: SqliteStore, life: Life) -> Act:
    job, claim = await life.succeeded(), life.claim()
    await store.claim_delivery(claim, now=life.now)
    return lambda: store.record_sent(f"d-{job.id}", claim, message_id="m", now=life.now)


WRITTEN = [
    (accepting, ("INSERT ON generation", "INSERT ON reservation", "INSERT ON reservation_window")),
    (accepting, ("INSERT ON balance", "INSERT ON entry")),
    (cancelling, ("UPDATE ON generation", "UPDATE ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (failing, ("UPDATE ON generation", "UPDATE ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (succeeding, ("UPDATE ON generation", "UPDATE ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (succeeding, ("INSERT ON delivery",)),
    (sent, ("UPDATE ON delivery", "UPDATE ON generation")),
]


@pytest.mark.parametrize(
    ("prepare", "where"),
    [pytest.param(step, part, id=f"{step.__name__}: {part}") for step, parts in WRITTEN for part in parts],
)
async def test_where_one_statement_of_a_write_fails_nothing_at_all_has_changed(
    store: SqliteStore, life: Life, path: Path, prepare: Callable[[SqliteStore, Life], Awaitable[Act]], where: str
) -> None:
    act = await prepare(store, life)
    before = dump(path)
    await run(store, f"CREATE TRIGGER trouble AFTER {where} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    with pytest.raises(sqlite3.IntegrityError, match="the disk is full"):
        await act()
    assert dump(path) == before
    await run(store, "DROP TRIGGER trouble")
    await act()
    assert dump(path) != before
    assert await differences(path) == []


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE entry SET micros = 0", "never changed"),
        ("DELETE FROM entry", "never deleted"),
        ("INSERT INTO entry SELECT NULL, reservation_id, kind, videos, seconds, micros, at FROM entry", "UNIQUE"),
        ("INSERT INTO entry SELECT NULL, reservation_id, 'void', videos, seconds, micros, at FROM entry", "UNIQUE"),
        ("UPDATE balance SET used_videos = used_videos - 2", "CHECK"),
        ("UPDATE balance SET held_micros = -1", "CHECK"),
        ("DELETE FROM reservation", "FOREIGN KEY"),
        ("DELETE FROM generation", "FOREIGN KEY"),
        ("UPDATE generation SET state = 'reserved'", "CHECK"),
        ("UPDATE generation SET video_file = NULL", "CHECK"),
    ],
)
async def test_the_database_itself_refuses_what_the_ledger_forbids(
    store: SqliteStore, life: Life, path: Path, sql: str, why: str
) -> None:
    await life.succeeded()
    before = dump(path)
    with pytest.raises(sqlite3.IntegrityError, match=why):
        await run(store, sql)
    assert dump(path) == before


async def test_one_job_at_uniall_belongs_to_one_generation(store: SqliteStore, life: Life) -> None:
    await life.submitted()
    await life.submitted()
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        await run(store, "UPDATE generation SET job_id = 'same'")
