"""All that holds for one member now."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.quota import LimitUsage, Unit
from bot.domain.rules import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveLimit:
    """A binding with what it stands at; use is None where it is lifted."""

    binding: Binding
    use: LimitUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """All that holds for one member now: their bindings, the server's pools, their unspent grants by unit.

    grants_held: what their open jobs hold of grants, by unit.
    """

    bounds: tuple[EffectiveLimit, ...]
    pools: tuple[LimitUsage, ...]
    grants: Mapping[Unit, int]
    grants_held: Mapping[Unit, int] = field(default_factory=dict[Unit, int])
