"""A bench on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.store import SqlStore
from bot.system.background import finish_background
from tests.clock.bench import Bench
from tests.process.database import Rows
from tests.storage.conftest import address, opened, path, rows, store

__all__ = ["address", "bench", "opened", "path", "rows", "store"]


@pytest.fixture
async def bench(store: SqlStore, rows: Rows, tmp_path: Path) -> AsyncIterator[Bench]:
    """Everything a loop needs."""
    yield Bench(store, rows, tmp_path)
    await finish_background(5)
