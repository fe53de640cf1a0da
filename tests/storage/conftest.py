"""An open SQLite store on a real file, and its audit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.empty import put_empty
from tests.storage.life import Life


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


Opener = Callable[[Path], Awaitable[SqlStore]]


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    """Opens stores, and closes them at the end whatever happened: one left open would keep pytest from ending."""
    stores: list[SqlStore] = []

    async def open_one(path: Path) -> SqlStore:
        stores.append(await SqlStore.open(put_empty(path)))
        return stores[-1]

    yield open_one
    for store in stores:
        await store.close()


@pytest.fixture
async def store(path: Path, opened: Opener) -> SqlStore:
    return await opened(path)


@pytest.fixture
def audit(path: Path) -> Callable[[], Awaitable[list[str]]]:
    return lambda: differences(path)


@pytest.fixture
def life(store: SqlStore) -> Life:
    return Life(store)
