"""The operator's and member's conditions under which a job is accepted, and the result of an accept."""

from dataclasses import dataclass

from bot.domain.generation import Generation
from bot.domain.quota import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptResult:
    """The result of an accept. fresh: False where this interaction, or its form, was accepted before."""

    generation: Generation
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """The conditions under which a job is accepted, apart from the server's own rules and settings.

    role_ids: the member's. default: the limits while the server has no rule for everyone. budget: the operator's.
    most_open: open jobs of one member, unless the server configured it.
    """

    role_ids: frozenset[str] = frozenset()
    default: tuple[Limit, ...] = ()
    budget: tuple[Limit, ...] = ()
    most_open: int = 25
