"""A bench on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.store import SqlStore
from bot.system.background import finish_background
from tests.clock.bench import Bench
from tests.storage.empty import put_empty


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Everything a loop needs."""
    store = await SqlStore.open(put_empty(tmp_path / "bot.db"))
    try:
        yield Bench(store, tmp_path)
        await finish_background(5)
    finally:
        await store.close()
