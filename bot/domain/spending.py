"""What a server's videos add up to, as the store counts them and a report shows them."""

from dataclasses import dataclass, field
from datetime import datetime

DELETED = ""  # the member and the model of what has been deleted


@dataclass(frozen=True, slots=True)
class Tally:
    """Videos finished, under way and lost (failed or cancelled); micro-dollars used, and held by those under way."""

    done: int = 0
    running: int = 0
    lost: int = 0
    used: int = 0
    held: int = 0

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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A server's videos of some days. days: by their number, from 0, those with any.

    members, models: the dearest first, of whom any video was finished or is under way, at most as many as were asked for;
    member_count, model_count: how many there are. What was deleted is one of each, under `DELETED`.
    """

    days: dict[int, Tally]
    members: tuple[tuple[str, Tally], ...]
    member_count: int
    models: tuple[tuple[str, Tally], ...]
    model_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One generation for a report or an export. ended: None while it runs; price_micros as reserved at accept.

    Of one that its member has deleted only its day, length, price and state are told: the rest is empty.
    place: where it stands among all, for whoever reads on from here.
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
    place: tuple[int, int] = field(default=(0, 0), compare=False, repr=False)
