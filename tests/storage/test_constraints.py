"""The database itself forbids what must never be."""

from dataclasses import replace

import pytest

from bot.domain.moderation.guild_settings import ZoneChange
from bot.domain.quota.rules import Subject
from bot.storage.database import Writing
from bot.storage.store import SqlStore
from tests.conftest import POSTGRESQL_LONG
from tests.process.database import Rows
from tests.storage.everything import REFUSED, dump
from tests.storage.life import Life

ENGINES = POSTGRESQL_LONG
# What each engine says.
SAID = {
    "CHECK": "CHECK|check constraint",
    "UNIQUE": "UNIQUE|unique constraint",
    "FOREIGN KEY": "FOREIGN KEY|foreign key",
}


async def run(store: SqlStore, sql: str) -> None:
    async def work(writing: Writing) -> None:
        await writing.execute(sql)

    await store.db.write(work)


_ENTRY = "reservation_id, kind, videos, seconds, micros, at"
ONCE_MORE = f"INSERT INTO entry ({_ENTRY}) SELECT {_ENTRY} FROM entry"  # noqa: S608 - own names
VOIDED_TOO = ONCE_MORE.replace("SELECT reservation_id, kind", "SELECT reservation_id, 'void'")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE entry SET micros = 0", "never changed"),
        ("DELETE FROM entry", "never deleted"),
        (ONCE_MORE, "UNIQUE"),
        (VOIDED_TOO, "UNIQUE"),
        ("UPDATE balance SET used_videos = used_videos - 2", "CHECK"),
        ("UPDATE balance SET held_micros = -1", "CHECK"),
        ("DELETE FROM reservation", "FOREIGN KEY"),
        ("DELETE FROM generation", "FOREIGN KEY"),
        ("UPDATE generation SET state = 'reserved'", "CHECK"),
        ("UPDATE generation SET video_file = NULL", "CHECK"),
        ("UPDATE delivery SET removed_at = 1", "CHECK"),
        ("UPDATE delivery SET state = 'undeliverable', message_id = 'm'", "CHECK"),
        ("UPDATE generation SET version = 0", "CHECK"),
        ("UPDATE generation SET parent_id = 'nobody'", "FOREIGN KEY"),
        ("UPDATE generation SET image_kept = 2", "CHECK"),
        (
            "INSERT INTO draft (id, guild_id, member_id, generation_id, pictures, image_gone, made_at)"
            " VALUES ('d', 'guild', 'ann', 'nobody', '[]', 0, 0)",
            "FOREIGN KEY",
        ),
        ("UPDATE draft SET no_image = 2", "CHECK"),
        ("UPDATE draft SET image_lost = 2", "CHECK"),
        ("UPDATE rule SET amount = -2", "CHECK"),
        ("INSERT INTO rule SELECT 'other', guild_id, subject, subject_id, 1, unit, per FROM rule", "UNIQUE"),
        ("UPDATE rule SET subject_id = 'x'", "CHECK"),
        ("UPDATE grant_balance SET amount = -1", "CHECK"),
        ("UPDATE reservation SET covered_videos = 2", "CHECK"),
        ("UPDATE grant_entry SET amount = 7", "never changed"),
        ("DELETE FROM grant_entry", "never deleted"),
        ("UPDATE reset_entry SET videos = 0", "never changed"),
        ("DELETE FROM reset_entry", "never deleted"),
        ("UPDATE zone_change SET at = 0", "never changed"),
        ("DELETE FROM zone_change", "never deleted"),
        ("UPDATE change SET reason = ''", "never changed"),
        ("DELETE FROM change", "never shortened"),
    ],
)
async def test_the_database_itself_refuses_what_the_ledger_forbids(
    store: SqlStore, life: Life, rows: Rows, sql: str, why: str
) -> None:
    await life.succeeded()
    await life.reset()
    await life.grant(2)
    await store.keep_draft(life.draft())
    await life.set_rule(Subject.EVERYONE, 5)
    await life.configure(lambda old: replace(old, zones=(ZoneChange(life.now, "Europe/Berlin"),)))
    before = dump(rows)
    with pytest.raises(REFUSED, match=SAID.get(why, why)):
        await run(store, sql)
    assert dump(rows) == before


async def test_a_number_in_a_family_is_given_once(store: SqlStore, life: Life) -> None:
    await life.version(await life.accept())
    with pytest.raises(REFUSED, match=SAID["UNIQUE"]):
        await run(store, "UPDATE generation SET version = 1")


async def test_a_form_makes_one_generation(store: SqlStore, life: Life) -> None:
    await life.accept(replace(life.new(), draft_id="a"))
    await life.accept(replace(life.new(), draft_id="b"))
    with pytest.raises(REFUSED, match=SAID["UNIQUE"]):
        await run(store, "UPDATE generation SET draft_id = 'a'")


async def test_one_job_at_uniall_belongs_to_one_generation(store: SqlStore, life: Life) -> None:
    await life.submitted()
    await life.submitted()
    with pytest.raises(REFUSED, match=SAID["UNIQUE"]):
        await run(store, "UPDATE generation SET job_id = 'same'")
