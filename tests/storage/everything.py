"""Everything that a database has, and what each engine raises when it refuses a statement."""

import sqlite3
from typing import Any

import psycopg

from tests.process.database import Rows

TABLES = (
    *("generation", "reservation", "entry", "balance", "delivery", "value"),
    *("rule", "grant_balance", "grant_entry", "reset_entry", "guild_setting", "guild_item", "zone_change", "change"),
    *("report", "discard", "draft", "post_try", "confirmation", "forgotten"),
    *("report_case", "removal", "log_offer"),
)
REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)


def dump(rows: Rows) -> dict[str, list[Any]]:
    """Every row of every table, as committed."""
    return {table: sorted(found, key=str) for table, found in rows.contents(*TABLES).items()}
