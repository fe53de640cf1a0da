"""A backup is whole and checked; what comes back from one never bills and never posts twice."""
# ruff: noqa: ASYNC240 - a test may touch its own files between two awaits

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.errors import Unusable
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Scope
from bot.storage.backup import backup, restore
from bot.storage.opening import upgrade
from bot.storage.sqlite import schema
from bot.storage.sqlite.schema import migrations
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.model.killing import leave_as_killed
from tests.process.database import Rows
from tests.storage.conftest import Opener
from tests.storage.everything import dump
from tests.storage.life import Life
from tests.tables import sampled

pytestmark = pytest.mark.sqlite_only(
    "`db backup` and `db restore` are for SQLite's file; PostgreSQL is saved by its own tools"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "monday.db"


@pytest.fixture
def back(tmp_path: Path) -> Path:
    return tmp_path / "back" / "bot.db"


async def started(store: SqlStore, life: Life) -> Life:
    """The life that goes on in a store as a starting bot has it."""
    await store.void_leases(now=life.now)
    again = Life(store, life.now)
    again._numbers = life._numbers
    return again


async def test_a_backup_holds_everything_committed_and_nothing_beside_it(
    store: SqlStore, life: Life, path: Path, file: Path
) -> None:
    await life.succeeded()
    await life.failed()
    await backup(path, file)
    assert dump(Rows(file)) == dump(Rows(path))
    assert [left.name for left in file.parent.iterdir()] == [file.name]


async def test_a_backup_beside_a_working_bot_is_one_moment(
    store: SqlStore, life: Life, path: Path, tmp_path: Path
) -> None:
    async def working() -> None:
        for _ in range(20):
            await life.succeeded()

    work = asyncio.ensure_future(working())
    for number in range(5):
        await backup(path, tmp_path / f"{number}.db")
        assert await differences(tmp_path / f"{number}.db") == []
    await work


async def test_what_a_killed_bot_left_can_be_audited_and_backed_up_as_it_is(
    life: Life, path: Path, file: Path, back: Path
) -> None:
    await life.succeeded()
    leave_as_killed(path, back)
    assert await differences(back) == []
    leave_as_killed(path, back.parent / "again" / "bot.db")
    await backup(back.parent / "again" / "bot.db", file)
    assert dump(Rows(file)) == dump(Rows(path))


async def test_a_backup_overwrites_nothing_least_of_all_the_database(store: SqlStore, path: Path, file: Path) -> None:
    await backup(path, file)
    for taken in (file, path):
        before = taken.read_bytes()
        with pytest.raises(Unusable, match="exists already"):
            await backup(path, taken)
        assert taken.read_bytes() == before


async def test_a_backup_that_cannot_be_made_leaves_no_file(store: SqlStore, path: Path, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be copied"):
        await backup(tmp_path / "missing.db", tmp_path / "a.db")
    (tmp_path / "plain").touch()
    with pytest.raises(Unusable, match="cannot be written"):
        await backup(path, tmp_path / "plain" / "a.db")
    assert not list(tmp_path.glob("a.db*"))
    assert not (tmp_path / "missing.db").exists()


async def test_a_database_of_another_program_is_not_backed_up_as_the_bots(path: Path, file: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE album (id)")
    with pytest.raises(Unusable, match="is a database of another program; name another file in DATABASE_URL"):
        await backup(path, file)
    assert not file.exists()


async def test_a_half_made_backup_of_a_crash_is_no_obstacle(store: SqlStore, path: Path, file: Path) -> None:
    file.parent.mkdir()
    file.with_name("monday.db.part").write_bytes(b"half")
    await backup(path, file)
    assert await differences(file) == []


async def test_a_restored_database_is_the_one_that_was_backed_up(
    store: SqlStore, life: Life, path: Path, file: Path, back: Path, opened: Opener
) -> None:
    jobs = [await life.succeeded(), await life.failed(Resolution.BILLED)]
    uses = await life.uses()
    await backup(path, file)
    await restore(file, back, now=life.now)
    assert await differences(back) == []
    life = await started(await opened(back), life)
    assert [await life.reload(job) for job in jobs] == jobs
    assert await life.uses() == uses
    assert not list(back.parent.glob("*.part*"))


async def test_a_restore_never_overwrites_a_database_nor_what_is_left_of_one(
    store: SqlStore, path: Path, file: Path, back: Path, life: Life
) -> None:
    await backup(path, file)
    back.parent.mkdir()
    for name in ("bot.db", "bot.db-wal", "bot.db-journal"):
        (back.parent / name).write_bytes(b"mine")
        with pytest.raises(Unusable, match=f"{name} exists already"):
            await restore(file, back, now=life.now)
        assert (back.parent / name).read_bytes() == b"mine"
        (back.parent / name).unlink()
    with pytest.raises(Unusable, match="another sora-bot is running"):
        await restore(file, path, now=life.now)


async def test_a_file_that_is_no_backup_is_not_restored(back: Path, file: Path, life: Life) -> None:
    file.parent.mkdir()
    for content in (None, b"holiday pictures " * 100):
        if content:
            file.write_bytes(content)
        with pytest.raises(Unusable):
            await restore(file, back, now=life.now)
        assert not list(back.parent.glob("bot.db*[!k]"))


@pytest.mark.parametrize(
    "script",
    [
        None,
        "CREATE TABLE x (a)",
        "PRAGMA user_version = 2; CREATE TABLE generation (id)",
        "PRAGMA user_version = -1; CREATE TABLE generation (id)",
    ],
)
async def test_an_empty_file_and_a_database_of_another_program_are_not_restored(
    back: Path, file: Path, life: Life, script: str | None
) -> None:
    file.parent.mkdir()
    file.touch()
    if script:
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
    before = file.read_bytes()
    with pytest.raises(Unusable, match=r"monday\.db is not restored, it is no database of sora-bot") as refused:
        await restore(file, back, now=life.now)
    assert "\n" not in str(refused.value)
    assert not list(back.parent.glob("bot.db*[!k]"))
    assert file.read_bytes() == before


async def test_a_backup_whose_books_do_not_agree_is_not_restored_and_each_difference_has_a_line(
    store: SqlStore, life: Life, path: Path, file: Path, back: Path
) -> None:
    job = await life.succeeded()
    await backup(path, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE balance SET used_videos = used_videos + 1 WHERE scope = 'member' AND per = 'day'")
        connection.execute("DELETE FROM delivery")
    with pytest.raises(Unusable) as refused:
        await restore(file, back, now=life.now)
    reason, *lines = str(refused.value).splitlines()
    assert "its books do not agree" in reason
    assert lines == await differences(file)
    assert f"generation {job.id} succeeded, but nothing delivers it" in lines
    assert len(lines) == 2
    assert not list(back.parent.glob("bot.db*[!k]"))


@pytest.mark.parametrize("version", sampled(range(1, len(migrations())), (1, 12, 20, len(migrations()) - 1)))
async def test_a_backup_of_any_earlier_schema_is_restored(
    back: Path, file: Path, life: Life, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = migrations()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: scripts[:version])
        await upgrade(file)
    await restore(file, back, now=life.now)
    assert await differences(back) == []


async def test_a_backup_of_a_newer_version_is_not_restored(store: SqlStore, path: Path, back: Path, life: Life) -> None:
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Unusable, match="newer sora-bot"):
        await restore(path, back, now=life.now)
    assert not back.exists()


async def test_what_was_waiting_or_on_its_way_is_in_doubt_after_a_restore_and_never_sent_by_itself(
    store: SqlStore, life: Life, path: Path, file: Path, back: Path, opened: Opener
) -> None:
    sent, _ = await life.submitting()
    waiting = await life.accept()
    released, claim = await life.submitting(waiting)
    await store.release_submit(released.id, claim, hold="insufficient_funds", due_at=life.now, now=life.later(hours=1))
    await backup(path, file)
    await restore(file, back, now=life.later(days=1))
    assert await differences(back) == []
    store = await opened(back)
    life = await started(store, life)
    assert await life.next() is None
    found = {job.id: job for job in await store.unclear()}
    assert set(found) == {sent.id, waiting.id}
    assert found[sent.id].submitting_at == sent.submitting_at
    assert (found[waiting.id].submitting_at, found[waiting.id].hold) == (waiting.accepted_at, None)
    await store.fail(waiting.id, None, fault="unclear", detail="", resolution=Resolution.BILLED, now=life.now)
    then = waiting.accepted_at
    assert [await life.tally(scope, at=then) for scope in (Scope.MEMBER, Scope.OPERATOR)] == [(0, 1), (1, 1)]


async def test_every_post_after_a_restore_looks_in_the_channel_first_but_not_those_of_new_jobs(
    store: SqlStore, life: Life, path: Path, file: Path, back: Path, opened: Opener
) -> None:
    for _ in range(2):
        await life.succeeded()
    await store.claim_delivery(life.claim(), now=life.now)  # one queued, one sending, and one job still at UniAll
    submitted = await life.submitted()
    await backup(path, file)
    await restore(file, back, now=life.later(days=1))
    store = await opened(back)
    life = await started(store, life)
    life.later(seconds=1)
    for _ in range(2):
        got = await store.claim_delivery(life.claim(), now=life.now)
        assert got is not None
        assert got[0].attempts >= 2
    await life.finish(submitted)
    new = await life.succeeded()
    attempts: dict[str, int] = {}
    for _ in range(2):
        got = await store.claim_delivery(life.claim(), now=life.now)
        assert got is not None
        attempts[got[1].id] = got[0].attempts
    assert attempts == {submitted.id: 2, new.id: 1}


async def test_upgrade_answers_the_schema_and_is_refused_while_a_bot_runs(store: SqlStore, path: Path) -> None:
    with pytest.raises(Unusable, match="another sora-bot is running"):
        await upgrade(path)
    await store.close()
    assert await upgrade(path) == len(migrations())
