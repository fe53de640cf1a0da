"""Writes that must succeed although the database is not available for now: kept in memory and repeated.

A crash meanwhile has the same effect as a crash just before the write; each caller documents what that leaves behind.
The operator is alerted once when the database takes no writes, and once when it does again
(`bot.workers.watchers.database_health`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.domain.errors import StoreUnavailable
from bot.system.log import log

T = TypeVar("T")

GAPS = (0.25, 5.0)  # seconds between two tries: the first gap, doubled each time up to the last


async def persist(write: Callable[[], Awaitable[T]]) -> T:
    """Repeat the write until it succeeds, or until cancelled. `write` makes the same write anew at each call."""
    gap, most = GAPS
    tries = 1
    while True:
        try:
            result = await write()
        except StoreUnavailable as error:
            if tries == 1:
                log.warning("not_stored", error=error)
            await asyncio.sleep(gap)
            gap, tries = min(gap * 2, most), tries + 1
        else:
            if tries > 1:
                log.info("stored_after_all", tries=tries)
            return result
