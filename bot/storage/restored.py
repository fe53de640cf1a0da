"""Puts in doubt what a restored database may have missed: it is older than what has happened since its backup."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.storage.database import Database, Writing, fetch
from bot.storage.jobs.deliveries import MAYBE_POSTED, RESTORED_AT
from bot.storage.jobs.posts import OPEN
from bot.storage.privacy import deletion_list, erasing


async def doubt(writing: Writing, at: int) -> None:
    """Mark as in doubt whatever may have been done since the backup, so that it is not repeated without a check.

    A reserved job of an old backup may have been sent and billed since, so it becomes `unknown`: it is searched for at
    UniAll and never sent again. The table of transitions has no such step, because a generation never takes it; this
    repairs the record. Its submit may have been at any time since it was accepted. An unsent delivery, and any that a
    restored generation will get (`POSTED_BEFORE`), counts an attempt, as does an unsent notice. An unsent post may be in any
    channel that it could have gone to, and is searched for there first.
    """
    await writing.execute(
        "UPDATE generation SET state = 'unknown', hold = NULL, lease_owner = NULL, lease_until = NULL,"
        " submitting_at = CASE state WHEN 'reserved' THEN accepted_at ELSE submitting_at END,"
        " sent_there = CASE state WHEN 'reserved' THEN NULL ELSE sent_there END,"
        " revision = revision + 1, card_due_at = ? WHERE finished_at IS NULL AND state IN ('reserved', 'submitting')",
        (at,),
    )
    await writing.execute(f"UPDATE delivery SET attempts = 1 WHERE attempts = 0 AND {OPEN}")
    await writing.execute(MAYBE_POSTED.format(which="delivery.state <> 'sent'"))
    await writing.execute(f"UPDATE failure_notice SET attempts = 1 WHERE attempts = 0 AND {OPEN}")
    # Later than anything in it, even if this machine's clock is behind that of the original one.
    [[latest]] = await fetch(writing, "SELECT max(accepted_at) FROM generation")
    await writing.execute(
        "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (RESTORED_AT, str(max(at, latest or 0))),
    )


async def forget_again(database: Database, lists: Sequence[Path]) -> None:
    """Erase also those jobs that were running in the backup: they have ended since, and their text was deleted."""
    listed = await asyncio.to_thread(deletion_list.read, lists)
    await database.write(lambda writing: erasing.learn(writing, listed))
    await erasing.unfinished(database)

    async def blank(writing: Writing) -> None:
        await erasing.blank(writing, await erasing.known(writing))

    await database.write(blank)
