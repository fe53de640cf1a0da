"""What must be stored though the database cannot be written for now: kept in memory and written again and again.

A crash meanwhile is as a crash just before the write: what each leaves behind is said where it is made. The operator is
told once that the database takes no writes, and once that it takes them again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.domain.errors import StoreUnavailable
from bot.runtime.log import log

T = TypeVar("T")

GAPS = (0.25, 5.0)  # seconds between two tries: the first, which grows to the last


async def persist(write: Callable[[], Awaitable[T]]) -> T:
    """Write until it goes through, or until cancelled. `write` makes the same write anew at each call."""
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
