"""Notices that the server has lost commits: a copy took over that did not have them yet, or it was put back to an earlier moment.

PostgreSQL writes another history (a timeline) from that moment on. A job that waits in it may have been sent and billed by a
claim that is lost, so the first claim in another history sends nothing: it puts in doubt whatever may have been done, as
after a restored backup, and notes the new history. Files that were put back without any recovery keep their history: a
process that has lived through it misses its own latest commit, and notes that they have none (`bot.storage.postgres.database`).

Where each commit waits for a copy (`synchronous_standby_names`), nothing is lost by a failover, and everything goes on.
"""

from bot.storage.database import Writing, fetch
from bot.storage.locks import IN_ORDER
from bot.storage.restored import doubt

NOTE = "database_history"
NOTED = f"(SELECT value FROM value WHERE name = '{NOTE}')"
SYNCHRONOUS = " synchronous"  # behind a history in which each commit waits for a copy


def same(noted: str, history: str) -> bool:
    """Return whether these are one history, however its commits are kept."""
    return noted.removesuffix(SYNCHRONOUS) == history.removesuffix(SYNCHRONOUS)


async def may_claim(writing: Writing, noted: str | None, at: int) -> bool:
    """Return whether what waits has certainly not been sent. noted: of `NOTED`. The lock for submits is held.

    False where nothing was certain until now: then all that waits is in doubt from here on.
    """
    if writing.history is None or noted == writing.history:
        return True
    kept = noted is None or same(noted, writing.history) or noted.endswith(SYNCHRONOUS)
    if not kept:
        await fetch(writing, f"SELECT id FROM generation WHERE finished_at IS NULL {IN_ORDER}")
        await doubt(writing, at)
    await note(writing, NOTE, writing.history)
    return kept


async def note(writing: Writing, name: str, value: str) -> None:
    """Note where the database is, or which history its server writes."""
    await writing.execute(
        "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
