"""Safe upgrades: a backup first, every earlier schema becomes the newest one, an edited migration and a newer database are
refused with what to do.
"""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.domain.errors import OperatorNeeded, Unusable
from bot.domain.quota.ledger import Resolution
from bot.storage.backup import restore
from bot.storage.sqlite import schema, upgrade_backups
from bot.storage.sqlite.former_schemas import GAPS
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.earlier import fill
from tests.storage.life import START, Life
from tests.tables import sampled

pytestmark = pytest.mark.sqlite_only("of PostgreSQL: postgres/test_schema.py")

SCRIPTS = schema.migrations()
NEWEST = len(SCRIPTS)
RELEASED: dict[str, str] = json.loads(Path(__file__).with_name("released_migrations.json").read_text())


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema that holds something."""
    path = tmp_path_factory.mktemp("full") / "full.db"
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path) -> None:
    store = await SqlStore.open(path)
    life = Life(store)
    await life.posted()
    await life.succeeded()
    await life.failed(Resolution.BILLED)
    await store.set_value("k", "kept")
    await store.close()


def old(path: Path, full: Path, version: int, missing: tuple[int, ...] = ()) -> Path:
    """Make a database of an earlier schema, with the rows of `full` as far as it has their columns."""
    with closing(sqlite3.connect(path)) as connection:
        for number, script in enumerate(SCRIPTS[: version + len(missing)], start=1):
            if number not in missing:
                connection.executescript(script)
        connection.executescript(f"PRAGMA user_version = {version};")
        fill(connection, full)
        connection.execute("DELETE FROM value WHERE name = ?", (schema.CHECKSUMS,))
        connection.commit()
    return path


def objects(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").fetchall()
    return {(name, " ".join((sql or "").split())) for name, sql in rows}


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def backups(path: Path) -> list[Path]:
    return sorted((path.parent / "backups").glob("*"))


async def opened(path: Path) -> None:
    await (await SqlStore.open(path)).close()


@pytest.fixture
def too_little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        usage: Callable[[Path], Usage] = lambda _: Usage(10**9, 10**9 - 1000, 1000)  # noqa: E731
        patch.setattr(shutil, "disk_usage", usage)
        yield


def test_a_released_migration_never_changes() -> None:
    assert {number: schema.checksum(SCRIPTS[int(number) - 1]) for number in RELEASED} == RELEASED


@pytest.mark.parametrize("version", sampled(range(1, NEWEST), (1, 8, 15, 21, NEWEST - 1)))
async def test_every_earlier_schema_becomes_the_newest_one_keeps_its_rows_and_is_backed_up(
    version: int, tmp_path: Path, full: Path
) -> None:
    path = old(tmp_path / "bot.db", full, version)
    before = rows(path, "SELECT id, prompt, state, accepted_at FROM generation ORDER BY id")
    await opened(path)
    assert objects(path) == objects(full)
    assert rows(path, "SELECT id, prompt, state, accepted_at FROM generation ORDER BY id") == before
    assert await differences(path) == []
    [backup] = backups(path)
    assert rows(backup, "PRAGMA user_version") == [(version,)]
    assert rows(backup, "SELECT value FROM value WHERE name = 'k'") == [("kept",)]


@pytest.mark.parametrize(("highest", "missing"), sampled(GAPS, [(10, (7, 8, 9)), (17, (13, 16)), (26, (24,))]))
async def test_a_database_that_had_a_higher_migration_before_lower_ones_becomes_the_newest_one(
    highest: int, missing: tuple[int, ...], tmp_path: Path, full: Path
) -> None:
    version = highest - len(missing)
    path = old(tmp_path / "bot.db", full, version, missing)
    before = rows(path, "SELECT id, prompt, state, accepted_at FROM generation ORDER BY id")
    await opened(path)
    assert {name for name, _ in objects(path)} == {name for name, _ in objects(full)}
    assert rows(path, "SELECT id, prompt, state, accepted_at FROM generation ORDER BY id") == before
    assert await differences(path) == []
    [backup] = backups(path)
    assert rows(backup, "PRAGMA user_version") == [(version,)]
    await restore(backup, tmp_path / "again" / "bot.db", now=START)
    assert await differences(tmp_path / "again" / "bot.db") == []


async def test_a_database_whose_migration_3_was_applied_before_its_release_gets_the_index_it_lacks(
    tmp_path: Path, full: Path
) -> None:
    path = old(tmp_path / "bot.db", full, 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX generation_unanswered")
    await opened(path)
    assert objects(path) == objects(full)


async def test_a_new_database_and_one_that_is_up_to_date_are_not_backed_up(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    await opened(path)
    await opened(path)
    assert backups(path) == []


async def test_the_last_three_backups_of_upgrades_stay_and_other_files_are_left_alone(
    tmp_path: Path, full: Path
) -> None:
    path = tmp_path / "bot.db"
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "bot-schema-mine.db").touch()
    for version in (1, 2, 5, 9, 17):
        path.unlink(missing_ok=True)
        await opened(old(path, full, version))
    names = [file.name.partition("-schema-")[2].partition("-")[0] for file in backups(path)]
    assert sorted(names) == ["17", "5", "9", "mine.db"]


@pytest.mark.usefixtures("too_little")
async def test_without_room_for_a_backup_nothing_is_changed(tmp_path: Path, full: Path) -> None:
    path = old(tmp_path / "bot.db", full, 17)
    with pytest.raises(Unusable, match=r"bot\.db is not upgraded: .* make room on it") as refused:
        await opened(path)
    assert "\n" not in str(refused.value)
    assert rows(path, "PRAGMA user_version") == [(17,)]
    assert backups(path) == []


async def test_a_backup_that_fails_ends_the_start_and_changes_nothing(tmp_path: Path, full: Path) -> None:
    path = old(tmp_path / "bot.db", full, 17)
    (tmp_path / "backups").touch()  # a file in place of the folder
    with pytest.raises(Unusable, match=r"is not upgraded, because it cannot be backed up first: ") as refused:
        await opened(path)
    assert "\n" not in str(refused.value)
    assert rows(path, "PRAGMA user_version") == [(17,)]


async def test_an_edited_migration_is_noticed_before_anything_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bot.db"
    await opened(path)
    edited = [
        *SCRIPTS[:4],
        SCRIPTS[4] + "CREATE TABLE more (n INTEGER);",
        *SCRIPTS[5:],
        "CREATE TABLE further (n INTEGER);",
    ]
    monkeypatch.setattr(schema, "migrations", lambda: edited)
    with pytest.raises(OperatorNeeded, match="another migration 5 than this sora-bot has"):
        await opened(path)
    assert rows(path, "PRAGMA user_version") == [(NEWEST,)]


async def test_comments_and_layout_of_a_migration_may_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bot.db"
    await opened(path)
    monkeypatch.setattr(
        schema, "migrations", lambda: [f"-- Said better.\n\n{script}\n" if script else "" for script in SCRIPTS]
    )
    await opened(path)
    assert rows(path, "PRAGMA user_version") == [(NEWEST,)]
    assert backups(path) == []


async def test_a_newer_database_is_refused_with_the_way_back_and_the_way_works(
    tmp_path: Path, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old(tmp_path / "bot.db", full, 17)
    await opened(path)
    [backup] = backups(path)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: SCRIPTS[:17])
        with pytest.raises(OperatorNeeded) as refused:
            await opened(path)
        assert str(refused.value) == (
            f"the database {path} was made by a newer sora-bot (schema {NEWEST}, this one knows 17); install that one again, or"
            f" go back to before its upgrade: move {path} away and run `sora-bot db restore {backup}`"
        )
    path.unlink()
    await restore(backup, path, now=START)
    assert rows(path, "SELECT value FROM value WHERE name = 'k'") == [("kept",)]
    assert upgrade_backups.newest_backup(path, 16) is None


async def test_a_newer_database_without_a_backup_says_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    await opened(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(OperatorNeeded, match=r"install that one again$"):
        await opened(path)
