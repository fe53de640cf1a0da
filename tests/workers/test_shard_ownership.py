"""A hot standby waits for its shards, and takes them over from a holder that has stopped or that nobody sees any more."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.errors import StoreFault, StoreUnavailable, Unusable
from bot.domain.processes.process import BEAT, Process, Role
from bot.domain.processes.shards import HeldShards, Shards
from bot.runtime.own_process import OwnProcess
from bot.storage.store import SqlStore
from bot.workers.processes import shard_ownership
from bot.workers.processes.shard_ownership import ShardOwnership
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life
from tests.workers.conftest import world

ENGINES = POSTGRESQL_LONG

SHARDS = Shards.parse("0-1/2")


class Standby:
    """A standby beside the process that holds the shards. `pause`: called instead of each wait; `now`: the uptime."""

    def __init__(self, store: SqlStore, life: Life) -> None:
        own = OwnProcess("standby", alone=False, role=Role.GATEWAY)
        self.store, self.life, self.now = store, life, 0.0
        self.ownership = ShardOwnership(replace(world(store, life), process=own))
        self.waited: list[str | None] = []
        self.pause: Callable[[], object] = lambda: None

    async def sleep(self, _: float) -> None:
        self.waited.append(self.ownership.waits_for)
        assert len(self.waited) < 100
        self.now += shard_ownership.LOOK_EVERY
        if (done := self.pause()) and asyncio.iscoroutine(done):
            await done

    async def beat(self) -> None:
        """The holder is alive."""
        self.life.now += BEAT
        await self.store.beat("holder", now=self.life.now, term=None, told_within=BEAT)


@pytest.fixture
async def standby(store: SqlStore, life: Life, monkeypatch: pytest.MonkeyPatch) -> Standby:
    store.db.shared = True
    for one in ("holder", "standby"):
        row = Process(id=one, role=Role.GATEWAY, version="1", started_at=life.now, seen_at=life.now)
        await store.enter(row, now=life.now)
    assert await store.take_shards("holder", SHARDS) is None
    made = Standby(store, life)
    monkeypatch.setattr(shard_ownership, "uptime", lambda: made.now)
    monkeypatch.setattr(shard_ownership.asyncio, "sleep", made.sleep)
    return made


async def test_it_waits_while_the_holder_lives_and_has_the_shards_once_that_stops(standby: Standby) -> None:
    async def live_for_a_minute() -> None:
        if len(standby.waited) < 30:
            await standby.beat()
        else:
            await standby.store.leave("holder", now=standby.life.now)

    standby.pause = live_for_a_minute
    await standby.ownership.take(SHARDS)
    assert standby.waited == ["shards 0-1/2"] * 30
    assert standby.ownership.waits_for is None
    assert await standby.store.take_shards("holder", SHARDS) == HeldShards(total=2, by=("standby",))


async def test_a_holder_that_nobody_has_seen_for_half_a_minute_is_declared_dead(standby: Standby) -> None:
    await standby.ownership.take(SHARDS)
    assert 30 <= standby.now <= 30 + 2 * shard_ownership.LOOK_EVERY
    assert [one.id for one in await standby.store.processes()] == ["standby"]


async def test_an_outage_of_the_database_makes_nobody_dead_and_ends_no_wait(
    standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, away = standby.store.take_shards, [True] * 20

    async def seldom(process_id: str, shards: Shards) -> HeldShards | None:
        if away and standby.now >= 10:
            away.pop()
            raise StoreUnavailable(StoreFault.UNAVAILABLE, "away")
        return await take(process_id, shards)

    monkeypatch.setattr(standby.store, "take_shards", seldom)
    await standby.ownership.take(SHARDS)
    assert standby.now >= 10 + 20 * shard_ownership.LOOK_EVERY + 30, "the thirty seconds begin anew"


async def test_shards_of_another_number_are_refused_in_one_sentence(standby: Standby) -> None:
    with pytest.raises(Unusable, match=r"another process holds shards of 2, and this one is to hold 0-3/4; stop every"):
        await standby.ownership.take(Shards.all_of(4))
    assert standby.waited == []
