"""All limits and grants that apply to one member at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.quota.grants import GrantLot
from bot.domain.quota.limits import LimitUsage, Unit, Window
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersUsage:
    """How the members who have no rule of their own stand to a limit in its current window.

    active: those who have used something. full: those among them who have used all of it. most: the largest amount of
    one member, used and held together. estimate: as in `LimitUsage`.
    """

    window: Window
    active: int
    full: int
    most: int
    estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUsage:
    """How much of a rule is used now. use: of a member's rule or a pool. members: of a rule for everyone.

    Both are None for a rule of a role, whose members the bot cannot list, and where a rule closes or lifts.
    """

    use: LimitUsage | None = None
    members: MembersUsage | None = None
