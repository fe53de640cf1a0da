"""A PostgreSQL database that was restored from a backup is not run on until that has been said."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import OperatorNeeded, Unusable
from bot.domain.generation import State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.processes.process import Process, Role
from bot.storage.postgres.identity import restored
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.life import START, Life
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
async def original(postgres: PostgresServer) -> AsyncIterator[str]:
    address = await postgres.take()
    yield address
    await postgres.give_back(address)


async def test_what_may_have_happened_since_the_backup_is_in_doubt(
    postgres: PostgresServer, original: str, tmp_path: Path
) -> None:
    store = await SqlStore.open(original)
    life = Life(store)
    done = await life.succeeded()
    waiting = await life.accept()
    await store.close()
    await (await SqlStore.open(original)).close()  # where it was, it opens as ever
    copy = await postgres.copy(original)
    with pytest.raises(OperatorNeeded, match=r"run `sora-bot db restored` first") as refused:
        await SqlStore.open(copy)
    assert refused.value.exit_code == 78
    assert await differences(copy) == [], "it may be looked at"
    await restored(copy, "the copy", now=life.now, lists=[tmp_path])
    store = await SqlStore.open(copy)
    try:
        life = Life(store, life.now + timedelta(minutes=1))
        assert (await life.reload(waiting)).state is State.UNKNOWN
        assert await store.claim_submit(life.claim(), most=9, now=life.now) is None
        found = await store.claim_delivery(life.claim(), now=life.now)
        assert found
        assert (found[0].state, found[0].attempts) == (DeliveryState.SENDING, 2)
        assert [tried.channel_id for tried in await store.tries(done.id)] == ["channel"]
        process = Process(id="p", role=Role.RUN, shards="", version="1", started_at=START, seen_at=START)
        await store.enter(process, now=life.now)
        with pytest.raises(Unusable, match="is running on the copy"):
            await restored(copy, "the copy", now=life.now, lists=[tmp_path])
    finally:
        await store.close()
