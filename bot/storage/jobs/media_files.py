"""What the files in the media folder are still needed for, and jobs that wait for disk space."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.generation import State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.processes.media_inventory import RetentionState
from bot.storage import locks, rows
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.jobs.submits import CHANGED

AT_ONCE = 500  # generations in one statement


class MediaFileQueries:
    """The part of the store for the media budget. Every query uses keys or open rows."""

    db: Database

    async def kept_for(self, generation_ids: Sequence[str]) -> dict[str, RetentionState]:
        """See `MediaFileStore.kept_for`."""
        known: dict[str, RetentionState] = {}
        for first in range(0, len(generation_ids), AT_ONCE):  # a folder may hold a hundred thousand files
            some = generation_ids[first : first + AT_ONCE]
            marks = ", ".join("?" * len(some))
            found = await self.db.read(
                "SELECT generation.id, generation.state, delivery.state AS delivery,"
                " coalesce(delivery.sent_at, finished_at, accepted_at) AS at"
                " FROM generation LEFT JOIN delivery ON delivery.generation_id = generation.id"
                f" WHERE generation.id IN ({marks})",
                some,
            )
            known |= await asyncio.to_thread(_kept, found) if len(found) > rows.FEW else _kept(found)
        return known

    async def images_needed(self) -> set[str]:
        """See `MediaFileStore.images_needed`."""
        found = await self.db.read(
            "SELECT image_file, end_image_file FROM generation WHERE finished_at IS NULL AND image_file IS NOT NULL"
        )
        return {file for row in found for file in row if file is not None}

    async def hold_waiting(self, hold: str, *, now: datetime) -> int:
        """See `MediaFileStore.hold_waiting`."""
        return await self._set_hold("(hold IS NULL OR hold <> :hold)", hold, hold, now)

    async def release_held(self, hold: str, *, now: datetime) -> int:
        """See `MediaFileStore.release_held`."""
        return await self._set_hold("hold = :hold", hold, None, now)

    async def _set_hold(self, which: str, hold: str, new: str | None, now: datetime) -> int:
        async def work(writing: Writing) -> int:
            held = await fetch(
                writing,
                f"UPDATE generation SET hold = :new, {CHANGED} WHERE id IN (SELECT id FROM generation"
                f" WHERE finished_at IS NULL AND state = 'reserved' AND {which}"
                f" {locks.IN_ORDER}) RETURNING id",
                {"hold": hold, "new": new, "now": to_ms(now)},
            )
            return len(held)

        return await self.db.write(work)


def _kept(found: Iterable[Row]) -> dict[str, RetentionState]:
    return {
        row["id"]: RetentionState(
            state=State(row["state"]),
            delivery=None if row["delivery"] is None else DeliveryState(row["delivery"]),
            at=from_ms(row["at"]),
        )
        for row in found
    }
