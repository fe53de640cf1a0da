"""The effects of setting a rule: all limits that apply to its subject, and those that make the new rule pointless."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.moderation.audit import Change
from bot.domain.quota.limits import Limit, Scope
from bot.domain.quota.rules import LIFTED, Binding, Rule, Subject, bindings, order, pools
from bot.usecases.moderation.limits import PriceRange, unreachable_limits


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A rule that was set, and what a moderator should know about it.

    bindings, pools: all limits that apply to its subject. unreachable_limits: those of them that stop everyone before
    the new rule is reached. stronger: rules of the same unit and window that take precedence for some members.
    default_gone: the operator's defaults that no longer apply.
    """

    rule: Rule
    before: Rule | None
    bindings: tuple[Binding, ...]
    pools: tuple[Limit, ...]
    unreachable_limits: tuple[Limit, ...]
    stronger: tuple[Rule, ...]
    default_gone: tuple[Limit, ...]
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The other rules and facts beside a new rule. rules: all of the server, the new one included. default: the
    operator's limits.

    role_ids: of the member it is for. prices: what a video can cost now; None where nothing can be made.
    """

    rules: Sequence[Rule]
    default: tuple[Limit, ...]
    role_ids: Collection[str]
    prices: PriceRange | None


def rule_set(
    rule: Rule, before: Rule | None, among: Surroundings, *, default_gone: tuple[Limit, ...], change: Change
) -> RuleSet:
    """A rule with everything that applies beside it.

    A server's pool binds no single member, and no rule takes precedence over it.
    """
    shared = rule.subject is Subject.SERVER
    pooled = tuple(pools(among.rules))
    bound = bound_to(rule.subject, rule.subject_id, among)
    limits = [binding.limit for binding in bound if binding.limit] + list(pooled)
    scope = Scope.GUILD if shared else Scope.MEMBER
    reached = Limit(amount=rule.amount, unit=rule.unit, per=rule.per, scope=scope)
    return RuleSet(
        rule=rule,
        before=before,
        bindings=bound,
        pools=pooled,
        unreachable_limits=() if rule.amount == LIFTED else unreachable_limits(reached, limits, among.prices),
        stronger=_stronger(rule, among.rules),
        default_gone=default_gone,
        change=change,
    )


def bound_to(subject: Subject, subject_id: str, among: Surroundings) -> tuple[Binding, ...]:
    """What binds this member, a member with this role and no other, or one without any; nobody for the whole server."""
    if subject is Subject.SERVER:
        return ()
    roles = {*among.role_ids, *([subject_id] if subject is Subject.ROLE else [])}
    member = subject_id if subject is Subject.MEMBER else ""
    return tuple(bindings(member, roles, among.rules, among.default))


def _stronger(rule: Rule, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    if rule.subject in (Subject.MEMBER, Subject.SERVER):
        return ()
    same = [one for one in rules if (one.unit, one.per) == (rule.unit, rule.per) and one.subject is not Subject.SERVER]
    return tuple(one for one in same if order(one) < order(rule))
