"""An open store on a real database, and its audit: on SQLite, or on the engines that a module names in `ENGINES`."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.conftest import SQLITE
from tests.process.database import Rows
from tests.process.postgres_rows import PostgresRows, forget
from tests.storage.books import write_books
from tests.storage.empty import put_empty
from tests.storage.life import Life
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


Opener = Callable[[Path], Awaitable[SqlStore]]
Addresses = Callable[[Path], Awaitable[Path | str]]


@pytest.fixture
async def address(engine: str, request: pytest.FixtureRequest) -> AsyncIterator[Addresses]:
    """The address of the empty database that stands for a path, the same for the same path."""
    if engine == SQLITE:

        async def of_file(path: Path) -> Path | str:
            return put_empty(path)

        yield of_file
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    taken: dict[Path, str] = {}

    async def of_server(path: Path) -> Path | str:
        if path not in taken:
            taken[path] = await server.take()
        return taken[path]

    yield of_server
    for address in taken.values():
        await server.give_back(address)


@pytest.fixture
async def opened(address: Addresses) -> AsyncIterator[Opener]:
    """Opens stores, and closes them at the end whatever happened: one left open would keep pytest from ending."""
    stores: list[SqlStore] = []

    async def open_one(path: Path) -> SqlStore:
        where = await address(path)
        stores.append(await SqlStore.open(where, lists=() if isinstance(where, Path) else (path.parent,)))
        return stores[-1]

    yield open_one
    for store in stores:
        await store.close()


@pytest.fixture
async def store(path: Path, opened: Opener) -> SqlStore:
    return await opened(path)


@pytest.fixture
async def rows(store: SqlStore, path: Path, address: Addresses) -> AsyncIterator[Rows]:
    """Questions to the database, past the store."""
    where = await address(path)
    if isinstance(where, Path):
        yield Rows(where)
        return
    yield PostgresRows(where)
    forget(where)


@pytest.fixture
def audit(path: Path, address: Addresses) -> Callable[[], Awaitable[list[str]]]:
    async def audited() -> list[str]:
        return await differences(await address(path))

    return audited


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def books(engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path | str:
    """Books in every state, made once for a module: `mixed` is a copy."""
    folder = tmp_path_factory.mktemp("books")
    where = put_empty(folder / "bot.db") if engine == SQLITE else await request.getfixturevalue("postgres").take()
    await write_books(where, folder)
    return where


@pytest.fixture
async def mixed(books: Path | str, path: Path, request: pytest.FixtureRequest) -> Path | str:
    """Books in every state, in a database that refuses nothing, to change them."""
    if isinstance(books, Path):
        return shutil.copy(books, path)
    return await request.getfixturevalue("postgres").copy(books)


@pytest.fixture
def life(store: SqlStore) -> Life:
    return Life(store)
