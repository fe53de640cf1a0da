"""`db copy`: a SQLite database is whole in PostgreSQL, or not there at all."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import Unusable
from bot.domain.moderation.reports import Report
from bot.domain.quota.limits import Unit
from bot.domain.quota.rules import Subject
from bot.domain.requests.styles import Style
from bot.storage.opening import upgrade
from bot.storage.postgres.copying import copy
from bot.storage.postgres.transaction import fetch
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.storage.conformance.joining import chain, wanted
from tests.storage.life import Life, at_most
from tests.storage.postgres.server import PostgresServer


@pytest.fixture
async def target(postgres: PostgresServer) -> AsyncIterator[str]:
    address = await postgres.take()
    yield address
    await postgres.give_back(address)


@pytest.fixture
async def source(store: SqlStore, life: Life, path: Path) -> Path:
    """A database with something of everything, which no bot runs on."""
    parts = await chain(life, "ann", "ann")
    await store.request_join(wanted(life, parts), now=life.now)
    await store.report(
        Report(generation_id=parts[0].id, guild_id="guild", reporter_id="bob", at=life.now, words="a 'word'\n\\")
    )
    await life.set_rule(Subject.EVERYONE, 9)
    await life.configure(lambda old: replace(old, most_running=3, terms=frozenset({"bad\tword"})))
    await store.add_style(life.actor(), Style(name="Noir", text="gloomy 🎬"), now=life.now)
    await life.grant(3, Unit.SECONDS)
    await life.grant_lot(2, role="fan", lot_id="fans")
    await life.failed()
    await life.undeliverable()
    await life.succeeded()
    await store.cancel((await life.accept()).id, now=life.now)
    await store.keep_draft(life.draft(generation_id=parts[0].id, prompt="half a\r\nsentence"))
    await life.accept(life.new("gil"))
    await store.forget("gil")
    await life.reset()
    await store.claim_submit(life.claim(), most=9, now=life.now)
    await life.accept(replace(life.new("zoe"), prompt="\\N"), limits=[at_most(9)])
    await store.close()
    return path


async def copied(source: Path, target: str) -> list[str]:
    lines: list[str] = []
    await copy(source, target, "the target", lists=(), told=lines.append)
    return lines


async def rows_of(postgres: PostgresServer, target: str, table: str, columns: str) -> list[tuple[object, ...]]:
    async with await postgres.connect(target) as connection:
        return sorted((tuple(row) for row in await fetch(connection, f"SELECT {columns} FROM {table}")), key=repr)


async def test_every_row_is_there_and_life_goes_on(postgres: PostgresServer, source: Path, target: str) -> None:
    lines = await copied(source, target)
    with closing(sqlite3.connect(source)) as connection:
        for line in lines:
            table, count = line.removesuffix(" rows").split(": ")
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))
            there = sorted(connection.execute(f"SELECT {columns} FROM {table}"), key=repr)
            assert len(there) == int(count)
            assert await rows_of(postgres, target, table, columns) == there
    assert "generation: 8 rows" in lines
    assert await differences(target) == []
    store = await SqlStore.open(target)
    try:
        life = Life(store)
        life.now = life.later(hours=1)
        numbers = [replace(life.new("new"), id=f"new{n}", interaction_id=f"new{n}") for n in range(3)]
        for new in numbers:
            await life.accept(new)
        await life.set_rule(Subject.EVERYONE, 5)
        claimed = await life.next()
        assert claimed
    finally:
        await store.close()
    assert await differences(target) == []


async def test_a_database_without_tables_gets_them(postgres: PostgresServer, source: Path) -> None:
    assert "generation: 8 rows" in await copied(source, await postgres.bare())


async def test_nothing_is_overwritten(postgres: PostgresServer, source: Path, target: str) -> None:
    await copied(source, target)
    before = await rows_of(postgres, target, "generation", "id, state")
    with pytest.raises(Unusable, match="not empty: there are rows in"):
        await copied(source, target)
    assert await rows_of(postgres, target, "generation", "id, state") == before


async def test_nothing_is_copied_while_a_bot_runs_on_the_file(source: Path, target: str) -> None:
    running = await SqlStore.open(source)
    try:
        with pytest.raises(Unusable, match="another sora-bot is running"):
            await copied(source, target)
    finally:
        await running.close()


async def test_an_older_file_is_to_be_upgraded_first(path: Path, target: str) -> None:
    await upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 3")
    with pytest.raises(Unusable, match="db upgrade"):
        await copied(path, target)
    with pytest.raises(Unusable, match="there is no database"):
        await copied(path.with_name("another.db"), target)


async def test_books_that_do_not_agree_leave_nothing_behind(
    postgres: PostgresServer, source: Path, target: str
) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("UPDATE balance SET used_videos = used_videos + 1 WHERE scope = 'guild' AND per = 'day'")
        connection.commit()
    with pytest.raises(Unusable, match="the books do not agree:\nbalance of guild"):
        await copied(source, target)
    assert await rows_of(postgres, target, "generation", "id") == []
    assert await rows_of(postgres, target, "queue_turn", "turn, claims") == [(0, 0)]
