"""What moderators do about quotas: set and remove rules, grant, reset, see which limits apply, read the audit log.

The caller has checked that the actor is a moderator. Every change and its audit entry are one transaction of the
store. Only a reset and the removal of everyone's rule need a confirmation: it is stored, survives a restart, and waits
for its button.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.moderation.audit import Actor, AuditAction, Change, GrantChanged
from bot.domain.moderation.audit_facts import UsageFact
from bot.domain.moderation.confirmation import CONFIRMATIONS_KEPT, Confirmation
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.quota.allowance import Allowance, RuleUsage
from bot.domain.quota.grants import Grant
from bot.domain.quota.limits import Limit, LimitUsage, Per, Unit
from bot.domain.quota.rules import Rule, Subject
from bot.domain.quota.spending import UsageRow
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal
from bot.runtime.context import ServiceContext
from bot.usecases.moderation.limits import PriceRange, limit_amount, whole
from bot.usecases.moderation.rule_effects import RuleSet, Surroundings, rule_set
from bot.usecases.moderation.spending import TOP_MEMBERS, TOP_MODELS, Days, SpendingReport, last_days, summary

MOST_GRANT_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRequest:
    """A rule as a moderator requests it. role_ids: the member's roles, to show what else applies to them."""

    subject: Subject
    subject_id: str = ""
    role_ids: frozenset[str] = frozenset()
    limit: float
    unit: Unit
    per: Per


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRequest:
    """A grant as a moderator requests it. number: dollars with decimals; negative takes back. days: it ends by itself."""

    subject: Subject
    subject_id: str
    number: float
    unit: Unit
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRemoved:
    """A rule that was removed. default_back: the operator's defaults that apply again."""

    rule: Rule
    default_back: tuple[Limit, ...]
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class WasReset:
    """A member's usage of each limit before the reset."""

    uses: tuple[LimitUsage, ...]
    change: Change


class Quotas:
    """The use cases behind `/quota` and `/usage`."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    @property
    def default(self) -> tuple[Limit, ...]:
        """The operator's default limits for a server without a rule for everyone."""
        return self._context.policy.default_quota

    async def set_rule(self, actor: Actor, wanted: RuleRequest) -> RuleSet:
        """Set a rule. Raises Refusal where the limit is not valid."""
        context = self._context
        rule = Rule(
            id=context.ids.new(),
            guild_id=actor.guild_id,
            subject=wanted.subject,
            subject_id=wanted.subject_id,
            amount=limit_amount(wanted.limit, wanted.unit),
            unit=wanted.unit,
            per=wanted.per,
        )
        had_rule = await self._has_rule_for_everyone(actor.guild_id)
        changed = await context.store.set_rule(actor, rule, now=context.clock.now())
        among = Surroundings(
            rules=await context.store.rules(actor.guild_id),
            default=self.default,
            role_ids=wanted.role_ids,
            prices=PriceRange.of(context.catalog),
        )
        ended = self.default if wanted.subject is Subject.EVERYONE and not had_rule else ()
        gone = tuple(limit for limit in ended if (limit.unit, limit.per) != (rule.unit, rule.per))
        return rule_set(changed.rule, changed.before, among, default_gone=gone, change=changed.change)

    async def rules(self, guild_id: str) -> tuple[list[Rule], tuple[Limit, ...]]:
        """A server's rules in order of precedence, and the operator's defaults where they apply."""
        rules = await self._context.store.rules(guild_id)
        everyone = any(rule.subject is Subject.EVERYONE for rule in rules)
        return rules, () if everyone else self.default

    async def rule_usage(self, guild_id: str, shown: Sequence[Rule | Limit]) -> list[RuleUsage]:
        """How much of each of these rules or default limits is used now."""
        return await self._context.store.rule_usage(guild_id, shown, now=self._context.clock.now())

    async def rule(self, guild_id: str, rule_id: str) -> Rule:
        """One rule of this server. Raises Refusal `rule_gone`."""
        for rule in await self._context.store.rules(guild_id):
            if rule.id == rule_id:
                return rule
        raise Refusal(RefusalCode.RULE_GONE)

    async def remove_rule(self, actor: Actor, rule_id: str) -> RuleRemoved:
        """Remove a rule. Raises Refusal `rule_gone`."""
        changed = await self._context.store.remove_rule(actor, rule_id, now=self._context.clock.now())
        if changed is None:
            raise Refusal(RefusalCode.RULE_GONE)
        everyone = changed.rule.subject is Subject.EVERYONE
        back = everyone and not await self._has_rule_for_everyone(actor.guild_id)
        return RuleRemoved(rule=changed.rule, default_back=self.default if back else (), change=changed.change)

    async def allowance(self, guild_id: str, member_id: str, role_ids: Sequence[str]) -> Allowance:
        """Everything that applies to a member now."""
        return await self._context.store.allowance(
            guild_id, member_id, role_ids, self.default, now=self._context.clock.now()
        )

    async def grant(self, actor: Actor, wanted: GrantRequest) -> GrantChanged:
        """Give a member or everyone with a role extra quota, or take a member's own grants back, never below zero.

        Raises Refusal where the number is not a valid amount, `grant_take_plain` where something else than a member's
        grants is to be taken back, `days_out_of_range`, and `grant_none` where there is nothing to take back.
        """
        amount, days, now = whole(wanted.number, wanted.unit), wanted.days, self._context.clock.now()
        if amount == 0:
            raise Refusal(RefusalCode.GRANT_NOTHING)
        of_role = wanted.subject is Subject.ROLE
        if amount < 0 and (of_role or days is not None):
            raise Refusal(RefusalCode.GRANT_TAKE_PLAIN)
        if days is not None and not 1 <= days <= MOST_GRANT_DAYS:
            raise Refusal(AtMost(RefusalCode.DAYS_OUT_OF_RANGE, most=MOST_GRANT_DAYS))
        if of_role or days is not None:
            grant = Grant(
                id=self._context.ids.new(),
                guild_id=actor.guild_id,
                subject=wanted.subject,
                subject_id=wanted.subject_id,
                unit=wanted.unit,
                amount=amount,
                ends_at=now + timedelta(days=days) if days is not None else None,
            )
            return await self._context.store.grant_lot(actor, grant, now=now)
        changed = await self._context.store.grant(actor, wanted.subject_id, wanted.unit, amount, now=now)
        if changed is None:
            raise Refusal(RefusalCode.GRANT_NONE)
        return changed

    async def role_grants(self, guild_id: str) -> list[Grant]:
        """The grants to roles that have not ended, those that end first come first."""
        return await self._context.store.role_grants(guild_id, now=self._context.clock.now())

    async def close_grant(self, actor: Actor, grant_id: str) -> tuple[Grant, Change]:
        """End a grant to a role. What was spent of it stays spent. Raises Refusal `rule_gone`."""
        closed = await self._context.store.close_grant(actor, grant_id, now=self._context.clock.now())
        if closed is None:
            raise Refusal(RefusalCode.RULE_GONE)
        return closed

    async def request_confirmation(self, actor: Actor, subject_id: str, role_ids: frozenset[str] = frozenset()) -> str:
        """Store an action to be confirmed, for `CONFIRMATIONS_KEPT`; returns its id for the button.

        The action is the reset of a member, with these roles, or the removal of a rule; the button decides which. The
        actor's reason is stored with it.
        """
        confirmation = Confirmation(
            id=self._context.ids.new(),
            guild_id=actor.guild_id,
            actor_id=actor.actor_id,
            subject_id=subject_id,
            reason=actor.reason,
            role_ids=role_ids,
            made_at=self._context.clock.now(),
        )
        await self._context.store.keep_confirmation(confirmation)
        return confirmation.id

    async def take_confirmation(self, guild_id: str, confirmation_id: str) -> Confirmation:
        """Return a stored confirmation, once. Raises Refusal `draft_gone`."""
        since = self._context.clock.now() - CONFIRMATIONS_KEPT
        taken = await self._context.store.take_confirmation(guild_id, confirmation_id, made_after=since)
        if taken is None:
            raise Refusal(RefusalCode.DRAFT_GONE)
        return taken

    async def reset(self, actor: Actor, member_id: str, role_ids: Sequence[str]) -> WasReset:
        """Set a member's usage in the current windows to zero; holds, grants and pools stay."""
        allowance = await self.allowance(actor.guild_id, member_id, role_ids)
        uses = tuple(bound.use for bound in allowance.bounds if bound.use)
        now = self._context.clock.now()
        change = Change.by(actor, now, AuditAction.RESET, member_id, UsageFact.of(uses), UsageFact())
        await self._context.store.reset(actor.guild_id, member_id, change)
        return WasReset(uses=uses, change=change)

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """The audit log, newest first."""
        return await self._context.store.changes(guild_id, member_id, before_id=before_id, limit=limit)

    async def days(self, guild_id: str, number: int) -> Days:
        """The last `number` calendar days of this server, today included. Raises Refusal."""
        settings = await self._context.store.guild(guild_id)
        return last_days(number, self._context.clock.now(), settings.zone)

    async def spending(self, guild_id: str, period: Days) -> SpendingReport:
        """The sums over those days, and the usage of the server's pools. With a million videos it takes seconds."""
        sums = await self._context.store.sums(guild_id, period.bounds, members=TOP_MEMBERS, models=TOP_MODELS)
        return summary(period, sums, (await self.allowance(guild_id, "", ())).pools)

    async def usage(self, guild_id: str, period: Days) -> AsyncIterator[list[UsageRow]]:
        """Every generation accepted in those days, the oldest first, a few hundred at a time."""
        rows = await self._context.store.usage_rows(guild_id, period.since)
        while rows:
            yield rows
            rows = await self._context.store.usage_rows(guild_id, period.since, after=rows[-1])

    async def log_channel(self, guild_id: str) -> str | None:
        """The channel for `post_change`.

        Call it before the response is sent, so that nothing is read once a stop may be in progress.
        """
        return (await self._context.store.guild(guild_id)).log_channel_id

    async def post_change(self, channel_id: str, change: Change) -> None:
        """Post a change to the server's log channel; never raises."""
        event = LogEvent(kind=LogEventKind.CHANGED, guild_id=change.guild_id, member_id=change.actor_id, change=change)
        await self._context.notices.post_log(channel_id, event)

    async def _has_rule_for_everyone(self, guild_id: str) -> bool:
        return any(rule.subject is Subject.EVERYONE for rule in await self._context.store.rules(guild_id))
