"""What may be many rows is made into records by a thread, and a page of a long history reads no more than its own rows."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.generation import Generation
from bot.domain.quota.spending import UsageRow
from bot.domain.versions.version import FamilyNode
from bot.storage import rows
from bot.storage.quota import exports
from bot.storage.store import SqlStore
from bot.storage.versions import families
from tests.storage.life import Life
from tests.storage.sqlite_parts import sqlite
from tests.storage.test_plans import clone

pytestmark = pytest.mark.sqlite_only("it counts the steps of SQLite's engine, and watches its threads")


async def test_only_the_rows_of_a_page_are_read_and_joined(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    store = await SqlStore.open(path)
    done = await Life(store).succeeded()
    await store.close()
    clone(path, done.id, 3000)
    store = await SqlStore.open(path)
    try:
        steps = 0

        def counted() -> int:
            nonlocal steps
            steps += 1
            return 0

        await sqlite(store)._reader.set_progress_handler(counted, 100)
        costs: list[int] = []
        for skip in (0, 2990):
            steps = 0
            found, count = await store.history("guild", "ann", skip=skip, limit=5)
            assert (len(found), count) == (5, 3001)
            costs.append(steps)
        # Four steps of SQLite for each row that is skipped; with its post looked up it takes eleven.
        assert costs[1] - costs[0] <= 3000 * 7 / 100, costs
    finally:
        await store.close()


async def test_many_rows_become_records_off_the_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bot.db"
    store = await SqlStore.open(path)
    done = await Life(store).succeeded()
    await store.close()
    clone(path, done.id, rows.FEW + 50)
    store = await SqlStore.open(path)
    threads: set[bool] = set()
    kept_at, nodes, used = rows.generation, families._nodes, exports._usage

    def on_main() -> None:
        threads.add(threading.current_thread() is threading.main_thread())

    def watched(found: Sequence[families.Row]) -> list[FamilyNode]:
        on_main()
        return nodes(found)

    def exported(row: families.Row) -> UsageRow:
        on_main()
        return used(row)

    def kept(row: families.Row) -> Generation:
        on_main()
        return kept_at(row)

    monkeypatch.setattr(families, "_nodes", watched)
    monkeypatch.setattr(exports, "_usage", exported)
    monkeypatch.setattr(rows, "generation", kept)
    try:
        await store.db.write(
            lambda writing: writing.execute("UPDATE generation SET root_id = 'r', version = rowid, card_answered = 0")
        )
        assert len(await store.family("r")) == rows.FEW + 51
        assert len(await store.usage_rows("guild", done.accepted_at)) == rows.FEW + 51
        assert len(await store.cardless()) == rows.FEW + 51
        ids = [f"{done.id}-{number}" for number in range(1, rows.FEW + 51)]
        assert len(await store.kept_for(ids)) == rows.FEW + 50
        assert threads == {False}
    finally:
        await store.close()
