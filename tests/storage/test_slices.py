"""What grows with a member is done in slices: each is one short transaction, and a crash between two leaves none undone."""
# ruff: noqa: ASYNC240 - a test may touch its own files between two awaits

import shutil
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.storage.backup import backup, restore
from bot.storage.jobs import media_files
from bot.storage.privacy import erasing
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.conftest import POSTGRESQL_LONG
from tests.process.database import Rows
from tests.storage.conftest import Opener
from tests.storage.life import Life
from tests.storage.test_plans import clone, traced

JOBS = 25
ENGINES = POSTGRESQL_LONG
CRASH = (
    "CREATE TRIGGER crash BEFORE UPDATE OF forget ON generation"
    " WHEN (SELECT count(*) FROM generation WHERE forget = 1) >= {after} BEGIN SELECT RAISE(ABORT, 'killed'); END"
)
CRASH_OF_SERVER = """
CREATE OR REPLACE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM generation WHERE forget = 1) >= {after} THEN
        RAISE EXCEPTION 'killed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER crash BEFORE UPDATE OF forget ON generation FOR EACH ROW EXECUTE FUNCTION crash()
"""


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten jobs at a time."""
    monkeypatch.setattr(erasing, "AT_ONCE", 10)


async def grown(store: SqlStore, life: Life, path: Path, opened: Opener) -> SqlStore:
    """A store with so many ended jobs of Ann, in a file all of the same moment, and one of Bob."""
    done = await life.failed()
    await store.cancel((await life.accept(life.new("bob"))).id, now=life.now)
    if store.shared:
        for _ in range(JOBS - 1):
            await life.failed()
        return store
    await store.close()
    clone(path, done.id, JOBS - 1)
    return await opened(path)


@contextmanager
def interrupted(store: SqlStore, rows: Rows, after: int) -> Generator[None]:
    """A trigger in place of a crash: once so many are erased, no more can be."""
    rows.change((CRASH_OF_SERVER if store.shared else CRASH).format(after=after))
    try:
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="killed"):
            yield
    finally:
        rows.change("DROP TRIGGER crash ON generation" if store.shared else "DROP TRIGGER crash")


async def left(store: SqlStore) -> tuple[int, int]:
    """Of how many of Ann's jobs the words are there, and how many deletions are not done."""
    [[words]] = await store.db.read("SELECT count(*) FROM generation WHERE member_id = 'ann' AND prompt <> ''")
    [[open_ones]] = await store.db.read("SELECT count(*) FROM forgetting")
    return int(words), int(open_ones)


@pytest.mark.sqlite_only("it reads what SQLite's connections are sent")
@pytest.mark.usefixtures("slices")
async def test_a_deletion_is_many_transactions_of_a_few_jobs_each(
    store: SqlStore, life: Life, path: Path, opened: Opener
) -> None:
    store = await grown(store, life, path, opened)
    async with traced(store) as statements:
        await store.forget("ann", now=life.now)
    slices: list[set[str]] = [set()]
    for sql in statements:
        if sql.startswith(("COMMIT", "RELEASE")):
            slices.append(set())
        if sql.startswith("UPDATE generation SET forget = 1 WHERE id = "):
            slices[-1].add(sql)
    assert [len(one) for one in slices if one] == [10, 10, 5]
    assert await left(store) == (0, 0)
    assert await differences(path) == []


@pytest.mark.usefixtures("slices")
async def test_a_deletion_that_a_crash_has_cut_off_is_finished_and_erases_nothing_that_came_later(
    store: SqlStore, life: Life, path: Path, rows: Rows, opened: Opener
) -> None:
    store = await grown(store, life, path, opened)
    with interrupted(store, rows, after=12):
        await store.forget("ann", now=life.now)
    assert await left(store) == (JOBS - 10, 1), "one slice is whole, the next has not begun"
    await store.close()
    store = await opened(path)
    life.store = store
    life.later(seconds=1)
    later = await life.failed()
    assert await store.finish_forgetting()
    assert await left(store) == (1, 0)
    assert (await store.generation(later.id)) == later
    assert (await store.stored("bob")).generations == 1
    assert not await store.finish_forgetting()


@pytest.mark.sqlite_only("`db backup` and `db restore` are for SQLite's file")
@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize("how", ["restored", "put back by hand"])
async def test_a_backup_of_half_a_deletion_comes_back_with_none_of_it(
    store: SqlStore, life: Life, path: Path, rows: Rows, tmp_path: Path, opened: Opener, how: str
) -> None:
    store = await grown(store, life, path, opened)
    with interrupted(store, rows, after=10):
        await store.forget("ann", now=life.now)
    await store.list_forgotten()
    old = tmp_path / "old" / "old.db"
    await backup(path, old)
    await store.close()
    path.unlink()
    if how == "restored":
        await restore(old, path, now=life.now)
        again = await opened(path)
    else:
        shutil.copy(old, path)
        again = await opened(path)
        assert await again.finish_forgetting(), "as the bot does once it runs"
    assert await left(again) == (0, 0)
    assert await differences(path) == []


async def test_the_files_to_discard_come_in_pages_and_one_that_cannot_go_is_passed(store: SqlStore, life: Life) -> None:
    await store.db.write(
        lambda writing: writing.executemany(
            "INSERT INTO discard (file) VALUES (?)", [(f"{number:02}.png",) for number in range(7)]
        )
    )
    first = await store.to_discard(limit=3)
    assert first == ["00.png", "01.png", "02.png"]
    await store.discarded(first[1:])  # the first stays
    assert await store.to_discard(after=first[-1], limit=3) == ["03.png", "04.png", "05.png"]
    assert await store.to_discard(after="06.png") == []
    assert await store.to_discard(limit=2) == ["00.png", "03.png"]


async def test_what_many_files_are_kept_for_is_asked_in_slices_and_misses_none(
    store: SqlStore, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_files, "AT_ONCE", 2)
    jobs = [await life.accept(life.new(f"m{number}")) for number in range(5)]
    ids = [job.id for job in jobs]
    assert set(await store.kept_for([*ids, "stranger"])) == set(ids)
