"""What a process that is gone had claimed is given back.

A lease belongs to a process; while that process has a row, nobody ends its lease for it. Without the row, what was being
submitted is in doubt, what was being posted is queued again (its attempts are kept, so that the channel is looked at
first), and polls, fetches and joins are free.
"""

from bot.storage import locks
from bot.storage.database import Writing, fetch
from bot.storage.jobs.posts import OPEN

# A lease whose owner belongs to no process that has a row.
ORPHANED = (
    "lease_owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM process"
    " WHERE substr(lease_owner, 1, length(process.id) + 1) = process.id || '.')"
)
_FREED = "lease_owner = NULL, lease_until = NULL"
_QUEUED = f"state = 'queued', due_at = :now, gap_ms = 0, {_FREED}"


async def end_orphaned(writing: Writing, at: int, *, doubted_at: int | None) -> None:
    """End every lease whose process is gone.

    at: the present time, for what is due because of it. doubted_at: when its submits came to be in doubt; None where that
    was at some time after they began.
    """
    now = {"now": at}
    await fetch(  # all that is written below, or that it belongs to
        writing,
        f"SELECT id FROM generation WHERE id IN (SELECT id FROM generation WHERE finished_at IS NULL AND {ORPHANED}"
        f" UNION SELECT generation_id FROM delivery WHERE {OPEN} AND {ORPHANED}"
        f" UNION SELECT generation_id FROM failure_notice WHERE {OPEN} AND {ORPHANED}) {locks.IN_ORDER}",
    )
    await writing.execute(
        "UPDATE generation SET state = 'unknown', doubted_at = :doubted_at, revision = revision + 1, card_due_at = :now"
        f" WHERE finished_at IS NULL AND state = 'submitting' AND {ORPHANED}",
        {**now, "doubted_at": doubted_at},
    )
    await writing.execute(f"UPDATE generation SET {_FREED} WHERE finished_at IS NULL AND {ORPHANED}")
    await writing.execute(f"UPDATE delivery SET {_QUEUED} WHERE {OPEN} AND state = 'sending' AND {ORPHANED}", now)
    await writing.execute(f"UPDATE joining SET {_FREED} WHERE state IN ('queued', 'failed', 'removing') AND {ORPHANED}")
    await writing.execute(f"UPDATE failure_notice SET {_QUEUED} WHERE {OPEN} AND state = 'sending' AND {ORPHANED}", now)
