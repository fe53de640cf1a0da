"""A PostgreSQL database for two processes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.storage.concurrency.interleaving import Bench, open_bench
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
async def shared(postgres: PostgresServer) -> AsyncIterator[str]:
    """The address of an empty database."""
    address = await postgres.take()
    yield address
    await postgres.give_back(address)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(postgres: PostgresServer) -> AsyncIterator[Bench]:
    """A bench for all pairs: its connections cost more than most of them."""
    address = await postgres.take()
    bench = await open_bench(postgres, address)
    yield bench
    await bench.close()
    await postgres.give_back(address)


@pytest.fixture
def bench(opened: Bench) -> Bench:
    """The bench of a pair, with every lock. Each run begins with an empty database."""
    opened.met.clear()
    opened.left_out.clear()
    return opened
