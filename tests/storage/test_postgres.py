"""PostgreSQL keeps the promises of every store.

The tests share one database and its connections, because a new connection costs more than a test; after each the database is
emptied.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.storage.postgres.connection import Connection
from bot.storage.quota.ledger_audit import audit as differences
from bot.storage.store import SqlStore
from tests.storage.conformance import StoreConformance
from tests.storage.postgres.server import PostgresServer, empty

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("postgresql",)
Shared = tuple[SqlStore, Connection]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(postgres: PostgresServer) -> AsyncIterator[Shared]:
    """An open store, and a connection that empties its database."""
    address = await postgres.take()
    store = await SqlStore.open(address)
    async with await postgres.connect(address) as emptying:
        yield store, emptying
        await store.close()
    await postgres.give_back(address)


@pytest_asyncio.fixture(loop_scope="module")
async def store(shared: Shared, tmp_path: Path) -> AsyncIterator[SqlStore]:
    """A new store on the empty database."""
    opened, emptying = shared
    yield SqlStore(opened.db, lists=(tmp_path,))
    await empty(emptying)


@pytest.fixture
def audit(store: SqlStore) -> Callable[[], Awaitable[list[str]]]:
    return lambda: store.db.reading(differences)


class TestPostgres(StoreConformance): ...
