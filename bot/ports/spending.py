"""What a server spent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.spending import Sums, UsageRow


class SpendingStore(Protocol):
    """Generations as rows and sums, for reports and exports."""

    async def usage_rows(
        self, guild_id: str, since: datetime, *, after: UsageRow | None = None, limit: int = 500
    ) -> list[UsageRow]:
        """The generations of a server accepted since, oldest first: at most so many, from beyond `after` on."""
        ...

    async def sums(self, guild_id: str, days: Sequence[datetime], *, members: int, models: int) -> Sums:
        """What the generations of these days add up to. days: when each begins, and last when the last one ends."""
        ...
