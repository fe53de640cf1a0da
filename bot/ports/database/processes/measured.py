"""The figures that the metrics read from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.processes.process import Process
from bot.domain.queue.claims import Work
from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Per


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One reading.

    jobs, pending: the generations that have not ended, by state, and the amount they hold together. overdue: how many of
    them are past their soft deadline; held: how many wait because they may not be sent now, by why. used: in the operator's
    current windows, posted or billed. entered: what the ledger has gained since the reading before, by kind of entry. ended:
    how many jobs ended since then, by state and fault ("" where there is none). last_entry: where the next reading starts.
    """

    jobs: Mapping[str, int]
    pending: Amount
    overdue: int
    used: Mapping[Per, Amount]
    entered: Mapping[str, Amount]
    ended: Mapping[tuple[str, str], int]
    last_entry: int
    held: Mapping[str, int] = field(default_factory=dict[str, int])


class MeasuredStore(Protocol):
    """A store whose figures can be read at a cost that does not grow with its history."""

    async def last_entry(self) -> int:
        """The id of the newest entry of the ledger; 0 while there is none."""
        ...

    async def figures(self, *, since: int, now: datetime) -> Figures:
        """See `Figures`. since: the last entry that was counted before."""
        ...

    async def processes(self) -> Sequence[Process]:
        """Every process that has a row."""
        ...

    async def next_due(self, work: Work) -> datetime | None:
        """When the next item of this kind of work is due."""
        ...
