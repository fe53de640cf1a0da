"""What the metrics read of the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.claims import Work
from bot.domain.ledger import Amount
from bot.domain.quota import Per


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One look.

    jobs, pending: of every generation that has not ended, by state, and what they hold together. overdue: those of them
    that are past their soft deadline. used: of the operator's windows of now, posted or billed. entered: what the ledger has
    gained since the look before, by kind of entry; ended: how many jobs ended meanwhile, by state and fault ("" where there
    is none). last_entry: where the next look goes on.
    """

    jobs: Mapping[str, int]
    pending: Amount
    overdue: int
    used: Mapping[Per, Amount]
    entered: Mapping[str, Amount]
    ended: Mapping[tuple[str, str], int]
    last_entry: int


class MeasuredStore(Protocol):
    """A store whose health can be read, at a cost that does not grow with its history."""

    async def last_entry(self) -> int:
        """The newest entry of the ledger; 0 while there is none."""
        ...

    async def figures(self, *, since: int, now: datetime) -> Figures:
        """See `Figures`; since: the last entry that has been counted."""
        ...

    async def next_due(self, work: Work) -> datetime | None:
        """When the next work item of a kind is due."""
        ...
