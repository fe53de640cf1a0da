"""What moderators do about quotas: set and remove rules, grant, reset, see what binds whom, read the log.

The caller has checked that the actor may. Every change and its line in the audit log are one transaction of the store, and
none asks twice but a reset and the removal of everyone's rule: those wait as a draft, which outlives a restart, until a
button names it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.allowance import Allowance
from bot.domain.audit import AuditAction, Change
from bot.domain.confirmation import CONFIRMATIONS_KEPT, Confirmation
from bot.domain.errors import Refusal
from bot.domain.quota import Limit, LimitUsage, Per, Scope, Unit
from bot.domain.rules import LIFTED, Binding, Rule, Subject, bindings, order, pools
from bot.domain.server_log import LogEvent, LogEventKind
from bot.domain.spending import UsageRow
from bot.runtime.context import ServiceContext
from bot.usecases.limits import PriceRange, limit_amount, unreachable_limits, whole
from bot.usecases.spending import TOP_MEMBERS, TOP_MODELS, Days, Spending, last_days, summary

LONGEST_REASON = 512


class Reads(Protocol):
    """How the audit log words things; the words themselves are the commands' business."""

    def rule(self, rule: Rule) -> str:
        """ "5 videos per day"."""
        ...

    def amount(self, unit: Unit, number: int) -> str:
        """ "3 videos"."""
        ...

    def used(self, uses: Sequence[LimitUsage]) -> str:
        """ "3 of 5 videos per day, $0.82 of $3.00 per day"."""
        ...

    def nothing(self) -> str:
        """What a reset leaves."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who changes something in which server, and why. Raises Refusal `reason_too_long`."""

    guild_id: str
    actor_id: str
    reason: str = ""

    def __post_init__(self) -> None:
        if len(self.reason) > LONGEST_REASON:
            raise Refusal("reason_too_long", most=LONGEST_REASON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A rule as a moderator asks for it. role_ids: the member's, for what binds them beside it."""

    subject: Subject
    subject_id: str = ""
    role_ids: frozenset[str] = frozenset()
    limit: float
    unit: Unit
    per: Per


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A rule that has been set, and what a moderator should know about it.

    bindings, pools: all that holds for those it is for. stopping: those of them that stop everyone before the new rule is
    reached. stronger: rules of the same unit and window that win over it for some. default_gone: the operator's defaults that
    it has ended.
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
class RuleRemoved:
    """A rule that is gone. default_back: the operator's defaults that hold again."""

    rule: Rule
    default_back: tuple[Limit, ...]
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A member's grants of one unit, before and after."""

    before: int
    after: int
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class WasReset:
    """What a member had used of each limit before it went back to zero."""

    uses: tuple[LimitUsage, ...]
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What waits for a button: a reset of that member (with these roles), or the removal of that rule, and why; who asked."""

    guild_id: str
    actor_id: str
    subject_id: str
    reason: str
    role_ids: frozenset[str] = frozenset()


class Quotas:
    """The use cases behind `/quota` and `/usage`."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    @property
    def default(self) -> tuple[Limit, ...]:
        """What the operator gives where a server has no rule for everyone."""
        return self._context.policy.default_quota

    async def set_rule(self, by: Actor, wanted: Wanted, reads: Reads) -> RuleSet:
        """Set a rule. Raises Refusal where the limit is none."""
        context = self._context
        rule = Rule(
            id=context.ids.new(),
            guild_id=by.guild_id,
            subject=wanted.subject,
            subject_id=wanted.subject_id,
            amount=limit_amount(wanted.limit, wanted.unit),
            unit=wanted.unit,
            per=wanted.per,
        )
        lines: list[Change] = []

        def line(before: Rule | None) -> Change:
            said = reads.rule(before) if before else ""
            lines.append(self._change(by, AuditAction.RULE_SET, wanted.subject_id, said, reads.rule(rule)))
            return lines[-1]

        had_rule = await self._has_rule_for_everyone(by.guild_id)
        before = await context.moderation.set_rule(rule, line)
        now = await context.moderation.rules(by.guild_id)
        first = wanted.subject is Subject.EVERYONE and not had_rule
        return self._rule_set(rule, before, now, wanted, default_gone=first, change=lines[-1])

    def _rule_set(
        self, rule: Rule, before: Rule | None, now: list[Rule], wanted: Wanted, *, default_gone: bool, change: Change
    ) -> RuleSet:
        default = self.default
        own, shared = Subject.MEMBER, Subject.SERVER
        roles = {*wanted.role_ids, *([wanted.subject_id] if wanted.subject is Subject.ROLE else [])}
        member = wanted.subject_id if wanted.subject is own else ""
        bound = () if wanted.subject is shared else tuple(bindings(member, roles, now, default))
        same = [one for one in now if (one.unit, one.per) == (rule.unit, rule.per) and one.subject is not shared]
        pooled = tuple(pools(now))
        limits = [binding.limit for binding in bound if binding.limit] + list(pooled)
        reached = Limit(
            amount=rule.amount,
            unit=rule.unit,
            per=rule.per,
            scope=Scope.GUILD if wanted.subject is shared else Scope.MEMBER,
        )
        return RuleSet(
            rule=rule,
            before=before,
            bindings=bound,
            pools=pooled,
            unreachable_limits=()
            if rule.amount == LIFTED
            else unreachable_limits(reached, limits, PriceRange.of(self._context.catalog)),
            stronger=() if wanted.subject in (own, shared) else tuple(r for r in same if order(r) < order(rule)),
            default_gone=default if default_gone else (),
            change=change,
        )

    async def rules(self, guild_id: str) -> tuple[list[Rule], tuple[Limit, ...]]:
        """A server's rules in the order in which they win, and the operator's defaults where those hold."""
        rules = await self._context.moderation.rules(guild_id)
        everyone = any(rule.subject is Subject.EVERYONE for rule in rules)
        return rules, () if everyone else self.default

    async def rule(self, guild_id: str, rule_id: str) -> Rule:
        """One rule of this server. Raises Refusal `rule_gone`."""
        for rule in await self._context.moderation.rules(guild_id):
            if rule.id == rule_id:
                return rule
        raise Refusal("rule_gone")

    async def remove_rule(self, by: Actor, rule_id: str, reads: Reads) -> RuleRemoved:
        """Remove a rule. Raises Refusal `rule_gone`."""
        lines: list[Change] = []

        def line(rule: Rule) -> Change:
            lines.append(self._change(by, AuditAction.RULE_REMOVED, rule.subject_id, reads.rule(rule), ""))
            return lines[-1]

        rule = await self._context.moderation.remove_rule(by.guild_id, rule_id, line)
        if rule is None:
            raise Refusal("rule_gone")
        back = rule.subject is Subject.EVERYONE and not await self._has_rule_for_everyone(by.guild_id)
        return RuleRemoved(rule=rule, default_back=self.default if back else (), change=lines[-1])

    async def allowance(self, guild_id: str, member_id: str, role_ids: Sequence[str]) -> Allowance:
        """All that holds for a member now."""
        return await self._context.moderation.allowance(
            guild_id, member_id, role_ids, self.default, now=self._context.clock.now()
        )

    async def grant(self, by: Actor, member_id: str, number: float, unit: Unit, reads: Reads) -> Granted:
        """Give a member more, or take grants back, never below zero.

        Raises Refusal for what is no amount, and `grant_none` where there is nothing to take back.
        """
        amount = whole(number, unit)
        if amount == 0:
            raise Refusal("grant_nothing")
        lines: list[Change] = []

        def line(before: int, after: int) -> Change:
            if before == after:
                raise Refusal("grant_none")
            said = [reads.amount(unit, total) for total in (before, after)]
            lines.append(self._change(by, AuditAction.GRANTED, member_id, *said))
            return lines[-1]

        before, after = await self._context.moderation.grant(by.guild_id, member_id, unit, amount, line)
        return Granted(before=before, after=after, change=lines[-1])

    async def draft(self, draft: Draft) -> str:
        """Keep what is to be confirmed, for so long; answers the draft's id for the button."""
        confirmation = Confirmation(
            id=self._context.ids.new(),
            guild_id=draft.guild_id,
            actor_id=draft.actor_id,
            subject_id=draft.subject_id,
            reason=draft.reason,
            role_ids=draft.role_ids,
            made_at=self._context.clock.now(),
        )
        await self._context.moderation.keep_confirmation(confirmation)
        return confirmation.id

    async def take_draft(self, guild_id: str, draft_id: str) -> Draft:
        """A draft, once. Raises Refusal `draft_gone`."""
        since = self._context.clock.now() - CONFIRMATIONS_KEPT
        taken = await self._context.moderation.take_confirmation(guild_id, draft_id, made_after=since)
        if taken is None:
            raise Refusal("draft_gone")
        return Draft(
            guild_id=taken.guild_id,
            actor_id=taken.actor_id,
            subject_id=taken.subject_id,
            reason=taken.reason,
            role_ids=taken.role_ids,
        )

    async def reset(self, by: Actor, member_id: str, role_ids: Sequence[str], reads: Reads) -> WasReset:
        """Bring what a member used in the current windows to zero; holds, grants and pools stay."""
        allowance = await self.allowance(by.guild_id, member_id, role_ids)
        uses = tuple(bound.use for bound in allowance.bounds if bound.use)
        change = self._change(by, AuditAction.RESET, member_id, reads.used(uses), reads.nothing())
        await self._context.moderation.reset(by.guild_id, member_id, change)
        return WasReset(uses=uses, change=change)

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """The audit log, newest first."""
        return await self._context.moderation.changes(guild_id, member_id, before_id=before_id, limit=limit)

    async def days(self, guild_id: str, number: int) -> Days:
        """The last `number` calendar days of this server, today included. Raises Refusal."""
        settings = await self._context.moderation.guild(guild_id)
        return last_days(number, self._context.clock.now(), settings.zone)

    async def spending(self, guild_id: str, period: Days) -> Spending:
        """What those days add up to, and what the server's pools stand at. With a million videos it takes seconds."""
        sums = await self._context.moderation.sums(guild_id, period.bounds, members=TOP_MEMBERS, models=TOP_MODELS)
        return summary(period, sums, (await self.allowance(guild_id, "", ())).pools)

    async def usage(self, guild_id: str, period: Days) -> AsyncIterator[list[UsageRow]]:
        """Every generation accepted in those days, the oldest first, a few hundred at a time."""
        rows = await self._context.moderation.usage_rows(guild_id, period.since)
        while rows:
            yield rows
            rows = await self._context.moderation.usage_rows(guild_id, period.since, after=rows[-1])

    async def log_channel(self, guild_id: str) -> str | None:
        """Where `tell` says changes; to be asked before the answer, so that nothing is read once a stop may be under way."""
        return (await self._context.moderation.guild(guild_id)).log_channel_id

    async def tell(self, channel_id: str, change: Change) -> None:
        """Say a change in the server's log channel; never raises."""
        event = LogEvent(kind=LogEventKind.CHANGED, guild_id=change.guild_id, member_id=change.actor_id, change=change)
        await self._context.notices.post_log(channel_id, event)

    async def _has_rule_for_everyone(self, guild_id: str) -> bool:
        return any(rule.subject is Subject.EVERYONE for rule in await self._context.moderation.rules(guild_id))

    def _change(self, by: Actor, action: AuditAction, subject_id: str, before: str, after: str) -> Change:
        return Change(
            guild_id=by.guild_id,
            at=self._context.clock.now(),
            actor_id=by.actor_id,
            action=action,
            subject_id=subject_id,
            before=before,
            after=after,
            reason=by.reason,
        )
