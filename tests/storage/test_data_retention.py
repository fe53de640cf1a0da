"""A database of years: old windows folded, old prompts blanked, and every sum, report and export as it was."""
# ruff: noqa: ASYNC240, S608 - a test may touch its own files between two awaits, and puts SQL together from its own names

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.generation import Generation, Image
from bot.domain.moderation.guild_settings import ZoneChange
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Per
from bot.storage.backup import backup, restore
from bot.storage.privacy import erasing
from bot.storage.quota.ledger_audit import CELL, COUNTED
from bot.storage.sqlite.schema import migrations
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.conftest import Opener
from tests.storage.life import EVERYTHING, START, Life, at_most

pytestmark = pytest.mark.sqlite_only("it looks into the file; test_data_retention_engines.py is the same on both")

DAY = timedelta(days=1)
PICTURE = Image(file="gen-reference.png", media_type="image/png", url="https://cdn/quokka.png")


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


async def years(life: "_Life", months: int = 4) -> None:
    """Videos of some months, of two members in a server whose time zone changes; one is given back, one reset."""
    for month in range(months):
        if month == 1:
            change = ZoneChange(at=life.now, zone="Asia/Shanghai")
            await life.configure(lambda old, change=change: replace(old, zones=(*old.zones, change)))
        await life.posted(await life.asked("ann"))
        await life.posted(await life.asked("bob"))
        await life.failed(Resolution.BILLED)
        if month == 2:
            await life.reset("bob")
        life.later(days=30)


class _Life(Life):
    async def asked(self, member: str) -> Generation:
        """A job with words and a picture, and its card."""
        job = await self.accept(replace(self.new(member, image=PICTURE), prompt="Zanzibar", avoid="Zanzibar"))
        await self.show(job)
        return job


@pytest.fixture
def life(store: SqlStore) -> _Life:
    return _Life(store)


async def seen(store: SqlStore, life: Life) -> list[object]:
    """What members, moderators and the operator read."""
    days = [START - DAY, *(START + timedelta(days=number) for number in range(140))]
    return [
        await store.sums("guild", days, members=9, models=9),
        [replace(row, prompt="") for row in await store.usage_rows("guild", START - DAY)],
        [await life.uses(member) for member in ("ann", "bob")],
        await store.figures(since=0, now=life.now),
    ]


async def test_windows_that_are_over_are_folded_and_every_sum_stays_proved(
    store: SqlStore, life: _Life, path: Path
) -> None:
    await years(life)
    await life.succeeded()  # now
    old = await life.accept()  # is still running when its windows are over
    before, balances = await seen(store, life), rows(path, "SELECT count(*) FROM balance")[0][0]
    assert await store.fold_windows(before=life.now - timedelta(days=40)) > 30
    assert await seen(store, life) == before
    assert await differences(path) == []
    assert int(str(rows(path, "SELECT count(*) FROM balance")[0][0])) < int(str(balances)) - 30
    life.later(days=90)
    await store.fold_windows(before=life.now - timedelta(days=40))
    assert rows(path, "SELECT count(*) FROM balance WHERE held_videos > 0")[0][0] == 12, "what is held is not folded"
    await store.cancel(old.id, now=life.now)
    assert await store.fold_windows(before=life.now - timedelta(days=40)) == 12
    assert await differences(path) == []
    assert await store.fold_windows(before=life.now - timedelta(days=40)) == 0


async def test_the_audit_finds_what_is_missing_from_a_folded_sum(store: SqlStore, life: _Life, path: Path) -> None:
    await years(life)
    await store.fold_windows(before=life.now - timedelta(days=10))
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE balance SET used_videos = 1 WHERE starts_at = 0 AND scope = 'guild' AND per = 'day'")
        connection.commit()
    [line] = await differences(path)
    assert line.startswith("balance of guild guild, day from 1970-01-01 00:00 UTC: used videos is 1, the entries say ")


async def test_a_job_of_a_folded_month_can_still_be_settled_in_its_own_windows(
    store: SqlStore, life: _Life, path: Path
) -> None:
    await life.posted(await life.asked("bob"))
    job = await life.submitted(await life.accept(limits=EVERYTHING))
    life.later(days=100)
    await store.fold_windows(before=life.now - timedelta(days=40))
    await life.finish(job)
    assert await differences(path) == []
    await store.fold_windows(before=life.now - timedelta(days=40))
    assert await differences(path) == []


async def test_prompts_older_than_they_are_kept_are_blanked_and_nothing_else_changes(
    store: SqlStore, life: _Life, path: Path
) -> None:
    await years(life, 2)
    kept = await life.undeliverable(await life.asked("eve"))
    running = await life.asked("ann")
    until = life.later(days=1)
    new = await life.asked("ann")
    before = await seen(store, life)
    assert await store.blank_prompts(until=until)
    assert await seen(store, life) == before
    assert await differences(path) == []
    words = "SELECT id FROM generation WHERE prompt || coalesce(avoid, '') || coalesce(image_url, '') <> '' ORDER BY id"
    left = {str(row[0]) for row in rows(path, words)}
    assert left == {running.id, kept.id, new.id}, "what runs, what can still be posted, what is new"
    assert await store.to_discard() == [PICTURE.file]
    stored = await store.stored("bob")
    assert (stored.generations, stored.forgotten, stored.expired) == (0, 0, 2)
    assert await store.prompts_blanked_until() == until
    old = await store.version(str(rows(path, "SELECT id FROM generation ORDER BY accepted_at LIMIT 1")[0][0]))
    assert old is not None
    assert old.generation.prompt_expired
    assert not await store.blank_prompts(until=until), "nothing is written where nothing is old"


async def test_a_restored_backup_blanks_again_what_was_blanked_since(
    store: SqlStore, life: _Life, path: Path, tmp_path: Path, opened: Opener
) -> None:
    await life.posted(await life.asked("ann"))
    await backup(path, tmp_path / "old.backup")
    assert await store.blank_prompts(until=life.later(days=200))
    await store.list_forgotten()
    await store.close()
    for left in tmp_path.glob("bot.db*"):
        left.unlink()
    await restore(tmp_path / "old.backup", path, now=life.now)
    assert rows(path, "SELECT prompt, image_url FROM generation") == [("", None)]
    assert b"Zanzibar" not in path.read_bytes()
    again = await opened(path)
    assert await again.prompts_blanked_until() is not None


async def test_a_deletion_that_a_crash_has_cut_off_is_finished(store: SqlStore, life: _Life, path: Path) -> None:
    await life.posted(await life.asked("ann"))
    until = int(life.later(days=1).timestamp() * 1000)

    await store.db.write(lambda writing: erasing.note(writing, erasing.EVERYONE, until))
    assert await store.finish_forgetting()
    assert rows(path, "SELECT count(*) FROM generation WHERE prompt <> ''") == [(0,)]


async def test_windows_in_twelve_rows_become_one_row_and_mean_the_same(
    store: SqlStore, life: _Life, path: Path
) -> None:
    await years(life, 2)
    await life.accept(limits=[at_most(9)])
    await store.close()
    columns = [f"{zone}{per}_at" for zone in ("", "utc_") for per in Per]
    numbers = f"SELECT id, {', '.join(columns)} FROM reservation ORDER BY id"
    before = rows(path, numbers)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:  # as it was before
        connection.execute(
            "CREATE TABLE reservation_window (reservation_id, scope, guild_id, member_id, per, starts_at,"
            " PRIMARY KEY (reservation_id, scope, per)) WITHOUT ROWID"
        )
        counted = f"WITH {CELL} SELECT id, {COUNTED} FROM reservation CROSS JOIN cell"
        connection.execute(f"INSERT INTO reservation_window {counted}")
        for name in columns:
            connection.execute(f"ALTER TABLE reservation DROP COLUMN {name}")
        connection.execute("DROP INDEX generation_prompted")
        [script] = [text for text in migrations() if "DROP TABLE reservation_window" in text]
        connection.executescript(f"BEGIN;\n{script}\nCOMMIT;")
    assert rows(path, numbers) == before
    assert {number is None for _, *numbers in before for number in numbers} == {True, False}
    assert await differences(path) == []
