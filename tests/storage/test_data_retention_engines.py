"""Old windows folded and old prompts blanked, on each engine."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.storage.store import SqlStore
from tests.storage.life import Life

ENGINES = ("sqlite", "postgresql")


async def test_what_is_old_goes_and_the_books_agree(
    store: SqlStore, life: Life, audit: Callable[[], Awaitable[list[str]]]
) -> None:
    for _ in range(3):
        await life.posted()
        await life.failed()
        await life.reset()
        life.later(days=30)
    now = await life.succeeded()
    used = await life.uses()
    before = life.now - timedelta(days=40)
    assert await store.fold_windows(before=before) > 10
    assert await store.fold_windows(before=before) == 0
    assert await life.uses() == used
    assert await store.blank_prompts(until=life.now - timedelta(days=1))
    left = await store.db.read("SELECT id FROM generation WHERE prompt <> ''")
    assert [row["id"] for row in left] == [now.id]
    assert await store.prompts_blanked_until() == life.now - timedelta(days=1)
    assert (await store.stored("ann")).expired == 6
    assert len(await store.record_start(life.now)) == 1
    assert await store.first_start() == (await store.starts())[0]
    assert (await store.places())[0] == 0
    assert await store.trim_log() >= 0
    assert await audit() == []
