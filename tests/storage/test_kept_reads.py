"""What SQLite's engine keeps in memory is what the file holds."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from bot.domain.quota.limits import Per, Unit
from bot.domain.quota.rules import Rule, Subject
from bot.domain.requests.member_defaults import NO_DEFAULTS, MemberDefaults
from bot.storage.database import Read, Writing
from bot.storage.moderation import guild_settings
from bot.storage.quota import rules
from bot.storage.sqlite.dialect import tables_written
from bot.storage.sqlite.kept_reads import MOST, KeptReads
from bot.storage.store import SqlStore
from bot.storage.versions import defaults
from tests.storage.sqlite_parts import sqlite

pytestmark = pytest.mark.sqlite_only("PostgreSQL's engine keeps no reads")

KEPT = (guild_settings.TABLES, defaults.DEFAULTS, rules.RULES)


@pytest.fixture
def reads(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are read from now on, outside transactions."""
    seen: list[str] = []
    plain = sqlite(store).reading

    async def reading(work: Callable[[Read], Awaitable[Any]]) -> Any:
        seen.append("reading")
        return await plain(work)

    monkeypatch.setattr(sqlite(store), "reading", reading)
    return seen


async def test_what_nobody_wrote_is_read_once(store: SqlStore, reads: list[str]) -> None:
    for _ in range(3):
        assert await store.defaults("guild", "ann") == NO_DEFAULTS
        await store.guild("guild")
    await store.set_value("a", "b")
    await store.guild("guild")
    assert len(reads) == 2


async def test_a_member_without_defaults_costs_no_read(store: SqlStore, reads: list[str]) -> None:
    await store.set_defaults("guild", "ann", seconds=8)
    for member in ("ann", "bob", "cid"):
        assert await store.defaults("guild", member) == (MemberDefaults(seconds=8) if member == "ann" else NO_DEFAULTS)
    assert await store.defaults("elsewhere", "ann") == NO_DEFAULTS
    assert len(reads) == 1


async def test_where_many_have_defaults_each_members_are_read(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defaults, "FEW", 2)
    for seconds, member in enumerate(("ann", "bob", "cid"), start=4):
        await store.set_defaults("guild", member, seconds=seconds)
        assert await store.defaults("guild", member) == MemberDefaults(seconds=seconds)
    assert await store.defaults("guild", "ann") == MemberDefaults(seconds=4)
    assert await store.defaults("guild", "dan") == NO_DEFAULTS


async def test_a_write_is_seen_by_the_next_read(store: SqlStore) -> None:
    assert await store.defaults("guild", "ann") == NO_DEFAULTS
    await store.set_defaults("guild", "ann", seconds=8)
    assert await store.defaults("guild", "ann") == MemberDefaults(seconds=8)
    await store.clear_defaults("guild", "ann")
    assert await store.defaults("guild", "ann") == NO_DEFAULTS


async def test_a_read_that_began_before_a_write_is_not_kept(store: SqlStore) -> None:
    begun, goes_on, kept = asyncio.Event(), asyncio.Event(), KeptReads()
    tables = frozenset({"value"})

    async def slow() -> str:
        begun.set()
        await goes_on.wait()
        return "old"

    async def quick() -> str:
        return "new"

    early = asyncio.ensure_future(kept.get(tables, "key", slow))
    await begun.wait()
    kept.drop({"value"})
    goes_on.set()
    assert await early == "old"
    assert await kept.get(tables, "key", quick) == "new"
    kept.drop({"other"})
    assert await kept.get(tables, "key", slow) == "new"


async def test_a_write_that_is_rolled_back_leaves_what_the_file_holds(store: SqlStore) -> None:
    await store.set_defaults("guild", "ann", seconds=8)

    async def work(writing: Writing) -> None:
        await writing.execute("DELETE FROM member_default")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.db.write(work)
    assert await store.defaults("guild", "ann") == MemberDefaults(seconds=8)


@pytest.fixture
def writer_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The reads of all rules of a server, by accepts."""
    seen: list[str] = []
    plain = rules._few

    async def few(read: Read, *, guild_id: str) -> list[Rule] | None:
        seen.append(guild_id)
        return await plain(read, guild_id=guild_id)

    monkeypatch.setattr(rules, "_few", few)
    return seen


async def rules_of(store: SqlStore, member: str = "ann") -> list[int]:
    """The amounts of the rules that bind a member, as an accept reads them."""

    async def work(writing: Writing) -> list[int]:
        return [rule.amount for rule in await rules.kept_rules_of(writing, "guild", member)]

    return await store.db.write(work)


def rule(amount: int, member: str = "") -> Rule:
    subject = Subject.MEMBER if member else Subject.EVERYONE
    return Rule(
        id=uuid4().hex,
        guild_id="guild",
        subject=subject,
        subject_id=member,
        amount=amount,
        unit=Unit.VIDEOS,
        per=Per.DAY,
    )


async def put(store: SqlStore, *new: Rule, fails: bool = False) -> None:
    async def work(writing: Writing) -> None:
        for one in new:
            await rules.put(writing, one)
        if fails:
            raise RuntimeError

    await store.db.write(work)


async def test_accepts_read_rules_once_until_one_is_written(store: SqlStore, writer_reads: list[str]) -> None:
    await put(store, rule(1), rule(2, "ann"), rule(3, "bob"))
    assert [await rules_of(store, member) for member in ("ann", "bob", "cid")] == [[2, 1], [3, 1], [1]]
    assert len(writer_reads) == 1
    await put(store, rule(4))
    assert await rules_of(store) == [2, 4]
    with pytest.raises(RuntimeError):
        await put(store, rule(5), fails=True)
    assert await rules_of(store) == [2, 4]


async def test_where_a_server_has_many_rules_each_members_are_read(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "FEW", 2)
    await put(store, rule(1), rule(2, "ann"), rule(3, "bob"))
    assert [await rules_of(store, member) for member in ("ann", "bob", "cid")] == [[2, 1], [3, 1], [1]]


async def test_an_accept_sees_what_another_wrote_for_the_same_commit(store: SqlStore) -> None:
    await put(store, rule(1))
    assert await rules_of(store) == [1]
    held = asyncio.ensure_future(store.set_value("a", "b"))  # what comes meanwhile shares the next commit
    _, between, _, after = await asyncio.gather(
        put(store, rule(2)), rules_of(store), put(store, rule(3)), rules_of(store)
    )
    await held
    assert (between, after) == ([2], [3])


async def test_an_accept_sees_what_another_program_wrote(store: SqlStore) -> None:
    await put(store, rule(1))
    assert await rules_of(store) == [1]
    with closing(sqlite3.connect(sqlite(store)._path, isolation_level=None)) as another:
        another.execute("UPDATE rule SET amount = 7")
    assert await rules_of(store) == [7]


async def test_memory_holds_no_more_than_so_many() -> None:
    kept, tables, calls = KeptReads(), frozenset({"value"}), list[int]()

    async def read(number: int) -> int:
        calls.append(number)
        return number

    for number in (*range(MOST + 1), MOST, 0):
        assert await kept.get(tables, number, lambda number=number: read(number)) == number
    assert calls == [*range(MOST + 1), 0]


async def test_no_trigger_writes_what_is_kept(store: SqlStore) -> None:
    """The engine learns from a statement's own text what it writes."""
    triggers = await store.db.read("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
    written = frozenset[str]().union(*(tables_written(row["sql"]) for row in triggers))
    assert "generation" in written
    assert all(tables.isdisjoint(written) for tables in KEPT)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("INSERT INTO a (b) SELECT b FROM c ON CONFLICT (b) DO UPDATE SET b = 1", {"a"}),
        ("WITH x AS (SELECT 1) UPDATE a SET b = 1 FROM c", {"a"}),
        ("DELETE FROM a WHERE b IN (SELECT b FROM c)", {"a"}),
        ("SELECT * FROM a WHERE b = 1 FOR NO KEY UPDATE", set[str]()),
    ],
)
def test_a_statement_says_which_tables_it_writes(sql: str, tables: set[str]) -> None:
    assert tables_written(sql) - {"SET"} == tables
