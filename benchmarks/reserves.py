"""How many reserves a second the store makes, against SQLite itself.

One reserve reads the rules, checks every limit and writes the job, its reservation, its windows, its entry and every balance
that it moves, durably. Beside it Python's own sqlite3 writes as many rows of the same tables, one transaction for each
reserve, with the same pragmas, and checks nothing: what the disk and SQLite allow.
"""

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import backlog
from benchmarks.table import Row, compared
from bot.storage.opening import upgrade
from bot.storage.store import SqlStore

_TABLES = {"generation": "id", "reservation": "id", "entry": "reservation_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured. seconds: of each side in a round; clients: how many at once."""

    rounds: int = 5
    seconds: float = 1.0
    clients: tuple[int, ...] = (1, 4, 16)


async def run(folder: Path, scale: Scale) -> list[Row]:
    """The rows."""
    path, plain = folder / "reserves.db", folder / "plain.db"
    await upgrade(path)
    await upgrade(plain)
    store = await SqlStore.open(path)
    found: dict[int, list[float]] = {clients: [] for clients in scale.clients}
    beside: list[float] = []
    numbers = iter(range(1, 1_000_000))
    try:
        await _accept(store, 0)
        writer = await asyncio.to_thread(Plain.like, path, plain)
        for _ in range(scale.rounds):
            beside.append(await asyncio.to_thread(writer.rate, scale.seconds))
            for clients in scale.clients:
                found[clients].append(await _rate(store, numbers, clients, scale.seconds))
    finally:
        await store.close()
    what = "reserves, {} at once, against {} rows in sqlite3"
    return [compared(what.format(clients, writer.rows), found[clients], beside, "/s") for clients in scale.clients]


async def _accept(store: SqlStore, number: int) -> None:
    new = replace(backlog.job(number, name="r"), member_id=f"16{number % 5_000:017d}", guild_id=f"17{number % 50:017d}")
    policy = replace(backlog.POLICY, most_open=1_000_000)
    result = await store.accept(new, policy, now=datetime.now(UTC))
    assert result.fresh


async def _rate(store: SqlStore, numbers: Any, clients: int, seconds: float) -> float:
    """Accepts a second by so many clients, each of whom waits for theirs."""
    done, begun = 0, time.perf_counter()

    async def one() -> None:
        nonlocal done
        while not done or time.perf_counter() < begun + seconds:
            await _accept(store, next(numbers))
            done += 1

    await asyncio.gather(*(one() for _ in range(clients)))
    return done / (time.perf_counter() - begun)


@dataclass(slots=True, kw_only=True)
class Plain:
    """Writes the rows of one reserve again and again, under other ids. rows: how many."""

    path: Path
    inserts: list[tuple[str, dict[str, Any]]]
    balances: list[dict[str, Any]]
    number: int = 0

    @classmethod
    def like(cls, source: Path, path: Path) -> "Plain":
        """With the rows that the one reserve in `source` has written."""
        with closing(sqlite3.connect(source)) as connection:
            connection.row_factory = sqlite3.Row
            inserts: list[tuple[str, dict[str, Any]]] = []
            for table in _TABLES:
                for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - one of the names above
                    values = dict(row)
                    if table == "entry":
                        del values["id"]
                    names = ", ".join(values)
                    marks = ", ".join(f":{name}" for name in values)
                    inserts.append((f"INSERT INTO {table} ({names}) VALUES ({marks})", values))  # noqa: S608
            balances = [dict(row) for row in connection.execute("SELECT * FROM balance")]
        with closing(sqlite3.connect(path)) as connection, connection:
            names = list(balances[0])
            marks = ", ".join(f":{name}" for name in names)
            connection.executemany(f"INSERT INTO balance ({', '.join(names)}) VALUES ({marks})", balances)  # noqa: S608
        return cls(path=path, inserts=inserts, balances=balances)

    @property
    def rows(self) -> int:
        """Rows that one reserve writes."""
        return len(self.inserts) + len(self.balances)

    def rate(self, seconds: float) -> float:
        """Transactions a second."""
        done, begun = 0, time.perf_counter()
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
                connection.execute(f"PRAGMA {pragma}")
            while not done or time.perf_counter() < begun + seconds:
                self._write(connection)
                done += 1
        return done / (time.perf_counter() - begun)

    def _write(self, connection: sqlite3.Connection) -> None:
        self.number += 1
        key = f"p{self.number:019d}"
        own = {"id": key, "reservation_id": key, "interaction_id": key, "root_id": key}
        connection.execute("BEGIN IMMEDIATE")
        for sql, values in self.inserts:
            connection.execute(sql, values | {name: key for name in own if name in values})
        connection.executemany(
            "UPDATE balance SET held_videos = held_videos + 1, held_seconds = held_seconds + 4,"
            " held_micros = held_micros + 272000 WHERE scope = :scope AND guild_id = :guild_id AND member_id = :member_id"
            " AND per = :per AND starts_at = :starts_at",
            self.balances,
        )
        connection.execute("COMMIT")
