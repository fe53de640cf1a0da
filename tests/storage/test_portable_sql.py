"""SQL is in words that SQLite and PostgreSQL both take, so that another database needs no statements of its own.

What can only differ stays out: PRAGMA, VACUUM and triggers, the adapter in `bot/storage/sqlite`, and `db verify`, which
checks a file of SQLite as such before it audits it.
"""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import bot.storage
from bot.domain.versions.history import HistoryQuery
from bot.storage.store import SqlStore
from tests.storage.life import Life
from tests.storage.test_plans import a_day, traced
from tests.tables import every_row

STORAGE = Path(bot.storage.__file__).parent
APART = ("sqlite/", "postgres/", "verify.py")  # of one engine
MARK = r"(?:\?|:\w+)"
# What PostgreSQL refuses or takes in another sense, with an example that the rule finds.
WORDS = {
    "a function of SQLite alone; CASE, CAST, or Python": (
        r"\b(iif|ifnull|printf|json_\w+|group_concat|strftime|julianday|unixepoch|instr|typeof|randomblob|quote|changes)\(",
        "SELECT iif(forget, 1, 0) FROM generation",
    ),
    "INSERT … ON CONFLICT says it": (
        r"\b(INSERT|UPDATE) OR\b|\bREPLACE INTO\b",
        "INSERT OR IGNORE INTO discard VALUES (?)",
    ),
    "an upsert names its key": (
        r"ON CONFLICT DO UPDATE",
        "INSERT INTO value VALUES (?) ON CONFLICT DO UPDATE SET value = 1",
    ),
    "no hint to the planner": (r"\b(NOT )?INDEXED( BY)?\b", "SELECT 1 FROM report INDEXED BY report_open"),
    "a unary + is a hint to the planner": (
        r"\b(WHERE|AND|OR|ON|BY|NOT) \+\s?[a-z]",
        "SELECT 1 FROM report WHERE +at = ?",
    ),
    "CROSS JOIN has no ON; WHERE says it": (
        r"\bCROSS JOIN \w+( AS \w+)? (ON|USING)\b",
        "SELECT 1 FROM entry CROSS JOIN generation ON generation.id = reservation_id",
    ),
    "IS compares with NULL only": (rf"\bIS (NOT )?({MARK}|'|\d)", "SELECT 1 FROM generation WHERE hold IS NOT :hold"),
    "no type can be told of a value alone: CAST": (
        rf"{MARK} IS (NOT )?NULL",
        "SELECT 1 FROM report WHERE ? IS NULL OR at = 1",
    ),
    "no type can be told of two values: CAST": (
        rf"THEN {MARK} ELSE {MARK} END",
        "UPDATE report SET at = CASE WHEN reason IS NULL THEN ? ELSE ? END",
    ),
    "beside a number alone a value has 32 bits: CAST": (
        rf"\bTHEN {MARK} ELSE \d|\bTHEN \d+ ELSE {MARK} END|\b(coalesce|greatest|least)\(({MARK}, ?\d+|\d+, ?{MARK})\)",
        "UPDATE report_case SET due_at = CASE WHEN revision = :revision THEN :due ELSE 0 END",
    ),
    "a value that is selected is text there: CAST": (
        rf"\bSELECT [^()]*{MARK} FROM\b",
        "INSERT INTO reset_entry (guild_id, at) SELECT guild_id, :now FROM balance",
    ),
    "the present row of an upsert has the table's name": (
        r"DO UPDATE SET .*?(\b(\w+) = (?:[^,=]* )?\2\b(?!\.)|coalesce\(excluded\.(\w+), \3\b)",
        "INSERT INTO value (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
    ),
    "a number is no condition: = 1": (
        rf"\b(AND|OR|WHERE|(?<!IS )NOT) {MARK} ?($|\)|AND\b|OR\b)|\({MARK} (AND|OR)\b",
        "SELECT 1 FROM joining WHERE (:encode OR state = 'made')",
    ),
    "a list is never empty": (r"\bIN \(\)", "SELECT 1 FROM report WHERE at NOT IN ()"),
    "a column of SQLite alone": (r"\b(rowid|sqlite_\w+)\b", "SELECT rowid FROM report"),
    "INTEGER has 32 bits there: BIGINT": (r"AS INTEGER\)", "SELECT CAST(value AS INTEGER) FROM value"),
    "a sum of BIGINT is no whole number there: CAST (`columns.total`)": (
        r"(?<!CAST\()\bsum\([^()]*\) AS ",
        "SELECT sum(videos) AS videos FROM reservation",
    ),
    "the case of letters": (r"\b(LIKE|GLOB|REGEXP|NOCASE)\b", "SELECT 1 FROM style WHERE name LIKE ?"),
    "what is added to a time is BIGINT: CAST": (rf"{MARK} [+-] \d", "SELECT 1 FROM report WHERE at <= :now + 15000"),
    "a quote of SQLite alone, or ==": (r"`|==| \[[a-z]", "SELECT 1 FROM style WHERE name == ?"),
    "LIMIT has one number": (rf"\bLIMIT (\d+|{MARK}), ", "SELECT 1 FROM style LIMIT 5, 10"),
}


def faults(sql: str) -> list[str]:
    """What PostgreSQL would not take of a statement, or of a part of one."""
    sql = " ".join(sql.split())
    found = [why for why, (words, _) in WORDS.items() if re.search(words, sql)]
    bare = re.sub(r"'[^']*'", "''", sql)
    if any("," in _top(inside) for inside in _inside(r"\b(?:max|min)\(", bare)):
        found.append("max and min take one column; `columns.later_of`")
    if any(not re.match(r" ?(AS )?\w", rest) for rest in _behind(r"\b(?:FROM|JOIN) \(", bare)):
        found.append("what is selected from has a name")
    return found


def _inside(opening: str, sql: str) -> Iterator[str]:
    for at in re.finditer(opening, sql):
        if (end := _closing(sql, at.end())) is not None:
            yield sql[at.end() : end]


def _behind(opening: str, sql: str) -> Iterator[str]:
    for at in re.finditer(opening, sql):
        if (end := _closing(sql, at.end())) is not None:
            rest = sql[end + 1 :]
            yield "" if re.match(r" (WHERE|ORDER|GROUP|UNION|JOIN|LEFT|ON|LIMIT)\b", rest) else rest


def _closing(sql: str, at: int) -> int | None:
    """Where the bracket closes that is open at a place; None in a part of a statement that does not close it."""
    depth = 1
    for place in range(at, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return place
    return None


def _top(inside: str) -> str:
    """What is in no further brackets."""
    while (less := re.sub(r"\([^()]*\)", "", inside)) != inside:
        inside = less
    return inside


def texts(source: str) -> Iterator[str]:
    """All texts of a module but its docstrings; a name stands for what is put in."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            docs |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "one" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


MODULES = [one for one in sorted(STORAGE.rglob("*.py")) if not one.relative_to(STORAGE).as_posix().startswith(APART)]


@every_row("module", [pytest.param(one, id=one.stem) for one in MODULES])
def test_no_statement_has_words_that_one_database_takes_alone(module: Path) -> None:
    found = {why: text for text in texts(module.read_text(encoding="utf-8")) for why in faults(text)}
    assert found == {}


async def test_what_runs_on_a_day_has_no_words_that_one_database_takes_alone(store: SqlStore, life: Life) -> None:
    async with traced(store) as statements:
        await a_day(store, life)
        await store.search_history("guild", "ann", HistoryQuery(failed=True), skip=0, limit=5)
        await store.figures(since=0, now=life.now)
        await store.stored("ann")
        await store.role_grants("guild", now=life.now)
        await store.end_questions(asked_before=life.now)
        await store.claim_withdrawn(life.claim(), [], now=life.now + timedelta(minutes=1))
    ours = {sql for sql in statements if re.match("SELECT|INSERT|UPDATE|DELETE|WITH", sql)}
    assert len(ours) > 100
    assert {why: sql for sql in ours for why in faults(sql)} == {}


async def test_nothing_is_read_about_an_empty_list(store: SqlStore, life: Life) -> None:
    async with traced(store) as statements:
        assert await store.known_jobs([]) == set()
        assert await store.waiting_cards([]) == []
        assert await store.card_contexts([]) == []
        assert await store.take_places([], now=life.now) == set()
        assert await store.versions([]) == []
        assert await store.kept_for([]) == {}
        await store.end_leases([], now=life.now)
    assert statements == []


@every_row(("why", "example"), [pytest.param(why, of[1], id=why) for why, of in WORDS.items()])
def test_words_of_one_database_are_found(why: str, example: str) -> None:
    assert faults(example) == [why]


@pytest.mark.parametrize(
    "example",
    [
        "SELECT max(due_at, coalesce(lease_until, 0)) FROM generation",
        "SELECT count(*) FROM (SELECT DISTINCT id FROM report)",
        "SELECT 1 FROM (SELECT at FROM report) WHERE at = ?",
    ],
)
def test_forms_of_one_database_are_found(example: str) -> None:
    assert len(faults(example)) == 1
