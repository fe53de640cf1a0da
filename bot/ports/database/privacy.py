"""What is stored about a member, and its deletion."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.privacy import StoredData


class PrivacyStore(Protocol):
    """What is stored about a member, and its deletion."""

    async def stored(self, member_id: str) -> StoredData:
        """How much is stored about a member."""
        ...

    async def forget(self, member_id: str, *, now: datetime | None = None) -> list[str]:
        """Delete a member's prompts and image references in all servers; returns the media files to discard.

        Amounts stay, so that totals stay true; `usage_rows` returns nothing else of them. A running job is forgotten
        when it ends. The deletion itself is recorded, for `list_forgotten`.
        """
        ...

    async def list_forgotten(self) -> None:
        """Write the ids of all forgotten members outside the database, for an older database that is restored.

        Raises OSError.
        """
        ...

    async def to_discard(self) -> list[str]:
        """Media files that nothing refers to any more: those that `forget` returned, and those of jobs that were
        forgotten at their end.
        """
        ...

    async def discarded(self, files: Sequence[str]) -> None:
        """Record that these files are deleted from the media folder."""
        ...
