"""Shards belong to one process each, and of one key one session begins in a turn, however many processes ask."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.processes.process import Process, Role
from bot.domain.processes.shards import HeldShards, Shards
from bot.storage.store import SqlStore
from tests.storage.conftest import Opener

ENGINES = ("sqlite", "postgresql")
GAP = timedelta(seconds=5.5)


async def enter(store: SqlStore, *ids: str) -> None:
    """These processes start."""
    for one in ids:
        now = datetime.now(UTC)
        row = Process(id=one, role=Role.GATEWAY, version="1", started_at=now, seen_at=now)
        await store.enter(row, now=now)


async def die(store: SqlStore, process_id: str) -> None:
    """Nobody has seen it for long enough."""
    rows = [one for one in await store.processes() if one.id == process_id]
    await store.declare_dead(rows, now=datetime.now(UTC))


@pytest.fixture
async def store(path: Path, opened: Opener) -> SqlStore:
    """A database that several processes may use, also on SQLite: the queries are the same."""
    store = await opened(path)
    store.db.shared = True
    await enter(store, "one", "two", "three")
    return store


async def test_a_shard_is_one_process_s_until_that_has_stopped_or_is_dead(store: SqlStore) -> None:
    low, high = Shards.parse("0-1/4"), Shards.parse("2-3/4")
    assert await store.take_shards("one", low) is None
    assert await store.take_shards("two", high) is None
    assert await store.take_shards("three", low) == HeldShards(total=4, by=("one",))
    assert await store.take_shards("three", Shards.parse("1-2/4")) == HeldShards(total=4, by=("one", "two"))
    assert await store.take_shards("one", low) is None, "it holds them already"
    await die(store, "one")
    assert await store.take_shards("three", low) is None
    await store.leave("two", now=datetime.now(UTC))
    await enter(store, "four")
    assert await store.take_shards("four", high) is None
    assert await store.take_shards("one", low) == HeldShards(total=4, by=("three",)), "it has no row any more"


async def test_the_number_of_shards_is_one_for_all(store: SqlStore) -> None:
    await store.take_shards("one", Shards.parse("0-0/2"))
    assert await store.take_shards("two", Shards.parse("3-3/4")) == HeldShards(total=2, by=("one",))
    await die(store, "one")
    assert await store.take_shards("two", Shards.parse("3-3/4")) is None


async def test_of_many_that_want_a_shard_at_once_one_has_it(store: SqlStore) -> None:
    others = [f"standby {one}" for one in range(8)]
    await enter(store, *others)
    held = await asyncio.gather(*(store.take_shards(one, Shards.all_of(3)) for one in others))
    assert held.count(None) == 1


async def test_of_many_that_ask_at_once_one_has_the_turn_and_each_key_has_its_own(store: SqlStore) -> None:
    now = datetime.now(UTC)
    assert await store.take_identify(0, gap=timedelta(0), now=now)
    for key in (0, 1):  # the first turn of 0 has passed; the row of 1 is not there yet
        took = await asyncio.gather(*(store.take_identify(key, gap=GAP, now=now) for _ in range(16)))
        assert took.count(True) == 1


async def test_a_turn_that_another_clock_has_put_far_ahead_blocks_nobody(store: SqlStore) -> None:
    assert await store.take_identify(0, gap=timedelta(hours=3), now=datetime.now(UTC))
    assert await store.take_identify(0, gap=GAP, now=datetime.now(UTC))
    assert not await store.take_identify(0, gap=GAP, now=datetime.now(UTC))
