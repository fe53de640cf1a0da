"""All limits and grants that apply to one member at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.quota.grants import GrantLot
from bot.domain.quota.limits import LimitUsage, Unit
from bot.domain.quota.rules import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveLimit:
    """A binding and its usage. use: None where the limit is lifted."""

    binding: Binding
    use: LimitUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The limits and grants of one member now. bounds: their own limits. pools: the server's. grants: unspent, by
    unit.

    lots: the grants one by one, in the order in which they are spent. grants_held: the part of grants that their open
    jobs hold, by unit.
    """

    guild_id: str = ""
    bounds: tuple[EffectiveLimit, ...]
    pools: tuple[LimitUsage, ...]
    grants: Mapping[Unit, int]
    lots: tuple[GrantLot, ...] = ()
    grants_held: Mapping[Unit, int] = field(default_factory=dict[Unit, int])
