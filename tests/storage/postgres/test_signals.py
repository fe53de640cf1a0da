"""Processes on PostgreSQL wake each other."""

import asyncio
from collections.abc import AsyncIterator, Collection

import pytest

from bot.domain.queue.claims import Work
from bot.runtime.wake_signals import WakeSignals
from bot.storage.postgres import signals as module
from bot.storage.postgres.connection import parameters
from bot.storage.postgres.signals import PostgresSignals
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
async def address(postgres: PostgresServer) -> AsyncIterator[str]:
    address = await postgres.take()
    yield address
    await postgres.give_back(address)


class Listener:
    """One process, and what it has heard."""

    def __init__(self, address: str, name: str) -> None:
        self.heard: list[str] = []
        self.any = asyncio.Event()
        self.signals = PostgresSignals(parameters(address), name, self._note)
        self.task = asyncio.create_task(self.signals.run())

    def _note(self, kinds: Collection[str]) -> None:
        self.heard += kinds
        self.any.set()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def listening(postgres: PostgresServer, address: str, count: int) -> None:
    """Until so many connections have asked to hear."""
    async with await postgres.connect(address) as connection:
        for _ in range(2000):
            found = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                " AND state = 'idle'"
            )
            [[there]] = await found.fetchall()
            if there == count:
                return
            await asyncio.sleep(0.005)
    raise AssertionError("nobody listens")


async def test_what_one_process_leaves_the_others_hear_at_once_and_itself_not(
    postgres: PostgresServer, address: str
) -> None:
    one, other = Listener(address, "one"), Listener(address, "other")
    try:
        await listening(postgres, address, 2)
        one.signals.send([Work.SUBMIT, Work.CARD])
        one.signals.send([Work.SUBMIT])
        await other.any.wait()
        other.signals.send([Work.POLL])
        await one.any.wait()
        assert (other.heard, one.heard) == (["card", "submit"], ["poll"])
    finally:
        await one.end()
        await other.end()


async def test_a_connection_that_is_cut_is_made_anew(
    postgres: PostgresServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.0)
    one, other = Listener(address, "one"), Listener(address, "other")
    try:
        await listening(postgres, address, 2)
        async with await postgres.connect(address) as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        while not other.any.is_set():  # the first may be sent before both are there again
            one.signals.send([Work.SUBMIT])
            await asyncio.sleep(0.01)
        assert set(other.heard) == {"submit"}
    finally:
        await one.end()
        await other.end()


async def test_a_signal_to_itself_is_no_signal_to_others() -> None:
    passed: list[Collection[Work]] = []
    signals = WakeSignals()
    signals.elsewhere = passed.append
    signals.wake(Work.POLL)
    signals.send(Work.SUBMIT)
    assert passed == [(Work.SUBMIT,)]
    assert await signals.wait(Work.POLL, 0)
    assert await signals.wait(Work.SUBMIT, 0)
