"""What must be true of a database once everything has come to rest, whatever happened to the process before."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

UNFINISHED = """
SELECT (SELECT count(*) FROM generation WHERE finished_at IS NULL)
    + (SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending'))
    + (SELECT count(*) FROM generation WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL)
"""

# Each names what is left without an owner, in its only column.
LOOSE_ENDS = (
    "SELECT 'generation ' || id || ' is still ' || state FROM generation"
    " WHERE state NOT IN ('succeeded', 'failed', 'cancelled')",
    "SELECT 'generation ' || id || ' is leased' FROM generation WHERE coalesce(lease_owner, lease_until) IS NOT NULL",
    "SELECT 'reservation ' || id || ' is pending' FROM reservation WHERE state = 'pending' OR resolved_at IS NULL",
    "SELECT 'delivery ' || id || ' is ' || state FROM delivery WHERE state NOT IN ('sent', 'undeliverable')",
    "SELECT 'delivery ' || id || ' is leased' FROM delivery WHERE coalesce(lease_owner, lease_until) IS NOT NULL",
    "SELECT 'card of ' || id || ' is out of date' FROM generation"
    " WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL",
    "SELECT per || ' of ' || scope || ' holds ' || held_videos FROM balance"
    " WHERE held_videos <> 0 OR held_seconds <> 0 OR held_micros <> 0",
)


def ask(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of one question, also beside a running bot; none while there is no database yet."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        return connection.execute(sql).fetchall()


def at_rest(database: Path) -> bool:
    """Whether nothing is left to do."""
    return ask(database, UNFINISHED) == [(0,)]


def loose_ends(database: Path) -> list[str]:
    """Everything that nobody will ever finish; empty where all is well."""
    return [text for question in LOOSE_ENDS for [text] in ask(database, question)]
