"""A write on PostgreSQL is made once, whenever its connection is lost, and a server that is away is told of at once."""

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.storage.database import Read, Writing
from bot.storage.postgres import database
from bot.storage.postgres.database import PostgresDatabase
from tests.storage.postgres.cutting import Cutting, cutting
from tests.storage.postgres.server import PostgresServer

COUNTED = (
    "INSERT INTO value VALUES ('n', '1')"
    " ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value.value AS BIGINT) + 1 AS TEXT)"
)
MINE = "SELECT pg_backend_pid() AS pid"


@pytest.fixture
async def address(postgres: PostgresServer) -> AsyncIterator[str]:
    taken = await postgres.take()
    yield taken
    await postgres.give_back(taken)


@pytest.fixture
async def db(address: str) -> AsyncIterator[PostgresDatabase]:
    opened = await PostgresDatabase.open(address, "test")
    yield opened
    await opened.close()


@pytest.fixture
async def between(postgres: PostgresServer, address: str) -> AsyncIterator[tuple[Cutting, PostgresDatabase]]:
    with TemporaryDirectory(prefix="cut-") as folder:
        async with cutting(postgres.socket, Path(folder)) as (cut, socket):
            opened = await PostgresDatabase.open(address.partition("?")[0] + f"?host={socket}", "test")
            yield cut, opened
            await opened.close()


async def count(writing: Writing) -> str:
    await writing.execute(COUNTED)
    [[value]] = await writing.fetch("SELECT value FROM value WHERE name = 'n'")
    return str(value)


async def counted(db: PostgresDatabase) -> str | None:
    found = await db.read("SELECT value FROM value WHERE name = 'n'")
    return str(found[0]["value"]) if found else None


async def number(connection: psycopg.AsyncConnection[Any]) -> int:
    """Commit a transaction, and return its number."""
    cursor = await connection.execute("SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)")
    [[given]] = await cursor.fetchall()
    return int(given)


async def end(postgres: PostgresServer, address: str, pid: int) -> None:
    async with await postgres.connect(address) as other:
        await other.execute("SELECT pg_terminate_backend($1)", (pid,))


async def test_a_write_whose_connection_is_lost_before_its_commit_runs_again(
    db: PostgresDatabase, postgres: PostgresServer, address: str
) -> None:
    runs = 0

    async def work(writing: Writing) -> str:
        nonlocal runs
        runs += 1
        written = await count(writing)
        if runs == 1:
            [row] = await writing.fetch(MINE)
            await end(postgres, address, row["pid"])
        return written

    assert await db.write(work) == "1"
    assert runs == 2
    assert await counted(db) == "1"


async def test_a_commit_whose_answer_is_lost_is_not_made_again(between: tuple[Cutting, PostgresDatabase]) -> None:
    cut, db = between
    cut.behind = lambda: asyncio.sleep(0)
    assert await db.write(count) == "1"
    assert await counted(db) == "1"


async def test_a_commit_of_statements_that_nobody_read_is_not_made_again_either(
    between: tuple[Cutting, PostgresDatabase],
) -> None:
    cut, db = between
    cut.behind = lambda: asyncio.sleep(0)
    await db.write(lambda writing: writing.execute(COUNTED))
    assert await counted(db) == "1"


async def test_a_commit_that_did_not_reach_the_server_is_made_again(between: tuple[Cutting, PostgresDatabase]) -> None:
    cut, db = between
    cut.before = lambda: asyncio.sleep(0)
    assert await db.write(count) == "1"
    assert await counted(db) == "1"


async def test_a_commit_that_a_crash_took_back_is_made_again_also_where_its_number_is_another_s_by_then(
    between: tuple[Cutting, PostgresDatabase], postgres: PostgresServer, address: str
) -> None:
    cut, db = between
    given_again = False

    async def crash() -> None:
        nonlocal given_again
        async with await postgres.connect(address) as other:
            following = await number(other)
        postgres.down("immediate")
        postgres.up()
        async with await postgres.connect(address) as other:
            while (given := await number(other)) < following:
                given_again = given_again or given == following - 1

    assert await db.write(count) == "1"  # on the disk, and with it that the tables of the last test are empty
    for times in range(2, 20):
        cut.before = crash
        assert await db.write(count) == str(times)
        assert await counted(db) == str(times)
        if given_again:  # else the server had written the number down before it crashed
            return
    pytest.fail("no number was given to another transaction")


async def test_the_marks_of_commits_stay_as_few_as_writes_at_once_and_old_ones_go(
    db: PostgresDatabase, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def marks() -> int:
        [[found]] = await db.read("SELECT count(*) FROM value WHERE name LIKE 'commit:%'")
        return int(found)

    async def refused(writing: Writing) -> None:
        await count(writing)
        raise Refusal(RefusalCode.GONE)

    for _ in range(20):
        await db.write(count)
        with pytest.raises(Refusal):
            await db.write(refused)
    assert await marks() == 1
    await db.trim()
    assert await marks() == 1
    monkeypatch.setattr(database, "MARKS_KEPT", 0)
    await db.write(count)
    await db.trim()
    assert await marks() <= 1  # its own
    assert await counted(db) == "21"
    postgres.down()
    try:
        assert await db.trim() == 0  # an outage is no reason to look at nothing else
    finally:
        postgres.up()


@pytest.mark.parametrize("away", [True, False], ids=["nobody can be asked", "another server answers"])
async def test_a_commit_of_which_nobody_knows_is_refused_and_never_repeated(
    between: tuple[Cutting, PostgresDatabase], postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, away: bool
) -> None:
    cut, db = between
    runs = 0

    async def work(writing: Writing) -> str:
        nonlocal runs
        runs += 1
        return await count(writing)

    async def stop() -> None:
        if away:
            postgres.down("immediate")
        else:  # the connections that come now are to a copy
            monkeypatch.setattr(database, "HISTORY", "SELECT 'promoted'")

    monkeypatch.setattr(database, "SETTLE_SECONDS", 0.3)
    cut.behind = stop
    try:
        with pytest.raises(StoreUnavailable, match="not known whether"):
            await db.write(work)
    finally:
        if away:
            postgres.up()
    assert runs == 1
    assert await counted(db) == "1"


async def test_while_the_server_is_away_every_call_says_so_and_the_first_one_after_its_return_succeeds(
    db: PostgresDatabase, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[StoreUnavailable | None] = []
    db.watch = told.append
    await db.write(count)
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    postgres.down()
    try:
        for call in (db.write(count), db.read(MINE), db.read_apart(MINE), db.reading(lambda read: read(MINE, ()))):
            with pytest.raises(StoreUnavailable) as caught:
                await call
            assert caught.value.kind is StoreFault.UNAVAILABLE
    finally:
        postgres.up()
    assert await db.write(count) == "2"
    assert [error and error.reading for error in told] == [None, False, True, True, True, None]


async def test_a_restart_of_the_server_is_not_noticed_where_it_is_quick(
    db: PostgresDatabase, postgres: PostgresServer
) -> None:
    await asyncio.gather(*(db.write(count) for _ in range(8)), *(db.read(MINE) for _ in range(4)))
    postgres.down("immediate")
    postgres.up()
    written, read = await asyncio.gather(db.write(count), db.read("SELECT 1 AS one"))
    assert (written, read[0]["one"]) == ("9", 1)


async def test_a_cancelled_caller_leaves_the_write_to_finish(db: PostgresDatabase) -> None:
    begun = asyncio.Event()

    async def work(writing: Writing) -> str:
        begun.set()
        return await count(writing)

    caller = asyncio.ensure_future(db.write(work))
    await begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    await db.close()
    db = await PostgresDatabase.open(*_of(db))
    assert await counted(db) == "1"
    await db.close()


def _of(db: PostgresDatabase) -> tuple[str, str]:
    given = db._given
    return f"postgresql://{given['user']}@/{given['dbname']}?host={given['host']}", "test"


async def test_several_reads_are_of_one_state(db: PostgresDatabase) -> None:
    async def work(read: Read) -> list[str]:
        first = await read("SELECT count(*) AS n FROM value", ())
        await db.write(count)
        return [first[0]["n"], (await read("SELECT count(*) AS n FROM value", ()))[0]["n"]]

    assert await db.reading(work) == [0, 0]


@pytest.mark.parametrize("closes", [True, False])
async def test_a_long_read_ends_in_the_server_when_its_caller_goes_or_the_database_closes(
    db: PostgresDatabase, postgres: PostgresServer, address: str, closes: bool
) -> None:
    reading = asyncio.ensure_future(db.read_apart("SELECT pg_sleep(600)"))
    running = "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    async with await postgres.connect(address) as other:

        async def seen(number: int) -> None:
            while (await (await other.execute(running)).fetchall())[0]["n"] != number:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)

        await seen(1)
        if closes:
            await db.close()
            with pytest.raises(Refusal) as caught:
                await reading
            assert caught.value.code is RefusalCode.RESTARTING
        else:
            reading.cancel()
            await asyncio.wait([reading])
        await seen(0)


async def test_a_lock_that_does_not_come_free_is_told_as_busy(address: str, postgres: PostgresServer) -> None:
    db = await PostgresDatabase.open(f"{address}&options=-c%20lock_timeout%3D50", "test")
    async with await postgres.connect(address) as other:
        await other.execute("SELECT pg_advisory_lock(hashtextextended('guild:1', 0))")
        with pytest.raises(StoreUnavailable) as caught:
            await db.write(lambda writing: writing.lock("guild:1"))
        assert caught.value.kind is StoreFault.BUSY
        await db.write(lambda writing: writing.lock("guild:2"))
    await db.close()


async def test_statements_prepared_before_an_upgrade_are_prepared_anew(
    db: PostgresDatabase, address: str, postgres: PostgresServer
) -> None:
    await db.write(count)
    for _ in range(8):
        await db.read("SELECT * FROM value")
        await db.write(lambda writing: writing.fetch("UPDATE value SET name = name WHERE name = 'n' RETURNING *"))
    async with await postgres.connect(address) as other:
        await other.execute("ALTER TABLE value ADD COLUMN extra BIGINT")
        try:
            [row] = await db.read("SELECT * FROM value WHERE name = 'n'")
            assert row.keys() == ["name", "value", "extra"]
            [row] = await db.write(
                lambda writing: writing.fetch("UPDATE value SET name = name WHERE name = 'n' RETURNING *")
            )
            assert row["extra"] is None
        finally:
            await other.execute("ALTER TABLE value DROP COLUMN extra")


async def test_a_write_that_fails_after_its_caller_was_cancelled_leaves_no_traceback(
    db: PostgresDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    began, go = asyncio.Event(), asyncio.Event()

    async def work(_: Writing) -> None:
        began.set()
        await go.wait()
        raise StoreUnavailable(StoreFault.UNAVAILABLE, "it is away")

    caller = asyncio.create_task(db.write(work))
    await began.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    go.set()
    await db.close()
    del caller  # its traceback holds the write
    gc.collect()
    assert caplog.text == ""
