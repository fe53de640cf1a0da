"""Sums over a server's videos, as the store counts them and a report shows them."""

from dataclasses import dataclass, field
from datetime import datetime

DELETED = ""  # stands for the member and the model of deleted generations


@dataclass(frozen=True, slots=True)
class Tally:
    """Videos finished, in progress and lost (failed or cancelled); micro-dollars used, and held by those in progress.

    used_estimated, held_estimated: of how many of those finished, and in progress, the price is an estimate.
    """

    done: int = 0
    running: int = 0
    lost: int = 0
    used: int = 0
    held: int = 0
    used_estimated: int = 0
    held_estimated: int = 0

    @property
    def cost(self) -> int:
        """Used and held, in micro-dollars."""
        return self.used + self.held

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            done=self.done + other.done,
            running=self.running + other.running,
            lost=self.lost + other.lost,
            used=self.used + other.used,
            held=self.held + other.held,
            used_estimated=self.used_estimated + other.used_estimated,
            held_estimated=self.held_estimated + other.held_estimated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of a server's videos over some days. days: by number, from 0; days without videos are missing.

    members, models: the most expensive first, with at least one video finished or in progress, at most as many as
    requested; member_count, model_count: how many there are in all. Everything deleted counts as one member and one
    model, `DELETED`.
    """

    days: dict[int, Tally]
    members: tuple[tuple[str, Tally], ...]
    member_count: int
    models: tuple[tuple[str, Tally], ...]
    model_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One generation for a report or an export. ended_at: None while it runs. price_micros: as reserved at accept;
    estimate: it is an estimate.

    Of a generation that its member deleted, only the day, length, price and state are known; the other fields are empty.
    cursor: its position among all rows, from which the next page goes on.
    """

    generation_id: str
    accepted_at: datetime
    ended_at: datetime | None
    channel_id: str
    member_id: str
    family: str
    model: str
    seconds: int
    price_micros: int
    state: str
    fault: str
    prompt: str = field(repr=False)
    estimate: bool = False
    cursor: tuple[int, str] = field(default=(0, ""), compare=False, repr=False)
