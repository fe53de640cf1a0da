"""Statements reach each engine with its own marks, and texts in them stay as they are."""

import pytest

from bot.storage.database import Values
from bot.storage.postgres.dialect import in_postgres
from bot.storage.sqlite.dialect import in_sqlite


@pytest.mark.parametrize(
    ("sql", "values", "text", "given"),
    [
        ("SELECT ?, ?", (1, 2), "SELECT $1, $2", [1, 2]),
        ("SELECT :b, :a, :b", {"a": 1, "b": 2}, "SELECT $1, $2, $1", [2, 1]),
        ("SELECT 'a ? :b' WHERE x = ?", (1,), "SELECT 'a ? :b' WHERE x = $1", [1]),
        ("SELECT CAST(? AS TEXT)::text", (1,), "SELECT CAST($1 AS TEXT)::text", [1]),
        ("""SELECT "a:b" WHERE ':c' = :c""", {"c": 1}, """SELECT "a:b" WHERE ':c' = $1""", [1]),
    ],
)
def test_values_are_numbered_for_postgresql(sql: str, values: Values, text: str, given: list[object]) -> None:
    found, bound = in_postgres(sql, values)
    assert (found.decode(), list(bound)) == (text, given)


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT greatest(a, ?), least(b, 1)", "SELECT max(a, ?), min(b, 1)"),
        ("SELECT * FROM balance ORDER BY at FOR UPDATE", "SELECT * FROM balance ORDER BY at"),
        (
            "DELETE FROM t WHERE id IN (SELECT id FROM t FOR UPDATE SKIP LOCKED)",
            "DELETE FROM t WHERE id IN (SELECT id FROM t)",
        ),
        (
            "SELECT 1 FROM delivery JOIN generation FOR UPDATE OF delivery SKIP LOCKED",
            "SELECT 1 FROM delivery JOIN generation",
        ),
        ("SELECT 1 FROM t FOR NO KEY UPDATE OF a, b", "SELECT 1 FROM t"),
    ],
)
def test_sqlite_gets_its_own_words_and_no_row_locks(sql: str, text: str) -> None:
    assert in_sqlite(sql) == text
