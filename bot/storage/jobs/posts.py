"""Claims the next message that answers a card: a video (`delivery`), or the news that there is none (`failure_notice`)."""

from datetime import datetime
from typing import Literal

from bot.domain.queue.claims import Claim
from bot.storage.columns import DUE, to_ms
from bot.storage.database import Row, Writing, fetch
from bot.storage.jobs.cards import CARD_GRACE_MS, NO_LONGER_NEW

OPEN = "state IN ('queued', 'sending')"  # must be identical to the condition of the index on these few rows


async def claim_post(
    writing: Writing, table: Literal["delivery", "failure_notice"], claim: Claim, now: datetime
) -> tuple[Row, Row] | None:
    """Set the one that is due first to `sending`; return its row and that of its generation, or None.

    It waits briefly for its card, so that it can reply to it. Where the lease of an earlier claim is over, its owner died.
    """
    found = await fetch(
        writing,
        f"UPDATE {table} SET state = 'sending', attempts = attempts + 1, lease_owner = :owner, lease_until = :until"
        f" WHERE generation_id = (SELECT generation_id FROM {table} WHERE {OPEN} AND {DUE}"
        " AND (lease_until IS NULL OR lease_until <= :leases_at) AND EXISTS (SELECT 1 FROM generation"
        f" WHERE generation.id = generation_id AND (card_answered = 1 OR {NO_LONGER_NEW}))"
        " ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING *",
        {
            "owner": claim.owner,
            "until": to_ms(claim.until),
            "now": to_ms(now),
            "leases_at": to_ms(claim.at or now),
            "grace": CARD_GRACE_MS,
        },
    )
    if not found:
        return None
    [generation] = await fetch(writing, "SELECT * FROM generation WHERE id = ?", (found[0]["generation_id"],))
    return found[0], generation
