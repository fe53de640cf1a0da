"""Copies a SQLite database into an empty PostgreSQL database, in one transaction, and proves that both hold the same.

The source is locked as by a bot and is not changed. What only running processes mean (who they are, which shards they have)
stays behind.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg

from bot.domain.errors import Unusable
from bot.storage.postgres import schema
from bot.storage.postgres.connection import Connection, connect, parameters, unusable
from bot.storage.postgres.transaction import fetch
from bot.storage.quota.ledger_audit import audit
from bot.storage.sqlite.connection import open_beside
from bot.storage.sqlite.schema import migrations, tables
from bot.storage.store import SqlStore

_OF_PROCESSES = {"process", "leader", "shard", "identify"}
_TRIGGERS = "queue_joined"  # counts what is inserted; the counts are copied

SHOWN = 20  # differences of the books


@dataclass(slots=True, kw_only=True)
class _Table:
    """A table, and what was read of it. sums: by column, of whole numbers, and of the lengths of texts."""

    name: str
    columns: Sequence[str]
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict[str, int])


async def copy(source: Path, address: str, name: str, *, lists: Sequence[Path], told: Callable[[str], None]) -> None:
    """Copy everything; a fault or a crash leaves the target as empty as it was.

    name: of the target, without user and password. lists: folders with a list of deletions, which are applied to the source
    first. told: gets one line for each table. Raises Unusable, also where a bot runs on the source, its schema is older, or
    anything is in the target.
    """
    _check_schema(source)
    store = await SqlStore.open(source, lists=lists)  # holds its lock
    try:
        with closing(open_beside(source)) as reading:
            connection = await connect(parameters(address))
            try:
                await schema.check(connection, name)
                await _copy(reading, connection, name, told)
            finally:
                await connection.close()
    except sqlite3.Error as error:
        raise Unusable(f"the database {source} cannot be read: {error}") from error
    except psycopg.Error as error:
        raise unusable(error, name) from None
    finally:
        await store.close()


def _check_schema(source: Path) -> None:
    if not source.is_file():
        raise Unusable(f"there is no database {source}")
    try:
        with closing(open_beside(source)) as connection:
            [[version]] = connection.execute("PRAGMA user_version")
    except sqlite3.Error as error:
        raise Unusable(f"the database {source} cannot be read: {error}") from error
    if version != len(migrations()):
        raise Unusable(
            f"the database {source} has schema {version}, not {len(migrations())}: run `sora-bot db upgrade`"
        )


async def _copy(source: sqlite3.Connection, target: Connection, name: str, told: Callable[[str], None]) -> None:
    copied = _tables(source)
    target.longest = None
    await target.execute("SET statement_timeout = 0")
    await target.execute("SET idle_in_transaction_session_timeout = 0")
    async with target.transaction():
        names = ", ".join(table.name for table in copied)
        await target.execute(f"LOCK TABLE {names}, process IN ACCESS EXCLUSIVE MODE".encode())
        await _check_empty(target, [*(table.name for table in copied if table.name != "queue_turn"), "process"], name)
        await target.execute(f"ALTER TABLE generation DISABLE TRIGGER {_TRIGGERS}".encode())
        await target.execute(b"DELETE FROM queue_turn")  # that of an empty database
        for table in copied:
            await _copy_table(source, target, table)
        await target.execute(f"ALTER TABLE generation ENABLE TRIGGER {_TRIGGERS}".encode())
        await _number_on(target)
        for table in copied:
            await _compare(target, table)
        if wrong := await audit(partial(fetch, target)):
            more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
            raise Unusable("\n".join(["nothing is copied, the books do not agree:", *wrong[:SHOWN], *more]))
    for table in copied:
        told(f"{table.name}: {table.rows} rows")


def _tables(source: sqlite3.Connection) -> list[_Table]:
    """Return the tables with their columns, each after those that it refers to."""
    found = sorted(name for name in tables(source) - _OF_PROCESSES if not name.startswith("sqlite_"))
    refers = {name: {row[2] for row in source.execute(f"PRAGMA foreign_key_list({name})")} - {name} for name in found}
    return [
        _Table(name=name, columns=[row[1] for row in source.execute(f"PRAGMA table_info({name})")])
        for name in TopologicalSorter(refers).static_order()
    ]


async def _check_empty(target: Connection, names: Sequence[str], name: str) -> None:
    for one in names:
        [[there]] = await fetch(target, f"SELECT EXISTS (SELECT 1 FROM {one})")
        if there:
            raise Unusable(
                f"the database {name} is not empty: there are rows in {one}; a copy never overwrites anything"
            )


async def _copy_table(source: sqlite3.Connection, target: Connection, table: _Table) -> None:
    columns = ", ".join(table.columns)
    async with target.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN".encode()) as rows:
        for row in _read(source, table):
            await rows.write_row(row)


def _read(source: sqlite3.Connection, table: _Table) -> Iterator[Sequence[Any]]:
    # Parents before the versions that go on from them: a row may refer to another one of its table.
    for row in source.execute(f"SELECT {', '.join(table.columns)} FROM {table.name}"):
        table.rows += 1
        for column, value in zip(table.columns, row, strict=True):
            if value is not None:
                table.sums[column] = table.sums.get(column, 0) + (value if isinstance(value, int) else len(value))
        yield row


async def _number_on(target: Connection) -> None:
    """Let each numbered table go on behind the last number that was copied."""
    numbered = await fetch(
        target,
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE is_identity = 'YES' AND table_schema = current_schema()",
    )
    for table, column in numbered:
        await target.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"
            f" HAVING max({column}) IS NOT NULL".encode()
        )


async def _compare(target: Connection, table: _Table) -> None:
    """Raise Unusable unless the target has as many rows, and the same sum in each column."""
    described = await fetch(
        target,
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = ? AND table_schema = current_schema()",
        (table.name,),
    )
    kinds = {row["column_name"]: row["data_type"] for row in described}
    sums = ", ".join(
        f"coalesce(sum(CAST({column} AS NUMERIC)), 0)"
        if kinds[column] == "bigint"
        else f"coalesce(sum(length({column})), 0)"
        for column in table.columns
    )
    [[rows, *found]] = await fetch(target, f"SELECT count(*), {sums} FROM {table.name}")
    wanted = [table.sums.get(column, 0) for column in table.columns]
    if rows != table.rows or [int(one) for one in found] != wanted:
        raise Unusable(
            f"nothing is copied: {table.name} has {rows} rows of {table.rows}, or other values than in the file"
        )
