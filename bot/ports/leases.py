"""Leases of claimed work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.claims import Work


class Leases(Protocol):
    """Leases, and when the next work is due."""

    async def void_leases(self, *, now: datetime) -> None:
        """At the start of the one process: earlier leases are void.

        Every `submitting` becomes unknown, every `sending` queued. Which cards nobody knows of stays known (`cardless`).
        """
        ...

    async def end_leases(self, owners: Sequence[str], *, now: datetime) -> None:
        """These claims are over, whatever they were for: what each has left is claimed again, a submit put in doubt.

        now: by the clock of the claims.
        """
        ...

    async def next_due(self, work: Work) -> datetime | None:
        """When the next item of this work is due, maybe long ago; None while there is none."""
        ...
