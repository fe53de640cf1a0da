"""A network that passes nothing on, and closes nothing, holds no call for ever, and no write is made twice because of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.storage import verify
from bot.storage.database import Read, Writing
from bot.storage.postgres import signals, silence
from bot.storage.postgres.connection import parameters
from bot.storage.postgres.database import PostgresDatabase
from bot.storage.postgres.signals import PostgresSignals
from tests.storage.postgres.server import PostgresServer
from tests.storage.postgres.stalling import Stalling, stalling
from tests.storage.postgres.test_lost_connections import COUNTED, count, counted


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENCE", 0.05)
    monkeypatch.setattr(silence, "GRACE", 0.05)


@pytest.fixture
async def address(postgres: PostgresServer) -> AsyncIterator[str]:
    taken = await postgres.take()
    yield taken
    await postgres.give_back(taken)


@pytest.fixture
async def between(postgres: PostgresServer, address: str) -> AsyncIterator[tuple[Stalling, PostgresDatabase]]:
    async with stalling(postgres.socket) as (stall, port):
        opened = await PostgresDatabase.open(over(address, port), "test")
        yield stall, opened
        stall.go_on()
        await opened.close()


def over(address: str, port: int) -> str:
    return f"{address.partition('?')[0].replace('@/', f'@127.0.0.1:{port}/')}?sslmode=disable"


@pytest.mark.parametrize("ways", [("to_server",), ("to_bot",), ("to_server", "to_bot")], ids="+".join)
async def test_a_call_on_a_silent_network_is_refused_and_the_first_one_after_its_return_succeeds(
    between: tuple[Stalling, PostgresDatabase], ways: tuple[str, ...]
) -> None:
    stall, db = between
    await asyncio.gather(db.write(count), db.read("SELECT 1"))
    stall.ways = ways
    stall.stall()
    calls = (
        db.write(count),
        db.read("SELECT 1"),
        db.read_apart("SELECT 1"),
        db.reading(lambda read: read("SELECT 1", ())),
    )
    for ended in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(ended, StoreUnavailable)
        assert ended.kind is StoreFault.UNAVAILABLE
    stall.go_on()
    assert await db.write(count) == "2"
    assert await counted(db) == "2"


@pytest.mark.parametrize("ways", [("to_server",), ("to_bot",)], ids="+".join)
async def test_a_write_whose_connection_alone_falls_silent_at_its_commit_is_made_once(
    between: tuple[Stalling, PostgresDatabase], ways: tuple[str, ...]
) -> None:
    stall, db = between
    stall.ways, stall.hold_new, stall.at = ways, False, b"COMMIT"
    assert await db.write(count) == "1"
    assert stall.stalled.is_set()
    assert await counted(db) == "1"


async def test_a_write_that_falls_silent_in_its_middle_is_made_once(
    between: tuple[Stalling, PostgresDatabase],
) -> None:
    stall, db = between
    stall.hold_new = False
    runs = 0

    async def work(writing: Writing) -> None:
        nonlocal runs
        runs += 1
        await writing.execute(COUNTED)
        if runs == 1:
            stall.stall()
        await writing.fetch("SELECT 1")

    await db.write(work)
    assert runs == 2
    assert await counted(db) == "1"


async def test_a_long_statement_is_waited_for(between: tuple[Stalling, PostgresDatabase]) -> None:
    _, db = between
    runs = 0

    async def work(writing: Writing) -> str:
        nonlocal runs
        runs += 1
        await writing.fetch("SELECT pg_sleep(0.4)")
        return await count(writing)

    assert await db.write(work) == "1"
    assert runs == 1


async def test_a_statement_without_an_end_is_given_up(
    between: tuple[Stalling, PostgresDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, db = between
    connection_longest = "bot.storage.postgres.silence.WatchedConnection.longest"
    monkeypatch.setattr(connection_longest, 0.2)
    with pytest.raises(StoreUnavailable):
        await db.read("SELECT pg_sleep(600)")


async def test_a_connection_that_only_listens_is_noticed_to_be_dead(
    postgres: PostgresServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "QUIET", 0.05)
    monkeypatch.setattr(signals, "AGAIN", 0.0)
    heard = asyncio.Event()
    async with stalling(postgres.socket) as (stall, port):
        stall.hold_new = False
        one = PostgresSignals(parameters(over(address, port)), "one", lambda _: heard.set())
        other = PostgresSignals(parameters(address), "other", lambda _: None)
        running = [asyncio.create_task(each.run()) for each in (one, other)]
        while not heard.is_set():
            other.send(["poll"])
            await asyncio.sleep(0.01)
        stall.stall()
        heard.clear()
        while not heard.is_set():  # by a connection that was made since
            other.send(["poll"])
            await asyncio.sleep(0.01)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_process_that_stops_in_the_middle_of_a_transaction_keeps_its_locks_for_a_moment_only(
    postgres: PostgresServer, address: str
) -> None:
    db = await PostgresDatabase.open(f"{address}&options=-c%20idle_in_transaction_session_timeout%3D100", "test")
    stopped, goes_on = asyncio.Event(), asyncio.Event()

    async def work(writing: Writing) -> str:
        await writing.lock("guild:1")
        written = await count(writing)
        stopped.set()
        await goes_on.wait()
        return written

    writes = asyncio.create_task(db.write(work))
    await stopped.wait()
    async with await postgres.connect(address) as other:
        await other.execute("SELECT pg_advisory_lock(hashtextextended('guild:1', 0))")
    goes_on.set()
    assert await writes == "1"
    assert await counted(db) == "1"
    await db.close()


async def test_the_audit_of_a_large_ledger_may_take_as_long_as_it_needs(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[str] = []

    async def audit(read: Read) -> list[str]:
        names = ("statement_timeout", "idle_in_transaction_session_timeout")
        limits.extend([(await read(f"SELECT current_setting('{name}')", ()))[0][0] for name in names])
        return []

    monkeypatch.setattr(verify, "audit", audit)
    assert await verify.differences(address) == []
    assert limits == ["0", "0"]
