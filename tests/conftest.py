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
from pathlib import Path

import pytest

from tests.storage.postgres.server import PostgresServer, programs

os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)  # holds none

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


@pytest.fixture(scope="session")
def postgres() -> Generator[PostgresServer]:
    """A PostgreSQL server for this process of pytest."""
    if programs() is None:
        pytest.skip("there is no PostgreSQL server here: apt-get install postgresql")
    server = PostgresServer.start()
    yield server
    server.stop()
