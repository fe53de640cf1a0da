"""A disk that is full: whoever asked for a write is told so, nothing half-done stays, and it passes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.limits import Scope
from bot.storage.database import Writing, fetch
from bot.storage.store import SqlStore
from bot.storage.verify import differences
from tests.process.database import Rows
from tests.storage.everything import dump
from tests.storage.life import EVERYTHING, Life

pytestmark = pytest.mark.sqlite_only("of PostgreSQL: postgres/test_lost_connections.py")


@asynccontextmanager
async def full(store: SqlStore) -> AsyncGenerator[None]:
    """The file may not grow by a page: SQLite then says just what it says on a full disk."""

    async def bound(pages: str) -> None:
        async def work(writing: Writing) -> None:
            [[size]] = await fetch(writing, "PRAGMA page_count")
            await fetch(writing, f"PRAGMA max_page_count = {pages or size}")

        await store.db.write(work)

    await bound("")
    yield
    await bound("1000000")


async def test_jobs_on_a_full_disk_are_refused_whole_until_there_is_room(
    store: SqlStore, life: Life, path: Path
) -> None:
    await life.accept(limits=EVERYTHING)
    async with full(store):
        before, jobs, refused = dump(Rows(path)), 1, None
        while refused is None:  # some still fit into pages that are there already
            try:
                await life.accept(limits=EVERYTHING)
            except StoreUnavailable as refusal:
                refused = refusal
            else:
                before, jobs = dump(Rows(path)), jobs + 1
        assert refused.kind is StoreFault.FULL
        assert dump(Rows(path)) == before
        assert await store.open_jobs() == jobs
    await life.accept(limits=EVERYTHING)
    assert await life.tally(Scope.MEMBER) == (0, jobs + 1)
    assert await differences(path) == []


async def test_what_needs_no_new_room_still_ends_on_a_full_disk(store: SqlStore, life: Life) -> None:
    job, claim = await life.polling()
    async with full(store):
        await store.fail(job.id, claim, fault="x", detail="", resolution=Resolution.VOID, now=life.now)
    assert await life.tally(Scope.MEMBER) == (0, 0)
