"""A member's own versions, searched, and what their open pages are about."""

from datetime import datetime
from typing import Protocol

from bot.domain.versions.history import HistoryQuery, KeptQuery
from bot.domain.versions.version import Version


class HistoryStore(Protocol):
    """Searches in one member's versions in one server, and their stored queries."""

    async def search_history(
        self, guild_id: str, member_id: str, query: HistoryQuery, *, skip: int, limit: int
    ) -> tuple[list[Version], int]:
        """As `VersionStore.history`, of the versions that a query finds."""
        ...

    async def families_made(self, guild_id: str, member_id: str, *, limit: int) -> list[str]:
        """The families that a member has used in one server, the most frequent first."""
        ...

    async def keep_query(self, kept: KeptQuery) -> None:
        """Store a query."""
        ...

    async def kept_query(self, query_id: str) -> KeptQuery | None:
        """A stored query, or None once it is forgotten."""
        ...

    async def forget_queries(self, *, made_before: datetime) -> None:
        """Delete the queries stored before this time."""
        ...
