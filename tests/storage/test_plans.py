"""What the bot does all day costs the same with ten finished generations or a million."""

import re
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.generation import Generation
from bot.domain.messages.delivery import Try
from bot.domain.moderation.guild_settings import ZoneChange
from bot.domain.provider import JobState, JobStatus
from bot.domain.queue.claims import Work
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Unit
from bot.domain.quota.rules import Subject
from bot.domain.versions.history import HistoryQuery
from bot.storage.store import SqlStore
from tests.storage.conftest import Opener
from tests.storage.life import EVERYTHING, MANY, POSTED, Life
from tests.storage.single_cards import record_card, take_place
from tests.storage.sqlite_parts import sqlite

pytestmark = pytest.mark.sqlite_only("it reads the plans of SQLite's engine")

TRIED = Try(delivery_id="d", channel_id="channel", after_id="1")
# The columns that tell one row from its clone; "" gets a fresh number by itself.
NAMES = {
    "generation": ("id", "interaction_id", "job_id", "root_id", "card_message_id", "draft_id"),
    "reservation": ("id",),
    "entry": ("", "reservation_id"),
    "delivery": ("id", "generation_id", "message_id"),
    "draft": ("id",),
    "grant_entry": ("", "reservation_id"),
    "report": ("generation_id",),
    "report_case": ("generation_id",),
    "removal": ("generation_id",),
    "post_try": ("generation_id", "delivery_id"),
}

GROWING = ("balance", "grant_balance", "reset_entry", "change")

# Indexes that hold only what is open or due, however much has ended: reading one from end to end is cheap.
OF_OPEN_ROWS = (
    "generation_open",
    "generation_open_member",
    "generation_unanswered",
    "generation_unready",
    "generation_card",
    "delivery_open",
    "report_case_open",
)


def clone(path: Path, generation_id: str, count: int) -> None:
    """So many more finished generations like this one, with their ledger rows and deliveries."""
    with closing(sqlite3.connect(path)) as connection:
        for table, names in NAMES.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = [f"{name} || '-' || n" if name in names else name for name in columns]
            if "" in names:
                values[0] = "NULL"
            key = next(name for name in ("generation_id", "reservation_id", "id") if name in columns)
            connection.execute(
                f"WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count})"  # noqa: S608
                f" INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table}, number"
                f" WHERE {key} = '{generation_id}'"
            )
        connection.commit()


async def a_day(store: SqlStore, life: Life) -> None:
    """Every call of the store that a running bot makes, on a few open jobs, which have all ended at the end."""
    await life.set_rule(Subject.MEMBER, 0, Unit.USD, of="stranger")
    await life.set_rule(Subject.SERVER, MANY)
    await life.configure(lambda old: replace(old, most_running=3, zones=old.zones or (ZoneChange(life.now, "UTC"),)))
    await life.grant(1)
    jobs = [
        await life.accept(life.new(member), limits=EVERYTHING, most_open=MANY)
        for member in ("bob", "ann", "ann", "cem")
    ]
    await store.allowance("guild", "ann", ["role"], EVERYTHING, now=life.now)
    await life.reset("ann")
    await store.changes("guild", None, before_id=None, limit=10)
    await store.open_reports("guild")
    await store.open_cases(limit=10)
    await store.cases_due(now=life.now, limit=10)
    await store.removals_due(now=life.now, limit=10)
    await store.settle_gone("channel", ["stranger"])
    assert await store.report_case("stranger") is None
    assert await store.removal("stranger") is None
    assert not await store.has_reported("stranger", "bob")
    await store.rule_usage("guild", [*await store.rules("guild"), *EVERYTHING[:1]], now=life.now)
    await store.usage_rows("guild", life.now)
    await store.kept_for([jobs[0].id, "stranger"])
    await store.images_needed()
    await store.hold_waiting("disk", now=life.now)
    await store.release_held("disk", now=life.now)
    for job in jobs:
        await life.show(job)
        await store.card_context(job)
    await life.uses()
    await store.cancel(jobs[3].id, now=life.now)
    first, claim = await life.submitting(jobs[0])
    await store.release_submit(first.id, claim, hold="x", due_at=life.now, now=life.now)
    for end in ("success", "failure", "doubt"):
        claim = life.claim()
        got = await store.claim_submit(claim, most=MANY, now=life.now)
        assert got is not None
        if end == "doubt":
            await store.record_unclear(got.id, claim, now=life.now)
            assert await store.submitting(now=life.now) == []
            assert await store.unclear()
            await store.fail(got.id, None, fault="x", detail="", resolution=Resolution.BILLED, now=life.now)
            continue
        status = JobStatus(job_id=f"job-{got.id}", state=JobState.RUNNING)
        await store.record_submitted(got.id, claim, status, due_at=life.now, now=life.now)
        assert await store.known_jobs([status.job_id, "stranger"]) == {status.job_id}
        await life.claim_poll(claim := life.claim(), now=life.now)
        await life.record_poll(got.id, claim, progress=9, missing_since=None, due_at=life.now, now=life.now)
        await life.claim_poll(claim := life.claim(), now=life.now)
        if end == "failure":
            await store.fail(got.id, claim, fault="x", detail="", resolution=Resolution.VOID, now=life.now)
            continue
        await store.record_rendered(got.id, claim, video_url=None, now=life.now)
        await store.claim_fetch(claim := life.claim(), now=life.now)
        await store.retry_fetch(got.id, claim, video_url=None, due_at=life.now, now=life.now)
        await store.claim_fetch(claim := life.claim(), now=life.now)
        await life.succeed(got, claim)
        await store.claim_delivery(claim := life.claim(), now=life.now)
        await store.retry_delivery(f"d-{got.id}", claim, due_at=life.now, now=life.now)
        await store.claim_delivery(claim := life.claim(), now=life.now)
        tried = replace(TRIED, delivery_id=f"d-{got.id}")
        await store.record_try(claim, tried)
        assert await store.tries(got.id) == [tried]
        await store.settle_tries(f"d-{got.id}", claim, [tried])
        await store.record_sent(f"d-{got.id}", claim, POSTED, now=life.now)
    await iterating(store, life, jobs)
    notice = await store.claim_notice(claim := life.claim(), now=life.now)
    assert notice
    await store.retry_notice(notice.generation.id, claim, due_at=life.now, now=life.now, tried=timedelta(0))
    for _ in range(2):
        notice = await store.claim_notice(claim := life.claim(), now=life.now)
        assert notice
        await store.end_notice(notice.generation.id, claim, sent=True)
    assert await take_place(store, jobs[3].id, "guild", 1, now=life.now)
    life.later(seconds=5)
    while cards := await store.cards_due(now=life.now, limit=10):
        await record_card(store, cards[0], shown="done", again_at=None, now=life.now)
    for work in Work:
        assert await store.next_due(work) is None
    await store.void_leases(now=life.now)


async def iterating(store: SqlStore, life: Life, ended: Sequence[Generation]) -> None:
    """What creators do: new versions, found by message, thread and member; forms; a post into another channel."""
    [found] = [one for one in [await store.version(job.id) for job in ended] if one and one.delivery]
    assert await store.at_message("m") == found
    assert await store.at_message("card")
    assert await store.newest_in("m") == found.generation
    assert await store.newest_in("stranger") is None
    assert await store.newest_made_in("stranger") is None
    assert await store.locale_of("stranger") is None
    assert await store.locale_of("bob")
    newer = await life.version(found.generation, "bob", channel_id="m")
    assert await store.newest_in("m") == newer
    assert (await store.card_context(newer)).parent == found
    family = await store.family(newer.root_id)
    assert len(await store.versions([node.id for node in family])) == 2
    assert (await store.history("guild", "bob", skip=0, limit=5))[1] == 2
    draft = life.draft(generation_id=newer.id)
    await store.forget_drafts(made_before=life.now - timedelta(days=7))
    await store.keep_draft(draft)
    assert await store.draft(draft.id) == draft
    of_form = await life.version(newer, draft_id=draft.id)
    assert await store.made_from(draft.id) == await store.version(of_form.id)
    await store.cancel(of_form.id, now=life.now)
    await life.undeliverable(newer)
    assert await store.requeue(newer.id, channel_id="elsewhere", now=life.now, waived=[TRIED])
    assert await store.cards_due_now("channel", now=life.now) == 0
    await store.claim_delivery(claim := life.claim(), now=life.now)
    await store.record_sent(f"d-{newer.id}", claim, replace(POSTED, message_id="m2"), now=life.now)
    await store.forget("cem")


@asynccontextmanager
async def traced(store: SqlStore) -> AsyncGenerator[list[str]]:
    """Every statement that runs meanwhile, with its values filled in."""
    statements: list[str] = []
    connections: list[Any] = [sqlite(store)._writer, sqlite(store)._reader]
    for connection in connections:
        await connection.set_trace_callback(statements.append)
    yield statements
    for connection in connections:
        await connection.set_trace_callback(None)


async def test_no_statement_of_the_day_reads_what_has_ended_or_a_ledger_from_end_to_end(
    store: SqlStore, life: Life, path: Path
) -> None:
    async with traced(store) as statements:
        await a_day(store, life)
    seen: set[str] = set()
    scans: list[str] = []
    with closing(sqlite3.connect(path)) as connection:
        for sql in statements:
            if not sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
                continue
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
                kind, table, *_ = f"{step} -".split()
                seen.add(table)
                if kind == "SCAN" and table in {*NAMES, *GROWING} and not step.endswith(OF_OPEN_ROWS):
                    scans.append(f"{step}: {sql}")
    assert scans == []
    assert {"generation", "reservation", "balance", "delivery", "draft"} <= seen


FILTERS = {
    "everything": (HistoryQuery(), "generation_history"),
    "words": (HistoryQuery(find="cat"), "generation_history"),
    "failed": (HistoryQuery(failed=True), "generation_failed"),
    "pictured": (HistoryQuery(pictured=True), "generation_pictured"),
    "a model": (HistoryQuery(families=frozenset({"Sora 2"})), "generation_family"),
    "two models": (HistoryQuery(families=frozenset({"Sora 2", "Wan"})), "generation_family"),
}


@pytest.mark.parametrize(("query", "index"), [pytest.param(*of, id=name) for name, of in FILTERS.items()])
async def test_a_page_of_history_is_read_in_the_order_of_an_index_whatever_it_is_about(
    store: SqlStore, life: Life, path: Path, query: HistoryQuery, index: str
) -> None:
    await life.posted()
    async with traced(store) as statements:
        await store.search_history("guild", "ann", query, skip=5, limit=5)
    plans = plans_of(path, statements)
    assert any(index in plan for plan in plans)
    of_all = [step for plan in plans for step in plan.split("\n") if step.startswith("SEARCH generation")]
    assert [step for step in of_all if "(id=?)" not in step and index not in step] == []
    assert not [plan for plan in plans if "ORDER BY" in plan and not query.failed]
    assert not [step for plan in plans for step in plan.split("\n") if step.startswith("SCAN generation")]


async def test_what_grows_with_a_server_or_a_member_is_read_by_an_index_that_ends_where_the_page_ends(
    store: SqlStore, life: Life, path: Path
) -> None:
    await life.posted()
    await life.grant(1)
    [row] = await store.usage_rows("guild", life.now - timedelta(days=1))
    async with traced(store) as statements:
        await store.usage_rows("guild", life.now, after=row)
        await store.changes("guild", None, before_id=9, limit=10)
        await store.changes("guild", "ann", before_id=9, limit=10)
        await store.stored("ann")
        await store.allowance("guild", "ann", ["role"], EVERYTHING, now=life.now)
        await store.finish_forgetting()
    plans = plans_of(path, statements)
    assert not [plan for plan in plans if "ORDER BY" in plan and " generation " in plan]
    assert "SEARCH generation USING INDEX generation_guild (guild_id=? AND (accepted_at,id)>(?,?))" in plans
    scans = {step for plan in plans for step in plan.split("\n") if step.startswith("SCAN ")}
    assert scans == {"SCAN found", "SCAN forgetting"}, "the few of two pages, and what a crash has left"
    both = next(plan for plan in plans if "change_actor" in plan)
    assert "SEARCH change USING INDEX change_subject (guild_id=? AND subject_id=? AND id<?)" in both
    counted = {"generation_member", "generation_history", "generation_pictured", "generation_two_pictures"}
    assert {index for index in counted for plan in plans if f"INDEX {index} (member_id=?)" in plan} == counted


async def test_what_creators_look_through_is_read_in_the_order_of_an_index_and_sorted_by_none(
    store: SqlStore, life: Life, path: Path
) -> None:
    first = await life.posted(message="thread")
    await life.version(first, channel_id="thread")
    await life.accept(replace(life.new(channel="talk"), parent_channel_id="channel"))
    async with traced(store) as statements:
        await store.family(first.id)
        await store.history("guild", "ann", skip=5, limit=5)
        await store.newest_in("thread")
        await store.newest_made_in("talk")
        await store.locale_of("ann")
    plans = plans_of(path, statements)
    assert len(plans) == 7
    assert not [plan for plan in plans if "TEMP B-TREE" in plan or "SCAN" in plan]
    assert sum("generation_history" in plan for plan in plans) == 2, "the page and the count"
    assert sum("generation_version" in plan for plan in plans) == 2
    assert sum("generation_thread" in plan for plan in plans) == 1
    assert sum("generation_member" in plan for plan in plans) == 1


def plans_of(path: Path, statements: Sequence[str]) -> list[str]:
    """The steps of each plan, one a line."""
    with closing(sqlite3.connect(path)) as connection:
        return ["\n".join(row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")) for sql in statements]


@pytest.mark.parametrize("how", ["accepted", "cancelled", "reset"])
async def test_rows_of_balances_are_written_in_one_order_the_operators_last(
    store: SqlStore, life: Life, how: str
) -> None:
    job = await life.accept(life.new())
    async with traced(store) as statements:
        match how:
            case "accepted":
                await life.accept(life.new())
            case "cancelled":
                await store.cancel(job.id, now=life.now)
            case _:
                await life.reset("ann")
    written = [sql for sql in statements if sql.startswith(("INSERT INTO balance", "UPDATE balance"))]
    rows = [row for sql in written for row in re.findall(r"\(([^()]*'[^()]*)\)", sql) or [sql]]
    keys = [re.findall(r"'(guild|member|operator|hour|day|week|month)'", row) for row in rows]
    cells = [(scope, per) for scope, *_, per in keys]
    every = [(scope, per) for scope in ("guild", "member", "operator") for per in ("day", "hour", "month", "week")]
    assert cells == (every if how != "reset" else [cell for cell in every if cell[0] == "member"])


async def test_a_day_s_work_is_the_same_with_thousands_of_finished_generations(tmp_path: Path, opened: Opener) -> None:
    ticks: list[int] = []
    for finished in (10, 4_000):
        path = tmp_path / f"{finished}.db"
        store = await opened(path)
        life = Life(store)
        old = await life.posted(message="old")
        await store.keep_draft(life.draft(generation_id=old.id))
        clone(path, old.id, finished)
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        for connection in (sqlite(store)._writer, sqlite(store)._reader):
            await connection.set_progress_handler(tick, 20)
        await a_day(store, life)
        ticks.append(count)
    few, many = ticks
    assert few > 100
    assert many == pytest.approx(few, rel=0.1)
