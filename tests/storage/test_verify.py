"""The audit finds every kind of difference, says it in one line, and is silent where all is well."""
# ruff: noqa: ASYNC240 - a test may touch its own files between two awaits

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.errors import Unusable
from bot.storage.opening import upgrade
from bot.storage.quota import ledger_audit
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.conftest import POSTGRESQL_LONG
from tests.storage.books import tamper
from tests.storage.conftest import Addresses
from tests.storage.life import Life

ENGINES = POSTGRESQL_LONG


async def test_books_in_every_state_agree(mixed: Path | str) -> None:
    assert await differences(mixed) == []


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("DELETE FROM reservation WHERE id = 'reserved'", "generation reserved has no reservation"),
        (
            "UPDATE generation SET price_micros = 1 WHERE id = 'reserved'",
            "generation reserved: its reservation holds 1 videos, 4 seconds, $0.270000, but it is one of 4 seconds for $0.000001",
        ),
        (
            "UPDATE generation SET member_id = 'bob' WHERE id = 'reserved'",
            "generation reserved: its reservation is of another member or server",
        ),
        (
            "DELETE FROM entry WHERE reservation_id = 'reserved'",
            "reservation reserved has 0 reserve entries and 0 resolutions, and is pending",
        ),
        (
            "DELETE FROM entry WHERE reservation_id = 'voided' AND kind = 'void'",
            "reservation voided has 1 reserve entries and 0 resolutions, and is voided",
        ),
        (
            "INSERT INTO entry (reservation_id, kind, videos, seconds, micros, at)"
            " SELECT 'reserved', 'post', 1, 4, 270000, at FROM entry LIMIT 1",
            "reservation reserved has 1 reserve entries and 1 resolutions, and is pending",
        ),
        (
            "UPDATE entry SET micros = 1 WHERE reservation_id = 'succeeded' AND kind = 'post'",
            r"entry \d+ \(post\) of reservation succeeded is of another amount",
        ),
        (
            "UPDATE entry SET kind = 'void' WHERE reservation_id = 'succeeded' AND kind = 'post'",
            "generation succeeded is succeeded, but its reservation is posted by void",
        ),
        (
            "UPDATE entry SET kind = 'post' WHERE reservation_id = 'voided' AND kind = 'void'",
            "generation voided is failed, but its reservation is voided by post",
        ),
        (
            "UPDATE entry SET kind = 'billed' WHERE reservation_id = 'cancelled' AND kind = 'void'",
            "generation cancelled is cancelled, but its reservation is voided by billed",
        ),
        (
            "UPDATE generation SET state = 'submitted', finished_at = NULL, fault = NULL WHERE id = 'voided'",
            "generation voided is submitted, but its reservation is voided by void",
        ),
        (
            "UPDATE reservation SET state = 'posted' WHERE id = 'voided'",
            "generation voided is failed, but its reservation is posted by void",
        ),
        (
            "UPDATE generation SET state = 'succeeded', finished_at = 1, video_file = 'v' WHERE id = 'submitted'",
            "generation submitted is succeeded, but its reservation is pending by no entry",
        ),
        (
            "UPDATE reservation SET utc_week_at = week_at - 700000000 WHERE id = 'reserved'",
            "reservation reserved counts in 11 of its 12 windows",
        ),
        (
            "UPDATE reservation SET hour_at = hour_at - 3600001 WHERE id = 'reserved'",
            "reservation reserved counts in 9 of its 12 windows",
        ),
        ("DELETE FROM delivery", "generation succeeded succeeded, but nothing delivers it"),
        (
            "UPDATE delivery SET generation_id = 'submitted'",
            "generation submitted is submitted, but has a delivery",
        ),
        pytest.param(
            "UPDATE delivery SET generation_id = 'nobody'",
            r"delivery row \d+ refers to a generation that does not exist",
            marks=pytest.mark.sqlite_only("PostgreSQL never lets go of its foreign keys"),
        ),
        (
            "UPDATE balance SET used_videos = 7 WHERE scope = 'member' AND per = 'day'",
            "balance of member guild/ann, day from 2026-03-04 00:00 UTC: used videos is 7, the entries say 0",
        ),
        (
            "UPDATE balance SET held_micros = 1 WHERE scope = 'operator' AND per = 'hour'",
            "balance of operator, hour from 2026-03-04 12:00 UTC: held micros is 1, the entries say 2160000",
        ),
        (
            "DELETE FROM balance WHERE scope = 'guild' AND per = 'month'",
            "balance of guild guild, month from 2026-03-01 00:00 UTC: held seconds is 0, the entries say 32",
        ),
        (
            "DELETE FROM reset_entry WHERE per = 'week'",
            "balance of member guild/ann, week from 2026-03-02 00:00 UTC: used videos is 0, the entries say 1",
        ),
        (
            "UPDATE reservation SET covered_seconds = 1 WHERE id = 'covered'",
            "reservation covered has 1 seconds covered by grants and is pending, but its entries cover 2 and return 0",
        ),
        (
            "UPDATE reservation SET covered_seconds = 0 WHERE id = 'covered'",
            "balance of member guild/gil, day from 2026-03-04 00:00 UTC: held seconds is 6, the entries say 8",
        ),
        (
            "DELETE FROM grant_entry WHERE reservation_id = 'returned' AND kind = 'return'",
            "reservation returned has 4 seconds covered by grants and is voided, but its entries cover 4 and return 0",
        ),
        (
            "INSERT INTO grant_entry (guild_id, member_id, unit, grant_id, kind, amount, reservation_id, at)"
            " SELECT guild_id, member_id, unit, grant_id, 'return', 2, reservation_id, at"
            " FROM grant_entry WHERE reservation_id = 'covered'",
            "reservation covered has 2 seconds covered by grants and is pending, but its entries cover 2 and return 2",
        ),
        (
            "UPDATE grant_entry SET member_id = 'eve' WHERE reservation_id = 'covered'",
            r"grant entry \d+ of reservation covered is of another member or server",
        ),
        (
            "UPDATE grant_balance SET amount = 6 WHERE member_id = 'gil'",
            "grants of guild/gil: 6 seconds are left, the entries say 5",
        ),
        (
            "DELETE FROM grant_balance WHERE member_id = 'gil'",
            "grants of guild/gil: 0 seconds are left, the entries say 5",
        ),
        (
            "UPDATE grant_balance SET amount = 9 WHERE grant_id = 'fans'",
            "grants of guild/rob of fans: 9 videos are left, the entries say 1",
        ),
        (
            "UPDATE grant_entry SET amount = 3 WHERE grant_id = 'fans' AND kind = 'open'",
            "rob of grant fans has 1 opening entries of 3 videos, but the grant is of 2",
        ),
        ("DELETE FROM grant_entry WHERE grant_id = 'dated'", "grant dated to member gil was never opened"),
        (
            "UPDATE grant_entry SET member_id = 'eve' WHERE grant_id = 'dated'",
            r"grant entry \d+ is of grant dated, which is another's or does not exist",
        ),
        (
            "UPDATE grant_entry SET grant_id = 'dated' WHERE reservation_id = 'returned' AND kind = 'return'",
            "reservation returned was given back, but took 4 seconds of grant  and returned 0",
        ),
        (
            "UPDATE generation SET prompt = 'x' WHERE id = 'returned'",
            "generation returned is to be forgotten and is done, but its prompt or image is kept",
        ),
        (
            "UPDATE generation SET avoid = 'x' WHERE id = 'returned'",
            "generation returned is to be forgotten and is done, but its prompt or image is kept",
        ),
        (
            "UPDATE generation SET end_image_url = 'x' WHERE id = 'returned'",
            "generation returned is to be forgotten and is done, but its prompt or image is kept",
        ),
        (
            "INSERT INTO balance (scope, guild_id, member_id, per, starts_at, used_seconds)"
            " VALUES ('operator', '', '', 'day', 0, 3)",
            "balance of operator, day from 1970-01-01 00:00 UTC: used seconds is 3, the entries say 0",
        ),
    ],
)
async def test_each_difference_is_one_readable_line(mixed: Path | str, sql: str, line: str) -> None:
    tamper(mixed, sql)
    found = await differences(mixed)
    assert any(re.fullmatch(line.replace("$", r"\$"), text) for text in found), found
    assert not any("\n" in text for text in found)


@pytest.mark.sqlite_only("PostgreSQL looks after its own files")
async def test_a_damaged_file_is_reported_as_such(mixed: Path) -> None:
    tamper(mixed, "PRAGMA writable_schema = ON", "DELETE FROM sqlite_schema WHERE name = 'entry_reserve'")
    found = await differences(mixed)
    assert found
    assert all("never used" in text for text in found)


async def test_the_audit_runs_beside_a_working_bot(store: SqlStore, life: Life, path: Path, address: Addresses) -> None:
    where = await address(path)

    async def working() -> None:
        for _ in range(20):
            await life.succeeded()

    work = asyncio.ensure_future(working())
    while not work.done():
        assert await differences(where) == []
    await work


async def test_the_audit_judges_one_moment_whatever_is_written_meanwhile(
    mixed: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meddled() -> Iterator[tuple[str, str]]:
        first, *rest = questions
        yield first
        tamper(mixed, "UPDATE balance SET used_videos = used_videos + 1")
        yield from rest

    questions = ledger_audit._AGREEMENT
    monkeypatch.setattr(ledger_audit, "_AGREEMENT", meddled())
    assert await differences(mixed) == []
    monkeypatch.undo()
    assert await differences(mixed) != []


@pytest.mark.sqlite_only("what else a server may hold: tests/storage/postgres/test_schema.py")
@pytest.mark.parametrize("content", [None, b"holiday pictures " * 100, b""])
async def test_what_is_no_database_of_this_schema_cannot_be_audited(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unusable, match=r"bot\.db"):
        await differences(path)
    assert path.exists() == (content is not None)


@pytest.mark.sqlite_only("what is in a SQLite file")
async def test_a_database_of_newer_code_or_of_another_program_is_not_told_to_be_upgraded(path: Path) -> None:
    await upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(Unusable, match=r"was made by a newer sora-bot .* install that one again"):
        await differences(path)
    other = path.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE album (id)")
    with pytest.raises(Unusable, match="is a database of another program"):
        await differences(other)


@pytest.mark.sqlite_only("the schemas of a server: tests/storage/postgres/test_schema.py")
async def test_another_schema_asks_for_an_upgrade(path: Path) -> None:
    await upgrade(path)
    tamper(path, "PRAGMA user_version = 0")
    with pytest.raises(Unusable, match="db upgrade"):
        await differences(path)
