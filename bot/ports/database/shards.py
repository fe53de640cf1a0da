"""The gateway's shards: which process holds which, and whose turn it is to begin a session."""

from datetime import datetime, timedelta
from typing import Protocol


class ShardStore(Protocol):
    """What processes with one token agree on about Discord's gateway."""

    async def take_identify(self, key: int, *, gap: timedelta, now: datetime) -> bool:
        """Take the turn of a key (`shard % max_concurrency`) if it is free; it is free again after `gap`."""
        ...
