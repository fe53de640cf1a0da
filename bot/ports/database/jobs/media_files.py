"""Which stored media files are still needed, and which jobs wait for disk space."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.processes.media_inventory import RetentionState


class MediaFileStore(Protocol):
    """Files in the media folder by generation, and jobs that wait for disk space."""

    async def kept_for(self, generation_ids: Sequence[str]) -> dict[str, RetentionState]:
        """The state of these generations, by id; one that was never accepted is missing."""
        ...

    async def images_needed(self) -> set[str]:
        """The file names of the reference images of every generation that has not ended."""
        ...

    async def hold_waiting(self, hold: str, *, now: datetime) -> int:
        """Make every reserved job wait for `hold`, which its card shows; returns how many did not wait for it before."""
        ...

    async def release_held(self, hold: str, *, now: datetime) -> int:
        """End the wait of every job that waits for `hold`; returns how many did."""
        ...
