"""Reports of results, and removed results."""

from datetime import datetime
from typing import Protocol

from bot.domain.moderation.audit import Change
from bot.domain.moderation.reports import Report


class ReportStore(Protocol):
    """Reports by members, until a moderator settles them."""

    async def report(self, report: Report) -> bool:
        """Store a report; False where this member reported this result before."""
        ...

    async def open_reports(self, guild_id: str) -> list[Report]:
        """Reports that no moderator has settled, oldest first."""
        ...

    async def settle_reports(self, generation_id: str, moderator_id: str) -> None:
        """Record that a moderator handled every report of this result."""
        ...

    async def remove_result(self, generation_id: str, change: Change | None, *, now: datetime) -> bool:
        """Record that the posted message was deleted; the quota stays used. False where that was recorded before."""
        ...
