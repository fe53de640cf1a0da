"""Reports of results, and removed results."""

from datetime import datetime
from typing import Protocol

from bot.domain.audit import Change
from bot.domain.reports import Report


class ReportStore(Protocol):
    """Reports by members, until a moderator settles them."""

    async def report(self, report: Report) -> bool:
        """Keep a report; False where this member reported this result before."""
        ...

    async def open_reports(self, guild_id: str) -> list[Report]:
        """Reports that nobody has settled, oldest first."""
        ...

    async def settle_reports(self, generation_id: str, moderator_id: str) -> None:
        """A moderator has dealt with every report of this result."""
        ...

    async def remove_result(self, generation_id: str, change: Change | None, *, now: datetime) -> bool:
        """The posted message has been deleted; quota stays used. False where that was known before."""
        ...
