"""What a job is accepted under, and what an accept returns."""

from dataclasses import dataclass

from bot.domain.generation import Generation
from bot.domain.quota import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptResult:
    """The answer to an accept. fresh is False where this interaction, or its form, had been accepted before."""

    generation: Generation
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """What a job is accepted under, beside the server's own rules. most_open: jobs of one member, unless configured."""

    role_ids: frozenset[str] = frozenset()
    default: tuple[Limit, ...] = ()
    budget: tuple[Limit, ...] = ()
    most_open: int = 25
