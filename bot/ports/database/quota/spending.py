"""What a server spent: rows and sums for reports and exports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.quota.spending import Sums, UsageRow


class SpendingStore(Protocol):
    """Generations as rows and sums, for reports and exports."""

    async def usage_rows(
        self, guild_id: str, since: datetime, *, after: UsageRow | None = None, limit: int = 500
    ) -> list[UsageRow]:
        """The generations that a server accepted since then, oldest first, at most `limit`.

        after: the last row of the page before.
        """
        ...

    async def sums(self, guild_id: str, days: Sequence[datetime], *, members: int, models: int) -> Sums:
        """The sums over the generations of these days. days: when each begins, followed by the end of the last one."""
        ...
