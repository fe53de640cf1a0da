"""The leases of claimed items, and when the next item is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.queue.claims import Work


class Leases(Protocol):
    """The leases of claimed items, and when the next item is due."""

    async def void_leases(self, *, now: datetime) -> None:
        """Void every lease of a process that has no row any more. Called at a start.

        Every `submitting` becomes unknown, every `sending` queued. `cardless` still returns the same generations.
        """
        ...

    async def end_leases(self, owners: Sequence[str], *, now: datetime) -> None:
        """End the claims of these owners: their items can be claimed again, and a job they were submitting becomes unknown.

        now: by the clock of the claims.
        """
        ...

    async def next_due(self, work: Work) -> datetime | None:
        """When the next item of this kind of work is due, possibly long ago; None while there is none."""
        ...
