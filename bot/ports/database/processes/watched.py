"""What the watchers read, and where each start leaves its mark."""

from datetime import datetime
from typing import Protocol


class WatchedStore(Protocol):
    """Starts, backups, places at UniAll, and the engine's log."""

    async def record_start(self, now: datetime) -> list[datetime]:
        """Record a start; returns the newest starts, this one last."""
        ...

    async def starts(self) -> list[datetime]:
        """The newest starts, oldest first."""
        ...

    async def first_start(self) -> datetime | None:
        """The first start that was recorded."""
        ...

    async def last_backup(self) -> datetime | None:
        """When this database was last backed up by `sora-bot db backup`; None if never."""
        ...

    async def places(self) -> tuple[int, datetime | None]:
        """How many jobs take a place at UniAll, and when the newest of them was sent."""
        ...

    async def trim_log(self) -> int:
        """Shrink the engine's own log where it has outgrown its bound; returns the bytes it takes, 0 where there is none."""
        ...
