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
        """Delete a member's prompts and image references in all servers; returns `to_discard`.

        Amounts stay, so that totals stay true; `usage_rows` returns nothing else of them. A running job is forgotten
        when it ends. The deletion itself is recorded first, for `list_forgotten` and for `finish_forgetting`; then it
        is done in many transactions, so that no other write waits for all of it.
        """
        ...

    async def finish_forgetting(self) -> bool:
        """Do the rest of deletions that a crash or a fault has interrupted; False where there is none."""
        ...

    async def list_forgotten(self) -> None:
        """Write the ids of all forgotten members outside the database, for an older database that is restored.

        Raises OSError.
        """
        ...

    async def to_discard(self, *, after: str = "", limit: int = 500) -> list[str]:
        """Media files that nothing refers to any more, by name; the first of those that come after a name.

        They are of deleted jobs, and of jobs that were forgotten at their end.
        """
        ...

    async def discard_later(self, files: Sequence[str]) -> None:
        """Put these files on the list of `to_discard`."""
        ...

    async def discarded(self, files: Sequence[str]) -> None:
        """Record that these files are deleted from the media folder."""
        ...
