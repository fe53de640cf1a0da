"""Rules: the limits that moderators set, and which of them apply to a member.

For each (unit, per) separately: the member's own rule applies, else the largest of their roles' rules, else
everyone's. The operator's default applies while the server has no rule for everyone, and yields, for its (unit, per),
to a rule of the member or of one of their roles. The server's pools apply in addition. An amount of 0 allows nothing,
-1 lifts the limit.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.domain.quota.limits import Limit, Per, Scope, Unit

LIFTED = -1


class Subject(StrEnum):
    """Whom a rule is for, in order of precedence. `server` is one pool for all members, in addition to the others."""

    MEMBER = "member"
    ROLE = "role"
    EVERYONE = "everyone"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a server. subject_id: the member or role, empty otherwise. amount: in the unit's own whole numbers."""

    id: str
    guild_id: str
    subject: Subject
    subject_id: str
    amount: int
    unit: Unit
    per: Per


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The limit that applies to a member for one (unit, per), and why.

    limit: None where it is lifted. rule: None for the default.

    beaten: the rules that would apply without the winning one, the next first.
    """

    unit: Unit
    per: Per
    limit: Limit | None
    rule: Rule | None
    beaten: tuple[Rule, ...] = ()


_SUBJECT_ORDER = {subject: place for place, subject in enumerate(Subject)}
_PER_ORDER = {per: place for place, per in enumerate(Per)}
_UNIT_ORDER = {unit: place for place, unit in enumerate(Unit)}


def order(rule: Rule) -> tuple[int, int, int, int]:
    """The sort key of precedence: by subject, then the largest first, a lifted one before all."""
    size = 0 if rule.amount == LIFTED else 1
    return _SUBJECT_ORDER[rule.subject], size, -rule.amount, _PER_ORDER[rule.per]


def window_order(unit: Unit, per: Per) -> tuple[int, int]:
    """The sort key of one subject's limits: the shortest window first, then by unit."""
    return _PER_ORDER[per], _UNIT_ORDER[unit]


def bindings(
    member_id: str, role_ids: Collection[str], rules: Iterable[Rule], default: Sequence[Limit]
) -> list[Binding]:
    """The limits that apply to this member, at most one binding for each (unit, per); without pools."""
    rules = list(rules)
    if not rules:
        return list(_of_default(tuple(default)))
    mine = sorted(
        (
            rule
            for rule in rules
            if rule.subject is Subject.EVERYONE
            or (rule.subject is Subject.MEMBER and rule.subject_id == member_id)
            or (rule.subject is Subject.ROLE and rule.subject_id in role_ids)
        ),
        key=order,
    )
    found: dict[tuple[Unit, Per], list[Rule]] = {}
    for rule in mine:
        found.setdefault((rule.unit, rule.per), []).append(rule)
    bound = [
        Binding(unit=unit, per=per, limit=_limit(first), rule=first, beaten=tuple(beaten))
        for (unit, per), (first, *beaten) in found.items()
    ]
    if not any(rule.subject is Subject.EVERYONE for rule in rules):
        bound += [
            Binding(unit=limit.unit, per=limit.per, limit=limit, rule=None)
            for limit in default
            if (limit.unit, limit.per) not in found
        ]
    return sorted(bound, key=lambda binding: window_order(binding.unit, binding.per))


@lru_cache(maxsize=64)
def _of_default(default: tuple[Limit, ...]) -> tuple[Binding, ...]:
    """The bindings where there is no rule at all, as in most servers."""
    bound = [Binding(unit=limit.unit, per=limit.per, limit=limit, rule=None) for limit in default]
    return tuple(sorted(bound, key=lambda binding: window_order(binding.unit, binding.per)))


def pools(rules: Iterable[Rule]) -> list[Limit]:
    """The server's pools as limits."""
    return [
        Limit(amount=rule.amount, unit=rule.unit, per=rule.per, scope=Scope.GUILD)
        for rule in rules
        if rule.subject is Subject.SERVER and rule.amount != LIFTED
    ]


def _limit(rule: Rule) -> Limit | None:
    return None if rule.amount == LIFTED else Limit(amount=rule.amount, unit=rule.unit, per=rule.per)
