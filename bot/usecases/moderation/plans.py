"""Plans: all limits of a subject replaced in one step; and keeping the operator's defaults beside a rule for everyone.

The caller has checked that the actor is a moderator. Every change and its audit entry are one transaction of the store.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.moderation.audit import Actor, Change, RuleChanged
from bot.domain.quota.ledger import MICROS
from bot.domain.quota.limits import Limit, Per, Unit, parse_limits
from bot.domain.quota.rules import LIFTED, Binding, Rule, Subject, pools
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal, UnknownWord
from bot.runtime.context import ServiceContext
from bot.usecases.moderation.limits import MOST, PriceRange, unreachable_limits
from bot.usecases.moderation.rule_effects import Surroundings, bound_to

NONE, UNLIMITED = "none", "unlimited"
_LISTED = str.maketrans({"、": ",", ";": ",", "\n": ","})  # NFKC has made commas and semicolons of the wide ones


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """A plan as a moderator requests it. text: as in `DEFAULT_QUOTA`, or "none". role_ids: the member's roles."""

    subject: Subject
    subject_id: str = ""
    role_ids: frozenset[str] = frozenset()
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSet:
    """A plan that was set. rules, before: of its subject. bindings, pools: all limits that apply to it now.

    unreachable_limits: with each limit of the plan that is never reached, those that stop members before. default_gone,
    default_back: the operator's defaults that hold no longer, and again.
    """

    subject: Subject
    subject_id: str
    rules: tuple[Rule, ...]
    before: tuple[Rule, ...]
    bindings: tuple[Binding, ...]
    pools: tuple[Limit, ...]
    unreachable_limits: tuple[tuple[Rule, tuple[Limit, ...]], ...]
    default_gone: tuple[Limit, ...]
    default_back: tuple[Limit, ...]
    change: Change


class Plans:
    """The use cases behind `/quota plan` and the buttons that keep a default."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def plan(self, actor: Actor, wanted: PlanRequest) -> PlanSet:
        """Replace all rules of a subject. Raises Refusal `plan_unreadable`, `plan_twice`, `plan_same` or `amount_too_large`."""
        context = self._context
        limits = read_plan(wanted.text)
        if limits is None:
            limits = await self._lifted(actor, wanted)
        rules = [
            Rule(
                id=context.ids.new(),
                guild_id=actor.guild_id,
                subject=wanted.subject,
                subject_id=wanted.subject_id,
                amount=limit.amount,
                unit=limit.unit,
                per=limit.per,
            )
            for limit in limits
        ]
        changed = await context.store.plan(actor, wanted.subject, wanted.subject_id, rules, now=context.clock.now())
        if changed is None:
            raise Refusal(RefusalCode.PLAN_SAME)
        default = context.policy.default_quota
        of_everyone = wanted.subject is Subject.EVERYONE
        named = {(rule.unit, rule.per) for rule in changed.rules}
        gone = tuple(limit for limit in default if (limit.unit, limit.per) not in named)
        among = Surroundings(
            rules=await context.store.rules(actor.guild_id),
            default=default,
            role_ids=wanted.role_ids,
            prices=PriceRange.of(context.catalog),
        )
        bound, pooled = bound_to(wanted.subject, wanted.subject_id, among), tuple(pools(among.rules))
        return PlanSet(
            subject=wanted.subject,
            subject_id=wanted.subject_id,
            rules=changed.rules,
            before=changed.before,
            bindings=bound,
            pools=pooled,
            unreachable_limits=_unreachable(changed.rules, bound, pooled, among.prices),
            default_gone=gone if of_everyone and changed.rules and not changed.before else (),
            default_back=default if of_everyone and not changed.rules else (),
            change=changed.change,
        )

    async def keep_limit(self, actor: Actor, limit: Limit) -> RuleChanged | None:
        """Store one of the operator's defaults as a rule for everyone, beside another that made it hold no longer.

        None where everyone has a limit of this unit and window already: such a rule, or, without any rule for everyone,
        the default itself. Raises Refusal `amount_too_large`.
        """
        store = self._context.store
        if not any(rule.subject is Subject.EVERYONE for rule in await store.rules(actor.guild_id)):
            return None
        _check_amount(limit)
        rule = Rule(
            id=self._context.ids.new(),
            guild_id=actor.guild_id,
            subject=Subject.EVERYONE,
            subject_id="",
            amount=limit.amount,
            unit=limit.unit,
            per=limit.per,
        )
        return await store.add_rule(actor, rule, now=self._context.clock.now())

    async def _lifted(self, actor: Actor, wanted: PlanRequest) -> Sequence[Limit]:
        """What lifts every limit that would bind the subject otherwise: by the default, or by rules of other subjects."""
        others = [
            rule
            for rule in await self._context.store.rules(actor.guild_id)
            if rule.subject in (Subject.EVERYONE, Subject.ROLE) and rule.subject is not wanted.subject
        ]
        keys = {(limit.unit, limit.per) for limit in self._context.policy.default_quota}
        keys |= {(rule.unit, rule.per) for rule in others}
        if wanted.subject is Subject.EVERYONE or not keys:  # any rule for everyone ends the default
            keys = {(Unit.VIDEOS, Per.DAY)}
        return [Limit(amount=LIFTED, unit=unit, per=per) for unit, per in sorted(keys)]


def read_plan(text: str) -> Sequence[Limit] | None:
    """Return the limits of a plan: none for "none", None for "unlimited".

    Commas may be those of a Chinese keyboard. Raises Refusal `plan_unreadable` with what cannot be read, `plan_twice`
    with a limit whose unit and window come twice, or `amount_too_large`.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_LISTED)
    if plain.strip().casefold() == NONE:
        return ()
    if plain.strip().casefold() == UNLIMITED:
        return None
    limits: list[Limit] = []
    parts = [part.strip() for part in plain.split(",") if part.strip()]
    for part in parts or [text]:
        try:
            [limit] = parse_limits(part)
        except ValueError as error:
            raise Refusal(UnknownWord(RefusalCode.PLAN_UNREADABLE, word=part)) from error
        _check_amount(limit)
        if any((limit.unit, limit.per) == (other.unit, other.per) for other in limits):
            raise Refusal(UnknownWord(RefusalCode.PLAN_TWICE, word=part))
        limits.append(limit)
    return limits


def _check_amount(limit: Limit) -> None:
    if limit.amount > MOST[limit.unit] * (MICROS if limit.unit is Unit.USD else 1):
        raise Refusal(AtMost(RefusalCode.AMOUNT_TOO_LARGE, most=MOST[limit.unit]))


def _unreachable(
    rules: Iterable[Rule], bound: Sequence[Binding], pooled: Sequence[Limit], prices: PriceRange | None
) -> tuple[tuple[Rule, tuple[Limit, ...]], ...]:
    """With each limit of a plan that others always stop before it, those others."""
    others = [*(binding.limit for binding in bound if binding.limit), *pooled]
    found = [
        (rule, unreachable_limits(Limit(amount=rule.amount, unit=rule.unit, per=rule.per), others, prices))
        for rule in rules
        if rule.amount != LIFTED
    ]
    return tuple((rule, stopping) for rule, stopping in found if stopping)
