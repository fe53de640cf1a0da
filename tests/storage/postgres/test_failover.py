"""A server that has lost commits is noticed before anything waiting on it is sent: a copy took over, or it was put back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import OperatorNeeded
from bot.domain.generation import State
from bot.domain.processes.process import Process, Role
from bot.storage.database import Row
from bot.storage.postgres import database as postgres_database
from bot.storage.postgres.database import HISTORY, PostgresDatabase
from bot.storage.postgres.identity import restored
from bot.storage.store import SqlStore
from tests.storage.life import START, Life
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
async def address(postgres: PostgresServer) -> AsyncIterator[str]:
    taken = await postgres.take()
    yield taken
    await postgres.give_back(taken)


async def changed(store: SqlStore, was: str) -> None:
    """From now on the server writes another history than it did: as though it had written this one."""
    await store.set_value("database_history", was)


async def test_what_waits_after_commits_were_lost_is_in_doubt_and_what_comes_later_is_sent(address: str) -> None:
    store = await SqlStore.open(address)
    life = Life(store)
    running, waiting = await life.submitted(), await life.accept()
    await changed(store, "0000000F")
    assert await store.claim_submit(life.claim(), most=9, now=life.now) is None
    assert (await life.reload(waiting)).state is State.UNKNOWN
    assert (await life.reload(running)).state is State.SUBMITTED
    later = await life.accept()
    claimed = await store.claim_submit(life.claim(), most=9, now=life.now)
    assert claimed
    assert claimed.id == later.id
    await store.close()


async def test_what_waits_is_sent_after_a_failover_that_loses_nothing(address: str) -> None:
    store = await SqlStore.open(address)
    life = Life(store)
    waiting = await life.accept()
    await changed(store, "0000000F synchronous")
    claimed = await store.claim_submit(life.claim(), most=9, now=life.now)
    assert claimed
    assert claimed.id == waiting.id
    await store.close()


async def test_a_start_on_a_server_that_may_have_lost_anything_is_refused_unless_a_process_has_lived_through_it(
    address: str, tmp_path: Path
) -> None:
    store = await SqlStore.open(address)
    life = Life(store)
    waiting = await life.accept()
    await changed(store, "0000000F synchronous")
    await store.close()
    with pytest.raises(OperatorNeeded, match=r"put back to an earlier moment.*run `sora-bot db restored` first"):
        await SqlStore.open(address)
    await restored(address, "it", now=life.now, lists=[tmp_path])
    store = await SqlStore.open(address)
    assert (await Life(store).reload(waiting)).state is State.UNKNOWN
    await changed(store, "0000000F")
    await store.enter(
        Process(id="p", role=Role.RUN, shards="", version="1", started_at=START, seen_at=START), now=START
    )
    await (await SqlStore.open(address)).close()
    await store.close()


async def test_a_process_that_misses_its_own_commit_puts_in_doubt_what_waits(
    address: str, postgres: PostgresServer
) -> None:
    store = await SqlStore.open(address)
    life = Life(store)
    waiting = await life.accept()
    database = store.db
    assert isinstance(database, PostgresDatabase)
    postgres.down("immediate")  # which alone loses nothing that was committed
    postgres.up()
    assert (await store.claim_submit(life.claim(), most=9, now=life.now)) is not None
    later = await life.accept()
    postgres.down("immediate")
    postgres.up()
    database._latest += 1_000_000  # as though the server had been further than it is
    assert await store.claim_submit(life.claim(), most=9, now=life.now) is None
    assert {(await life.reload(job)).state for job in (waiting, later)} == {State.UNKNOWN}
    assert await life.accept()
    assert await store.claim_submit(life.claim(), most=9, now=life.now) is not None
    await store.close()


async def test_a_commit_beside_a_connection_that_opens_is_no_sign_of_a_server_that_was_put_back(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await SqlStore.open(address)
    life = Life(store)
    waiting = await life.accept()
    asked = postgres_database.fetch
    beside = [store.set_value("a", "1"), store.set_value("b", "2")]

    async def answered_late(*arguments: Any) -> list[Row]:
        rows = await asked(*arguments)
        if HISTORY in arguments[1] and len(beside) == 1:
            await beside.pop()
        return rows

    monkeypatch.setattr(postgres_database, "fetch", answered_late)
    database = store.db
    assert isinstance(database, PostgresDatabase)
    async with database._writers.one():  # so that the next write opens a connection, beside which another commits
        await beside.pop(0)
    assert not beside
    claimed = await store.claim_submit(life.claim(), most=9, now=life.now)
    assert claimed
    assert claimed.id == waiting.id
    await store.close()
