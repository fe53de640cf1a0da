"""What is stored about a member."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.privacy import StoredData


class PrivacyStore(Protocol):
    """What is stored about a member, and forgetting it."""

    async def stored(self, member_id: str) -> StoredData:
        """What is stored about a member."""
        ...

    async def forget(self, member_id: str, *, now: datetime | None = None) -> list[str]:
        """Delete a member's prompts and image references everywhere; answers the media files to discard.

        Amounts stay, so that totals stay true; `usage_rows` tells no more of them. A running job is forgotten when it ends.
        The deletion itself is kept, for `list_forgotten`.
        """
        ...

    async def list_forgotten(self) -> None:
        """Keep the ids of all who were forgotten outside the database, for an older one that comes back. Raises OSError."""
        ...

    async def to_discard(self) -> list[str]:
        """Media files that nothing refers to any more: those of `forget`, and of what was forgotten when it ended."""
        ...

    async def discarded(self, files: Sequence[str]) -> None:
        """These files are gone from the media folder."""
        ...
