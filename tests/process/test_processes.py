"""The bot on PostgreSQL, as one of several processes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.process.conftest import Studio
from tests.storage.postgres.server import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def address(postgres: PostgresServer) -> AsyncIterator[str]:
    """A database for one test."""
    address = await postgres.take()
    yield address
    await postgres.give_back(address)


async def ask(postgres: PostgresServer, address: str, sql: str) -> list[tuple[object, ...]]:
    async with await postgres.connect(address) as connection:
        return [tuple(row) for row in await (await connection.execute(sql.encode())).fetchall()]


async def test_a_stop_leaves_no_row_no_lease_and_no_leader(
    studio: Studio, postgres: PostgresServer, address: str
) -> None:
    await studio.start(DATABASE_URL=address)
    card = await studio.person().slash("sora", prompt="p").message()
    await studio.wait_results(1)
    await studio.wait_card(card, "Done")
    [[holder]] = await ask(postgres, address, "SELECT holder FROM leader")
    [[process, role]] = await ask(postgres, address, "SELECT id, role FROM process")
    assert (holder, role) == (process, "run")
    [[accepted_by]] = await ask(postgres, address, "SELECT accepted_by FROM generation")
    assert accepted_by == process
    assert await studio.bot.stop() == 0
    for left in ("process", "leader", "generation WHERE lease_owner IS NOT NULL"):
        assert await ask(postgres, address, f"SELECT * FROM {left}") == []  # noqa: S608


async def test_a_process_that_was_declared_dead_ends_with_one_sentence(
    studio: Studio, postgres: PostgresServer, address: str
) -> None:
    await studio.start(DATABASE_URL=address)
    await ask(postgres, address, "DELETE FROM process RETURNING id")
    assert await studio.bot.exited() == 1
    assert "sora-bot: this process was declared dead" in studio.bot.output()
