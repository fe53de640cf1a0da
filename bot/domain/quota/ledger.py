"""The ledger: what a generation reserves of a member's quota and of the operator's money, and how that ends.

    pending ──▶ posted     the video is in the media folder
            └─▶ voided     failed, refused, cancelled or unknown: everything is given back

Entries are only ever added: one `reserve`, then exactly one of `post` and `void` (a unique index enforces it). Where
UniAll may have billed a job whose member gets everything back, the operator's side is posted instead (`billed`). What
a grant covers of a job is held and posted in the server's and the operator's windows only, and returns to the grant
when the job is voided. Balances are running totals per window, so a check costs the same with ten entries or ten
million.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.domain.errors import IllegalTransition

MICROS = 1_000_000  # micro-dollars in a dollar


class ReservationState(StrEnum):
    """The state of a reservation."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"


TRANSITIONS: Mapping[ReservationState, frozenset[ReservationState]] = MappingProxyType(
    {
        ReservationState.PENDING: frozenset({ReservationState.POSTED, ReservationState.VOIDED}),
        ReservationState.POSTED: frozenset(),
        ReservationState.VOIDED: frozenset(),
    }
)


def step(old: ReservationState, new: ReservationState) -> ReservationState:
    """Return the new state. Raises IllegalTransition: a reservation is resolved exactly once."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"a reservation cannot go from {old} to {new}")
    return new


class Resolution(StrEnum):
    """How a reservation ends. BILLED: voided for the member, still counted against the operator's budget."""

    POST = "post"
    VOID = "void"
    BILLED = "billed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """The cost of a job in each unit: videos, seconds of video, micro-dollars."""

    videos: int = 0
    seconds: int = 0
    micros: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            videos=self.videos + other.videos, seconds=self.seconds + other.seconds, micros=self.micros + other.micros
        )

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(
            videos=self.videos - other.videos, seconds=self.seconds - other.seconds, micros=self.micros - other.micros
        )


def usd(micros: int) -> str:
    """Micro-dollars as text: "$0.27", "$0.272", "-$1,204.50".

    The one rule for money everywhere: an amount is never rounded. It has two decimals, and more where it needs them, so
    that the parts that people read add up to the sums that they read.
    """
    whole, rest = divmod(abs(micros), MICROS)
    decimals = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}${whole:,}.{decimals}"
