"""What the kept files are still needed for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.media_inventory import RetentionState


class MediaFileStore(Protocol):
    """Files in the media folder by generation, and jobs that wait for room there."""

    async def kept_for(self, generation_ids: Sequence[str]) -> dict[str, RetentionState]:
        """What became of these, by id; one that was never accepted is missing."""
        ...

    async def images_needed(self) -> set[str]:
        """The files of the reference images of every generation that has not ended."""
        ...

    async def hold_waiting(self, hold: str, *, now: datetime) -> int:
        """Every reserved job waits for `hold`, and its card says so; how many did not before."""
        ...

    async def let_go(self, hold: str, *, now: datetime) -> int:
        """Nothing waits for `hold` any more; how many did."""
        ...
