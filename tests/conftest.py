"""For every test of the project: what each would pay again is paid once, or not at all.

No certificate authorities are read: every peer is on loopback and speaks plain HTTP, and each client that reads the
authorities takes 50 ms or more of a core. What collection makes stays until the end: the garbage collector does not look at it.
The folders of tests are in memory where there is room for them, so that the thousands of databases wait for no disk. What is
promised of a disk is proved by when the bot writes, not by the disk; `PYTEST_DEBUG_TEMPROOT` or `--basetemp` name another place.
"""

import gc
import os
import shutil
from collections.abc import Generator
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, cast

import pytest

from tests.standins.bucket import s3 as s3
from tests.storage.postgres.server import PostgresServer, programs

os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)  # holds none

SQLITE, POSTGRESQL = "sqlite", "postgresql"
POSTGRESQL_LONG = (SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.long))  # for a module's `ENGINES`
WAITING = ("tests/crash/", "tests/process/")  # for a bot
_MEMORY = Path("/dev/shm")
_ENOUGH = 4 * 2**30  # bytes: far more than a run needs, but a bot refuses jobs where little is free
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)  # when only those that run are left
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each of several workers begin with tests that wait, so that at the end all are busy with quick ones.

    A worker gets one stretch of the list (`--dist worksteal`), and when it is done takes from the end of another's. The files
    with tests that wait are dealt to the stretches like cards; the others fill them up.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    stretches: list[list[pytest.Item]] = [[] for _ in range(workers)]
    waiting = [item for item in items if item.nodeid.startswith(WAITING)]
    for number, (_, tests) in enumerate(groupby(waiting, key=lambda item: item.path)):
        stretches[number % workers] += tests
    others = iter([item for item in items if not item.nodeid.startswith(WAITING)])
    for stretch in stretches:
        stretch += islice(others, max(0, len(items) // workers - len(stretch)))
    items[:] = [*chain.from_iterable(stretches), *others]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of a module that names `ENGINES` on each of them.

    A test of the whole bot is `long` on another engine than the first, unless it is marked `every_engine`.
    `SORA_BOT_TEST_ENGINE=postgresql` runs every test of the whole bot on that engine alone.
    """
    module: Any = cast(Any, metafunc).module
    engines = getattr(module, "ENGINES", None)
    if "database_server" in metafunc.fixturenames and (wanted := os.environ.get("SORA_BOT_TEST_ENGINE")):
        engines = [wanted]
    if engines and "engine" in metafunc.fixturenames:
        whole_bot = module.__name__.startswith("tests.process")
        first, *others = engines
        again = whole_bot and not metafunc.definition.get_closest_marker("every_engine")
        more = [pytest.param(other, marks=pytest.mark.long) if again else other for other in others]
        metafunc.parametrize("engine", [first, *more], indirect=True, scope="module")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip on PostgreSQL what is about SQLite's file by its nature: `@pytest.mark.sqlite_only("why")`."""
    mark, parameters = item.get_closest_marker("sqlite_only"), getattr(item, "callspec", None)
    if mark and parameters and parameters.params.get("engine") == POSTGRESQL:
        pytest.skip(*mark.args)


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    """The database of a test: SQLite, where its module names no other."""
    return str(getattr(request, "param", SQLITE))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Generator[PostgresServer]:
    """A PostgreSQL server for this process of pytest."""
    if programs() is None:
        pytest.skip("there is no PostgreSQL server here: apt-get install postgresql")
    folder = tmp_path_factory.getbasetemp()
    server = PostgresServer.start(shared=folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)
    yield server
    server.stop()
