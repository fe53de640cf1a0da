"""The file: opened, migrated, locked, or refused in one line that says what to do; and what is left of what is forgotten."""
# ruff: noqa: ASYNC220, ASYNC240 - a test may touch its own files between two awaits

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import OperatorNeeded, Unusable, WrongSettings
from bot.domain.quota.ledger import Resolution
from bot.storage.opening import upgrade
from bot.storage.sqlite import schema as storage_schema
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.conftest import Opener
from tests.storage.earlier import fill
from tests.storage.life import POSTED, Life

pytestmark = pytest.mark.sqlite_only("of PostgreSQL: postgres/test_schema.py")

SECRETS = ("quokka", "axolotl", "okapi", "numbat", "wombat")
HOLD = """
import asyncio, sys
from pathlib import Path
from bot.storage.store import SqlStore

async def main():
    store = await SqlStore.open(Path(sys.argv[1]))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await store.close()

asyncio.run(main())
"""


async def refusal(path: Path) -> str:
    """Why this file cannot be opened; it must be one line."""
    with pytest.raises(Unusable) as refused:
        await (await SqlStore.open(path)).close()
    text = str(refused.value)
    assert "\n" not in text
    assert path.name in text or path.parent.name in text
    return text


def schema(path: Path) -> tuple[int, set[str]]:
    """The file's version, and its tables."""
    with closing(sqlite3.connect(path)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        return version, {name for [name] in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


async def test_an_empty_place_becomes_a_database_of_the_newest_schema(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "bot.db"
    assert await upgrade(path) == len(storage_schema.migrations())
    version, tables = schema(path)
    assert version == len(storage_schema.migrations())
    assert {"generation", "reservation", "entry", "balance", "delivery"} <= tables


async def test_a_database_keeps_what_it_holds_when_opened_again(path: Path, opened: Opener) -> None:
    for expected in (None, "kept"):
        store = await opened(path)
        assert await store.get_value("k") == expected
        await store.set_value("k", "kept")
        await store.close()


async def test_each_migration_is_applied_once_and_in_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await upgrade(path)
    longer = [*storage_schema.migrations(), "CREATE TABLE a (n INTEGER);", "ALTER TABLE a RENAME TO b;"]
    monkeypatch.setattr(storage_schema, "migrations", lambda: longer)
    assert await upgrade(path) == len(longer)
    assert await upgrade(path) == len(longer)
    assert "b" in schema(path)[1]


async def test_a_migration_that_fails_leaves_the_schema_before_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await upgrade(path)
    before = schema(path)
    broken = [*storage_schema.migrations(), "CREATE TABLE a (n INTEGER); CREATE TABLE a (n INTEGER);"]
    monkeypatch.setattr(storage_schema, "migrations", lambda: broken)
    assert "already exists" in await refusal(path)
    assert schema(path) == before


async def test_a_newer_schema_is_refused(path: Path) -> None:
    known = await upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {known + 1}")
    assert "made by a newer sora-bot" in await refusal(path)


async def test_a_second_process_is_refused_until_the_first_is_gone_even_by_sigkill(path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert await refusal(path) == f"another sora-bot is running on {path}; stop it first"
        other.kill()
    await upgrade(path)


async def test_the_same_file_by_another_name_is_refused_too(store: SqlStore, path: Path, tmp_path: Path) -> None:
    alias = tmp_path / "alias.db"
    alias.symlink_to(path)
    assert "another sora-bot is running" in await refusal(alias)
    await store.close()
    await upgrade(alias)


async def test_a_file_that_is_not_a_database_is_refused_and_left_alone(path: Path) -> None:
    content = b"holiday pictures " * 100
    path.write_bytes(content)
    with pytest.raises(OperatorNeeded, match=r"is damaged \(file is not a database\); .* `sora-bot db restore FILE`"):
        await upgrade(path)
    assert path.read_bytes() == content
    path.unlink()
    await upgrade(path)  # nothing of the refused attempt is left in the way


async def test_a_folder_in_the_place_of_the_database_is_refused(path: Path) -> None:
    path.mkdir()
    assert "is a folder; name a file in it" in await refusal(path)


async def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE album (id)")
    content = path.read_bytes()
    with pytest.raises(WrongSettings, match="is a database of another program"):
        await upgrade(path)
    assert path.read_bytes() == content


async def test_tables_of_litestream_may_be_there_first(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE _litestream_seq (id)")
    await upgrade(path)


async def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in await refusal(tmp_path / "file" / "bot.db")


async def test_a_data_folder_in_which_nothing_can_be_opened_is_refused(path: Path) -> None:
    Path(f"{path}.lock").mkdir()
    assert "cannot be written" in await refusal(path)


async def test_an_unwritable_data_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    try:
        (folder / "probe").touch()
    except PermissionError:
        assert "cannot be written" in await refusal(folder / "bot.db")
    else:
        pytest.skip("this user may write anywhere")


async def test_a_database_of_the_first_schema_keeps_its_books_when_brought_up_to_date(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await SqlStore.open(tmp_path / "new.db")
    life = Life(store)
    await life.succeeded()
    await life.failed(Resolution.BILLED)
    job, uses = await life.accept(), await life.uses()
    await store.close()
    with monkeypatch.context() as patch:
        first = storage_schema.migrations()[:1]
        patch.setattr(storage_schema, "migrations", lambda: first)
        await upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        fill(connection, tmp_path / "new.db")
    store = await SqlStore.open(path)
    again = Life(store, life.now)
    assert await again.reload(job) == job
    assert await again.uses() == uses
    await store.cancel(job.id, now=life.now)
    await store.close()
    assert await differences(path) == []


async def test_every_generation_from_before_versions_begins_a_family_of_its_own_when_brought_up_to_date(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        second = storage_schema.migrations()[:2]
        patch.setattr(storage_schema, "migrations", lambda: second)
        await upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        for number in range(3):
            connection.execute(
                "INSERT INTO generation (id, interaction_id, guild_id, channel_id, member_id, prompt, family, model,"
                " format, orientation, seconds, price_micros, state, accepted_at, due_at, finished_at, forget)"
                " VALUES (?, ?, 'guild', 'thread', 'ann', ?, 'Sora 2', 'sora-2', 'task', 'landscape', 4, 1,"
                " 'cancelled', 1, 1, 1, ?)",
                (f"old{number}", f"i{number}", "" if number == 2 else "a cat", number == 2),
            )
        connection.commit()
    store = await SqlStore.open(path)
    life = Life(store)
    for number in range(3):
        found = await store.version(f"old{number}")
        assert found
        old = found.generation
        assert (old.root_id, old.version, old.parent_id) == (old.id, 1, None)
        assert (old.parent_channel_id, old.locale) == (None, "en-US")
        assert [node.id for node in await store.family(old.id)] == [old.id]
    [newest, _], count = await store.history("guild", "ann", skip=0, limit=5)
    assert count == 2
    assert (await life.version(newest.generation)).version == 2
    await store.close()


async def test_what_is_forgotten_is_nowhere_on_the_disk(path: Path) -> None:
    store = await SqlStore.open(path)
    life = Life(store)
    await store.keep_draft(life.draft(pictures=("https://cdn/wombat.png",)))
    await store.keep_draft(life.draft(prompt="wombat " * 400))
    jobs = [replace(life.new(), prompt=f"{secret} " * 400) for secret in ("quokka", "axolotl", "okapi", "numbat")]
    ended, waiting, failing, posted = [await life.accept(job) for job in jobs]
    await store.cancel(ended.id, now=life.now)
    assert found_in(path) == set(SECRETS)
    await store.forget("ann")
    assert found_in(path) == {"axolotl", "okapi", "numbat"}
    await store.cancel(waiting.id, now=life.now)
    assert found_in(path) == {"okapi", "numbat"}
    _, claim = await life.polling(failing)
    await store.fail(failing.id, claim, fault="x", detail="", resolution=Resolution.VOID, now=life.now)
    assert found_in(path) == {"numbat"}
    await life.succeeded(posted)
    await store.claim_delivery(claim := life.claim(), now=life.now)
    await store.record_sent(f"d-{posted.id}", claim, POSTED, now=life.now)
    assert found_in(path) == set()
    await store.close()


def found_in(path: Path) -> set[str]:
    """Which of the secrets lie in the database or its log."""
    content = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    return {secret for secret in SECRETS if secret.encode() in content}
