"""Books with a job in every state, and changes to them that a database would refuse."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Unit
from bot.storage.store import SqlStore
from tests.storage.life import Life, at_most

_OF_A_JOB = (
    *("generation.id", "reservation.id", "entry.reservation_id", "grant_entry.reservation_id"),
    *("delivery.generation_id", "failure_notice.generation_id"),
)
_CHECKS = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS part, conname FROM pg_constraint
        WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.part, one.conname); END LOOP;
END $$
"""


async def write_books(where: Path | str, folder: Path) -> None:
    """Fill an empty database, and let it refuse nothing from now on.

    One generation in each state, named for it, and two that a grant paid a part of; what ann used is reset. folder: for what
    the store keeps beside a server's database.
    """
    store = await SqlStore.open(where, lists=() if isinstance(where, Path) else (folder,))
    try:
        jobs = await _made(store)
    finally:
        await store.close()
    _unguard(where)
    named = [(*column.split("."), name, job) for name, job in jobs.items() for column in _OF_A_JOB]
    _run(where, *(f"UPDATE {part} SET {field} = '{new}' WHERE {field} = '{old}'" for part, field, new, old in named))  # noqa: S608


async def _made(store: SqlStore) -> dict[str, str]:
    """The id of each generation, by its name."""
    life = Life(store)
    jobs = {
        "succeeded": await life.succeeded(),
        "voided": await life.failed(),
        "billed": await life.failed(Resolution.BILLED),
        "unknown": await life.unknown(),
        "submitting": (await life.submitting())[0],
        "submitted": await life.submitted(),
        "reserved": await life.accept(),
        "cancelled": await life.accept(),
    }
    await life.accept(life.new("gil"))
    await life.grant(7, Unit.SECONDS, member="gil")
    jobs["covered"] = await life.accept(life.new("gil"), limits=[at_most(6, Unit.SECONDS)])
    jobs["returned"] = await life.accept(life.new("gil"), limits=[at_most(6, Unit.SECONDS)])
    await store.cancel(jobs["returned"].id, now=life.now)
    await life.grant_lot(3, member="gil", days=1, lot_id="dated")
    await life.grant_lot(2, role="fan", lot_id="fans")
    for _ in range(2):
        await life.accept(life.new("rob"), limits=[at_most(1)], roles=["fan"])
    await store.forget("gil")
    await life.reset()
    await store.cancel(jobs["cancelled"].id, now=life.now)
    return {name: job.id for name, job in jobs.items()}


def _unguard(where: Path | str) -> None:
    """The database no longer refuses what must never be."""
    if isinstance(where, Path):
        for table in ("entry", "grant_entry", "reset_entry"):
            _run(where, f"DROP TRIGGER {table}_fixed", f"DROP TRIGGER {table}_kept")
    else:
        _run(where, _CHECKS)


def tamper(where: Path | str, *script: str) -> None:
    """Change a database past its checks, each statement something."""
    counts = _run(where, *script)
    assert 0 not in counts, [*zip(script, counts, strict=True)]


def _run(where: Path | str, *script: str) -> list[int]:
    """How many rows each statement has changed."""
    if isinstance(where, Path):
        with closing(sqlite3.connect(where)) as file:
            file.execute("PRAGMA ignore_check_constraints = ON")
            counts = [file.execute(sql).rowcount for sql in script]
            file.commit()
            return counts
    with psycopg.connect(where, autocommit=True, options="-c session_replication_role=replica") as connection:
        return [connection.execute(sql.encode()).rowcount for sql in script]
