"""A PostgreSQL database for two processes."""

from collections.abc import AsyncIterator

import pytest

from tests.storage.concurrency.interleaving import Bench, open_bench
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
async def shared(postgres: PostgresServer) -> AsyncIterator[str]:
    """The address of an empty database."""
    address = await postgres.take()
    yield address
    await postgres.give_back(address)


@pytest.fixture
async def bench(postgres: PostgresServer, shared: str) -> AsyncIterator[Bench]:
    bench = await open_bench(postgres, shared)
    yield bench
    await bench.close()
