"""Puts a statement into SQLite's words, once for each text: `max` for `greatest`, `min` for `least`, no row locks.

SQLite has one writer, so that a transaction that writes has locked every row already.
"""

import re
from functools import lru_cache

_WORDS = {"greatest": "max", "least": "min"}
_FUNCTION = re.compile(r"\b(greatest|least)\(")
_ROW_LOCK = re.compile(r"\s+FOR (?:NO KEY )?UPDATE(?: OF \w+(?:, ?\w+)*)?(?: SKIP LOCKED| NOWAIT)?(?!\w)")


_WRITTEN = re.compile(r"\b(?:INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


@lru_cache(maxsize=2048)
def in_sqlite(sql: str) -> str:
    """Return a statement as SQLite takes it."""
    return _FUNCTION.sub(lambda found: f"{_WORDS[found[1]]}(", _ROW_LOCK.sub("", sql))


@lru_cache(maxsize=2048)
def tables_written(sql: str) -> frozenset[str]:
    """Return the tables that a statement writes, apart from those that its triggers write."""
    return frozenset(_WRITTEN.findall(_ROW_LOCK.sub("", sql)))
