"""Databases of earlier schemas, filled from one of the newest."""

import sqlite3
from pathlib import Path

from bot.storage.quota.ledger_audit import CELL, COUNTED


def fill(connection: sqlite3.Connection, new: Path) -> None:
    """Copy the rows of a database of the newest schema into one of an earlier schema, as far as it has their columns."""
    connection.execute("ATTACH ? AS new", (str(new),))
    for [table] in connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
        if table == "reservation_window":  # columns of `reservation` now
            connection.execute(
                "INSERT INTO main.reservation_window (reservation_id, scope, guild_id, member_id, per, starts_at)"  # noqa: S608
                f" WITH {CELL} SELECT id, {COUNTED} FROM new.reservation CROSS JOIN cell"
            )
            continue
        columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
        connection.execute(f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")  # noqa: S608
    connection.commit()
