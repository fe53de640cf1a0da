"""SQLite's log is short again after a long read, whoever read and however much was written meanwhile."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bot.storage.sqlite import write_ahead_log
from bot.storage.store import SqlStore
from tests.storage.sqlite_parts import sqlite

pytestmark = pytest.mark.sqlite_only("PostgreSQL looks after its own log")

KEPT = 200_000


@pytest.fixture
async def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqlStore]:
    """A store whose log may keep little."""
    monkeypatch.setattr(write_ahead_log, "LOG_KEPT", KEPT)
    store = await SqlStore.open(tmp_path / "bot.db")
    yield store
    await store.close()


async def write_much(store: SqlStore) -> None:
    for number in range(40):
        await store.set_value(f"{number}", "x" * 100_000)


async def test_the_log_is_short_after_a_read_of_another_program_with_many_writes(
    small: SqlStore, tmp_path: Path
) -> None:
    log = tmp_path / "bot.db-wal"
    with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM value").fetchall()
        await write_much(small)
        assert await small.db.trim() > 10 * KEPT, "the read still needs it"
        await small.set_value("written", "at once")
    assert await small.db.trim() <= KEPT
    assert log.stat().st_size <= KEPT
    assert await small.get_value("written") == "at once"


async def test_a_report_that_ends_shortens_the_log_by_itself(small: SqlStore, tmp_path: Path) -> None:
    log = tmp_path / "bot.db-wal"
    forever = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n, value"
    await small.set_value("one", "row")
    reading = asyncio.create_task(small.db.read_apart(forever))
    while not sqlite(small)._apart:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    await write_much(small)
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    async with asyncio.timeout(60):
        while log.stat().st_size > KEPT:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    assert log.stat().st_size <= KEPT


async def test_the_log_is_copied_into_the_file_seldom_and_stays_short(tmp_path: Path) -> None:
    file, log = tmp_path / "bot.db", tmp_path / "bot.db-wal"
    store = await SqlStore.open(file)
    before = file.stat().st_size
    for number in range(2):
        await store.set_value(f"{number}", "x" * 3_000_000)
    assert file.stat().st_size == before, "1,500 pages are left in the log"
    for number in range(20):
        await store.set_value(f"{number}", "x" * 3_000_000)
    assert file.stat().st_size > before
    assert log.stat().st_size < write_ahead_log.LOG_KEPT
    await store.close()


async def test_a_log_that_is_reused_is_cut_to_what_is_kept(small: SqlStore) -> None:
    [[limit]] = await sqlite(small)._writer.fetch("PRAGMA journal_size_limit")
    assert limit == KEPT
