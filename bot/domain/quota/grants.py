"""Grants: extra quota of a member beyond their limits, in lots that may end, and the order in which lots are spent.

A lot is what one member has of one grant. What has no end and was granted to the member alone is one lot together, with
the id "". A grant to a role gives everyone who has the role a share of their own: it is opened, with the whole amount,
when they first spend of it while they have the role, and stays theirs from then on. Until then it is available to
whoever has the role. What ends first is spent first; after its end, what is left of a lot is gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.quota.limits import Unit
from bot.domain.quota.rules import Subject

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A grant with an end, or to a role. amount: in the unit's whole numbers, for each holder. ends_at: None for until spent.

    subject: a member or a role; the role with the server's own id is everyone.
    """

    id: str
    guild_id: str
    subject: Subject
    subject_id: str
    unit: Unit
    amount: int
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantLot:
    """What a member may still spend of one grant. id: the grant's, empty for the member's own without an end.

    role_id: the role of whose grant this is a share. opened: False for a share of which nothing was spent yet.
    """

    id: str
    unit: Unit
    left: int
    ends_at: datetime | None = None
    role_id: str | None = None
    opened: bool = True


def spending_order(lots: Iterable[GrantLot]) -> list[GrantLot]:
    """The lots as they are spent: what ends first; then shares of a role, which may be lost; then the member's own."""
    return sorted(lots, key=lambda lot: (lot.ends_at or _NEVER, lot.role_id is None, lot.id))


def totals(lots: Iterable[GrantLot]) -> Mapping[Unit, int]:
    """What is left together, by unit; units of which nothing is left are absent."""
    left: dict[Unit, int] = {}
    for lot in lots:
        if lot.left:
            left[lot.unit] = left.get(lot.unit, 0) + lot.left
    return left


def draw(lots: Iterable[GrantLot], unit: Unit, amount: int) -> list[tuple[GrantLot, int]]:
    """How much of each lot an amount takes, in the order of the lots. Raises ValueError where they hold less."""
    drawn: list[tuple[GrantLot, int]] = []
    for lot in lots:
        if lot.unit is unit and (part := min(lot.left, amount)):
            drawn.append((lot, part))
            amount -= part
    if amount:
        raise ValueError(f"the lots lack {amount} {unit}")
    return drawn
