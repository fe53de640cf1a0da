"""Both engines have the same tables, columns, CHECKs and indexes, and a schema is upgraded once, by whoever asks first."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from importlib import resources
from typing import Any

import psycopg
import pytest

from bot.domain.errors import OperatorNeeded, Unusable
from bot.storage.postgres import schema
from bot.storage.postgres.connection import Connection, unusable
from bot.storage.postgres.database import PostgresDatabase
from bot.storage.postgres.schema import Migration
from bot.storage.sqlite.schema import migrations as sqlite_migrations
from tests.storage.postgres.server import PostgresServer

# Of one engine: PostgreSQL notes its schema's version in a table, SQLite in the file's head.
ALLOWED_TABLES = {"schema_version"}


def plain(expression: str) -> str:
    """A condition without what PostgreSQL adds when it shows one: casts, brackets, the longer words for the same."""
    text = re.sub(r"::\w+(\[\])?", "", expression)
    text = re.sub(r"'(-?\d+)'", r"\1", text)
    text = re.sub(r"= ANY \(ARRAY\[(.*?)\]\)", r"IN (\1)", text)
    text = re.sub(r"<> ALL \(ARRAY\[(.*?)\]\)", r"NOT IN (\1)", text)
    text = re.sub(r"\b([a-z_]+) NOT IN\b", r"NOT \1 IN", text)
    text = re.sub(r"\(?\(?(\w+) >= (\w+)\)? AND \(?\1 <= (\w+)\)?\)?", r"\1 BETWEEN \2 AND \3", text)
    return re.sub(r"[\s()]", "", text).lower().replace('"', "")


def sqlite_shape() -> dict[str, tuple[object, ...]]:
    """Each table's columns with types, what may be NULL, defaults, keys and CHECKs; and each index."""
    found: dict[str, tuple[object, ...]] = {}
    with closing(sqlite3.connect(":memory:")) as database:
        for script in sqlite_migrations():
            database.executescript(script)
        for name, sql in database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall():
            rows = database.execute(f"PRAGMA table_info({name})").fetchall()
            columns = {
                column: ("BIGINT" if kind == "INTEGER" else kind, bool(required or key), plain(default or ""))
                for _, column, kind, required, default, key in rows
            }
            key = [column for column, _ in sorted(((row[1], row[5]) for row in rows if row[5]), key=lambda of: of[1])]
            links = {(to, mine) for _, _, to, mine, *_ in database.execute(f"PRAGMA foreign_key_list({name})")}
            uniques: set[tuple[str, ...]] = set()
            for _, index, unique, origin, *_ in database.execute(f"PRAGMA index_list({name})").fetchall():
                if unique and origin == "u":
                    uniques.add(tuple(row[2] for row in database.execute(f"PRAGMA index_info({index})")))
            found[name] = (columns, key, links, uniques, sorted(map(plain, checks(sql))))
        for name, sql in database.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        ):
            found[name] = (plain(re.sub(r"^CREATE (UNIQUE )?INDEX \w+ ", r"\1", " ".join(sql.split()))),)
    return found


def checks(sql: str) -> list[str]:
    """The conditions of all CHECKs of a table."""
    found: list[str] = []
    for at in re.finditer(r"\bCHECK \(", sql):
        depth, end = 1, at.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        found.append(sql[at.end() : end - 1])
    return found


async def postgres_shape(connection: Connection) -> dict[str, tuple[object, ...]]:
    async def rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await (await connection.execute(sql.encode(), values)).fetchall()]

    found: dict[str, tuple[object, ...]] = {}
    tables = await rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    for (name,) in tables:
        columns = {
            str(column): (str(kind).upper(), bool(required), plain(str(default or "")))
            for column, kind, required, default in await rows(
                "SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)"
                " FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
                " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                name,
            )
        }
        constraints = await rows(
            "SELECT contype::text, pg_get_expr(conbin, conrelid), confrelid::regclass::text, (SELECT array_agg(attname::text"
            " ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS part (number, place)"
            " JOIN pg_attribute ON attrelid = conrelid AND attnum = number)"
            " FROM pg_constraint WHERE conrelid = $1::regclass",
            name,
        )
        [key] = [of for kind, _, _, of in constraints if kind == "p"]
        links: set[tuple[str, str]] = {(to, of[0]) for kind, _, to, of in constraints if kind == "f"}
        uniques: set[tuple[str, ...]] = {tuple(of) for kind, _, _, of in constraints if kind == "u"}
        conditions = sorted(plain(str(of)) for kind, of, *_ in constraints if kind == "c")
        found[str(name)] = (columns, key, links, uniques, conditions)
    for name, definition in await rows(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint)"
    ):
        text = re.sub(r"^CREATE (UNIQUE )?INDEX \w+ ", r"\1", str(definition))
        found[str(name)] = (plain(text.replace(" USING btree", "").replace("public.", "")),)
    return found


@pytest.fixture
async def bare(postgres: PostgresServer) -> str:
    return await postgres.bare()


@pytest.fixture
async def connection(postgres: PostgresServer, bare: str) -> AsyncIterator[Connection]:
    async with await postgres.connect(bare) as opened:
        yield opened


async def test_both_engines_have_the_same_tables_columns_checks_and_indexes(connection: Connection) -> None:
    await schema.migrate(connection)
    ours, theirs = sqlite_shape(), await postgres_shape(connection)
    assert theirs.keys() - ours.keys() == ALLOWED_TABLES
    assert ours.keys() <= theirs.keys()
    assert {name: shape for name, shape in theirs.items() if name in ours} == ours


async def test_all_text_is_ordered_by_code_points(connection: Connection) -> None:
    await schema.migrate(connection)
    other = await connection.execute(
        "SELECT attrelid::regclass::text || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND atttypid = 'text'::regtype"
        " AND attcollation <> '\"C\"'::regcollation"
    )
    assert [tuple(row) for row in await other.fetchall()] == []


def test_both_engines_have_the_same_migrations_after_the_first_of_postgresql() -> None:
    folders = [resources.files(f"bot.storage.{engine}") / "migrations" for engine in ("sqlite", "postgres")]
    ours, theirs = [sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql")) for folder in folders]
    assert theirs == ["0021_baseline.sql", *(name for name in ours if name > "0022")]


async def test_a_first_start_makes_the_tables_and_several_at_once_make_them_once(bare: str) -> None:
    for database in await asyncio.gather(*(PostgresDatabase.open(bare, "test") for _ in range(3))):
        [row] = await database.read("SELECT count(*) AS n FROM schema_version")
        assert row["n"] == len(schema.migrations())
        await database.close()


def pretend(monkeypatch: pytest.MonkeyPatch, *more: tuple[int, int]) -> None:
    """Let this code know further migrations: their numbers and the oldest code that each works with."""
    scripts = [
        Migration(number=number, oldest_code=oldest, script=f"CREATE TABLE later{number} (x BIGINT)")
        for number, oldest in more
    ]
    known = [*schema.migrations(), *scripts]
    monkeypatch.setattr(schema, "migrations", lambda: known)


async def test_an_older_schema_is_refused_and_an_upgrade_is_named(bare: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await schema.upgrade(bare, "test")
    last = schema.migrations()[-1].number
    pretend(monkeypatch, (last + 1, last))
    with pytest.raises(OperatorNeeded, match="sora-bot db upgrade"):
        await PostgresDatabase.open(bare, "test")
    assert await schema.upgrade(bare, "test") == last + 1
    await (await PostgresDatabase.open(bare, "test")).close()


async def test_older_code_runs_on_a_newer_schema_that_names_it_and_on_no_other(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = schema.migrations()[-1].number
    with monkeypatch.context() as newer:
        pretend(newer, (last + 1, last))
        await schema.upgrade(bare, "test")
    await (await PostgresDatabase.open(bare, "test")).close()
    with monkeypatch.context() as newest:
        pretend(newest, (last + 1, last), (last + 2, last + 1))
        await schema.upgrade(bare, "test")
    with pytest.raises(OperatorNeeded, match="newer sora-bot"):
        await PostgresDatabase.open(bare, "test")


async def test_an_upgrade_waits_for_no_long_transaction(
    bare: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await schema.upgrade(bare, "test")
    last = schema.migrations()[-1].number
    pretend(monkeypatch, (last + 1, last))
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "50ms")
    async with await postgres.connect(bare) as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(hashtextextended('sora-bot schema', 0))")
        with pytest.raises(Unusable, match="try again"):
            await schema.upgrade(bare, "test")
    assert await schema.upgrade(bare, "test") == last + 1


async def test_a_migration_that_fails_leaves_nothing_of_itself(bare: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await schema.upgrade(bare, "test")
    last = schema.migrations()[-1].number
    broken = Migration(number=last + 1, oldest_code=last, script="CREATE TABLE half (x BIGINT); SELECT 1 / 0")
    with monkeypatch.context() as patch:
        known = [*schema.migrations(), broken]
        patch.setattr(schema, "migrations", lambda: known)
        with pytest.raises(Unusable, match="division by zero"):
            await schema.upgrade(bare, "test")
    database = await PostgresDatabase.open(bare, "test")
    [row] = await database.read("SELECT to_regclass('half') IS NULL AS gone")
    assert row["gone"] == 1
    await database.close()


@pytest.mark.parametrize(
    "address",
    ["postgresql://me:top secret@h/db", "postgresql://me:topsecret@h:port/db", "postgresql://me:topsecret@h/db?nope=1"],
)
async def test_no_message_has_a_password_in_it(address: str) -> None:
    with pytest.raises(Unusable) as caught:
        await PostgresDatabase.open(address, "test")
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SSL error: certificate verify failed", 78),
        ('server certificate for "a" (and 1 other name) does not match host name "b"', 78),
        ('root certificate file "/none.crt" does not exist', 78),
        ("server does not support SSL, but SSL was required", 78),
        ('FATAL:  password authentication failed for user "who"', 78),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "who", database "bot", no encryption', 78),
        ('FATAL:  database "bot" does not exist', 1),
        ("FATAL:  the database system is starting up", 1),
        ("Connection refused", 1),
    ],
)
def test_what_only_the_operator_can_mend_ends_with_78_and_a_sentence(text: str, code: int) -> None:
    error = psycopg.OperationalError(
        f'connection failed: connection to server at "127.0.0.1", port 5432 failed: {text}\nmore'
    )
    said = unusable(error, "postgresql://host/bot")
    assert said.exit_code == code
    assert str(said).startswith(f"the database postgresql://host/bot cannot be used: {text.removeprefix('FATAL:  ')}")
    assert "\n" not in str(said)
