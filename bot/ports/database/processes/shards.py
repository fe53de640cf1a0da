"""The gateway's shards: which process holds which, and whose turn it is to begin a session."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.processes.shards import HeldShards, Shards


class ShardStore(Protocol):
    """What processes with one token agree on about Discord's gateway."""

    async def take_shards(self, process_id: str, shards: Shards) -> HeldShards | None:
        """Hold all of these shards for as long as the process has a row, or none of them; None where it holds them now.

        Otherwise what stands in the way: other processes that hold some of them, or hold shards of another number.
        """
        ...

    async def take_identify(self, key: int, *, gap: timedelta, now: datetime) -> bool:
        """Take the turn of a key (`shard % max_concurrency`) if it is free; it is free again after `gap`."""
        ...
