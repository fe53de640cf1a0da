"""Notices that a database was restored from a backup: it is in another place than it notes in itself.

A place is a server's system identifier and the number of the database there. pg_restore makes a database with another number;
a copy of all of a server's files that was not recovered from its log keeps both, so that its operator says it:
`sora-bot db restored`.

A server that was put back to an earlier moment, and a copy that took over, write another history (`bot.storage.failover`).
Where a process has lived through it, its next claim notices that. Where none has, nobody can tell how much is lost: it is
refused too.
"""

from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from bot.domain.errors import OperatorNeeded, Unusable
from bot.storage import failover
from bot.storage.columns import to_ms
from bot.storage.database import Writing, fetch
from bot.storage.postgres.connection import Connection, connect, parameters, unusable
from bot.storage.postgres.database import HISTORY, PostgresDatabase
from bot.storage.postgres.dialect import in_postgres
from bot.storage.postgres.transaction import fetch as fetch_on
from bot.storage.restored import doubt, forget_again

_NAME = "database_place"
_PLACE = (
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid AS place"
    " FROM pg_database WHERE datname = current_database()"
)
_NOTED = "SELECT name, value FROM value WHERE name IN (?, ?)"
_NOTE = "INSERT INTO value (name, value) VALUES (?, ?), (?, ?) ON CONFLICT (name) DO NOTHING"
_ALIVE = timedelta(seconds=30)
_LIVES = "SELECT count(*) FROM process WHERE seen_at > clock_ms(?) - ?"
_RUN = "run `sora-bot db restored` first, or what has been sent and posted since may be sent and posted again"


async def check_place(address: str, name: str) -> None:
    """Raise OperatorNeeded if the database was restored since it was last used; note its place if it has none yet."""
    try:
        connection = await connect(parameters(address))
        try:
            await refuse_another(connection, name, note=True)
        finally:
            await connection.close()
    except psycopg.Error as error:
        raise unusable(error, name) from None


async def refuse_another(connection: Connection, name: str, *, note: bool) -> None:
    """Raise OperatorNeeded if the database is not where, or not what, it was. note: note what is not noted yet."""
    [[place, history]] = await fetch_on(connection, f"SELECT ({_PLACE}), ({HISTORY})")
    noted = {_NAME: place, failover.NOTE: history}
    if note:
        await connection.execute(*in_postgres(_NOTE, (_NAME, place, failover.NOTE, history)))
    noted |= {row["name"]: row["value"] for row in await fetch_on(connection, _NOTED, (_NAME, failover.NOTE))}
    if noted[_NAME] != place:
        raise OperatorNeeded(f"the database {name} was restored from a backup or copied: {_RUN}")
    [[alive]] = await fetch_on(connection, _LIVES, (0, _ALIVE // timedelta(milliseconds=1)))
    if not failover.same(noted[failover.NOTE], history or "") and not alive:
        raise OperatorNeeded(
            f"the database {name} was put back to an earlier moment, or a copy of it took over, while no bot ran: {_RUN}"
        )


async def restored(address: str, name: str, *, now: datetime, lists: list[Path]) -> None:
    """Put in doubt whatever may have been done since the backup, and erase what members have deleted since.

    lists: folders with a list of deletions. Raises Unusable, also while a process runs on it.
    """
    database = await PostgresDatabase.open(address, name)

    async def stopped(writing: Writing) -> None:
        least = to_ms(now), _ALIVE // timedelta(milliseconds=1)
        [[alive]] = await fetch(writing, _LIVES, least)
        if alive:
            raise Unusable(f"a sora-bot is running on {name}, or was half a minute ago; stop it first")

    async def doubted(writing: Writing) -> None:
        await stopped(writing)
        for table in ("process", "leader", "pause"):
            await writing.execute(f"DELETE FROM {table}")
        await doubt(writing, to_ms(now))
        [[place]] = await fetch(writing, _PLACE)
        await failover.note(writing, _NAME, place)
        await failover.note(writing, failover.NOTE, writing.history or "")

    try:
        await database.write(stopped)
        await forget_again(database, lists)
        await database.write(doubted)  # last: a crash before it leaves a database on which nothing starts
    finally:
        await database.close()
