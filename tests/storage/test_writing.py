"""One writer: a write is whole or absent, whoever is cancelled and whatever fails; readers see what is committed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.domain.quota.limits import Scope
from bot.storage.sqlite.connection import Writing, fetch
from bot.storage.store import SqliteStore
from bot.storage.verify import differences
from tests.storage.conftest import Opener
from tests.storage.life import Life, terms
from tests.storage.test_atomic import dump


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


@pytest.mark.parametrize("number", range(1, 17))
async def test_a_caller_cancelled_at_any_statement_leaves_the_write_to_finish(
    store: SqliteStore, life: Life, path: Path, number: int
) -> None:
    job = life.new()
    caller = asyncio.ensure_future(store.accept(job, terms(most_open=1), now=life.now))
    restore = cancel_at(store, number, lambda: caller)
    with suppress(asyncio.CancelledError):
        await caller
    await store.set_value("after", "this one")
    restore()
    assert await store.generation(job.id) is not None
    assert await life.tally(Scope.MEMBER) == (0, 1)
    assert await differences(path) == []


@pytest.mark.parametrize("number", range(1, 17))
async def test_a_transaction_cancelled_at_any_statement_is_whole_or_absent_and_the_next_one_works(
    store: SqliteStore, life: Life, path: Path, number: int
) -> None:
    job = life.new()
    restore = cancel_at(store, number, asyncio.current_task)
    with suppress(asyncio.CancelledError):
        await store.accept(job, terms(most_open=1), now=life.now)
    restore()
    there = await store.generation(job.id) is not None
    assert there == (number >= 15)  # the fifteenth is the COMMIT
    assert await life.tally(Scope.MEMBER) == (0, int(there))
    await life.accept()
    assert await differences(path) == []


async def test_closing_waits_for_the_write_under_way(store: SqliteStore, life: Life, path: Path) -> None:
    job = life.new()
    accepting = asyncio.ensure_future(store.accept(job, terms(most_open=1), now=life.now))
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
            connection._thread.join(timeout=60)
            assert not connection._thread.is_alive()


async def test_a_reader_sees_nothing_of_a_write_before_it_is_committed(store: SqliteStore) -> None:
    async def seen() -> str | None:
        return await store.get_value("k")

    async def work(writing: Writing) -> None:
        await writing.execute("INSERT INTO value VALUES ('k', 'v')")
        assert [row["value"] for row in await fetch(writing, "SELECT value FROM value")] == ["v"]
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
