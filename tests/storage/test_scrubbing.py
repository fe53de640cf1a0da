"""Deleted text leaves the disk without a writer waiting for whoever reads the file meanwhile."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.storage.sqlite import write_ahead_log
from bot.storage.store import SqlStore
from tests.storage.life import Life
from tests.storage.sqlite_parts import sqlite

pytestmark = pytest.mark.sqlite_only("PostgreSQL's own vacuum does it")

SECRET = "a very secret wish"


async def test_forgetting_beside_a_backup_holds_no_write_back_and_the_log_is_emptied_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "EMPTY_AGAIN", 0.01)
    path = tmp_path / "bot.db"
    store = await SqlStore.open(path)
    try:
        [[patience]] = await sqlite(store)._writer.fetch("PRAGMA busy_timeout")
        assert patience == 0, "who waits inside of SQLite for a reader holds every write back meanwhile"
        life = Life(store)
        job = await life.accept(replace(life.new(), prompt=SECRET))
        await store.cancel(job.id, now=life.now)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM generation").fetchall()  # as a backup or an audit does for minutes
            async with asyncio.timeout(60):
                await store.forget("ann")
                await store.set_value("written", "at once")
            assert SECRET.encode() in path.with_name("bot.db-wal").read_bytes()
        async with asyncio.timeout(60):
            while path.with_name("bot.db-wal").stat().st_size:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
        assert SECRET.encode() not in path.read_bytes()
        assert await store.get_value("written") == "at once"
    finally:
        await store.close()


async def test_a_long_read_of_its_own_is_broken_off_by_closing(tmp_path: Path) -> None:
    store = await SqlStore.open(tmp_path / "bot.db")
    forever = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    reading = asyncio.create_task(store.db.read_apart(forever))
    while not sqlite(store)._apart:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    assert await store.db.read("SELECT 1") != []  # nobody waits for it
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    another = asyncio.create_task(store.db.read_apart(forever))
    while not sqlite(store)._apart:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)  # it has begun
    await store.close()
    with pytest.raises(Exception, match="restarting"):
        await another
