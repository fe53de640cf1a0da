"""What a scrape of `/metrics` asks the database costs the same however many jobs have ended."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.monitoring.metrics.recorder import Metrics
from bot.storage.store import SqlStore
from tests.monitoring.test_metrics import scrape
from tests.storage.life import POSTED, Life
from tests.storage.sqlite_parts import sqlite
from tests.storage.test_plans import OF_OPEN_ROWS, clone, traced

pytestmark = pytest.mark.sqlite_only("it reads the plans of SQLite's engine and counts its steps")

SAME = 1.1


async def test_a_scrape_reads_nothing_that_grows_from_end_to_end(store: SqlStore, life: Life, tmp_path: Path) -> None:
    metrics = Metrics()
    await metrics.follow(store)
    await life.succeeded()
    await life.accept()
    async with traced(store) as statements:
        await scrape(metrics, store, life.now)
    scans: list[str] = []
    with closing(sqlite3.connect(tmp_path / "bot.db")) as connection:
        for sql in statements:
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
                of_one_row = step in ("SCAN ready", "SCAN part", "SCAN process")  # as many rows as processes run
                if step.startswith("SCAN") and not of_one_row and not step.endswith(OF_OPEN_ROWS):
                    scans.append(f"{step}: {sql}")
    assert any("balance" in sql for sql in statements)
    assert scans == []


async def test_a_scrape_costs_the_same_with_thousands_of_ended_jobs(tmp_path: Path) -> None:
    steps: list[int] = []
    for ended in (10, 4_000):
        path = tmp_path / f"{ended}.db"
        store = await SqlStore.open(path)
        life, metrics = Life(store), Metrics()
        old = await life.succeeded()
        found = await store.claim_delivery(claim := life.claim(), now=life.now)
        assert found is not None
        await store.record_sent(found[0].id, claim, POSTED, now=life.now)
        clone(path, old.id, ended)
        await metrics.follow(store)
        await life.accept()
        count = [0]

        def tick(count: list[int] = count) -> int:
            count[0] += 1
            return 0

        reader: Any = sqlite(store)._reader
        await reader.set_progress_handler(tick, 1)
        await scrape(metrics, store, life.now)
        steps += count
        await store.close()
    few, many = steps
    assert few > 100
    assert many <= few * SAME
