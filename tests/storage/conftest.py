"""An open SQLite store on a real file, and its audit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.storage.store import SqliteStore
from bot.storage.verify import differences
from tests.storage.life import Life


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path)
    yield store
    await store.close()


@pytest.fixture
def audit(path: Path) -> Callable[[], Awaitable[list[str]]]:
    return lambda: differences(path)


@pytest.fixture
def life(store: SqliteStore) -> Life:
    return Life(store)
