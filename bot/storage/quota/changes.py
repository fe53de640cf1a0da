"""What moderators change of quotas: rules, plans, grants, resets. Every change and its audit line are one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.moderation.audit import (
    Actor,
    AuditAction,
    Change,
    GrantChanged,
    PlanChanged,
    RuleChanged,
)
from bot.domain.moderation.audit_facts import GrantFact, PlanFact
from bot.domain.quota.allowance import Allowance, EffectiveLimit, RuleUsage
from bot.domain.quota.grants import Grant, draw, totals
from bot.domain.quota.limits import Limit, LimitUsage, Scope, Unit
from bot.domain.quota.rules import Rule, Subject, bindings, pools
from bot.storage import locks, rows
from bot.storage.database import Database, Read, Writing, fetch, reading
from bot.storage.moderation import audit_log
from bot.storage.moderation import guild_settings as guilds
from bot.storage.quota import grants, ledger
from bot.storage.quota import rules as rule_rows


class QuotaQueries:
    """The part of the store for `/quota`."""

    db: Database

    async def rules(self, guild_id: str) -> list[Rule]:
        """See `QuotaStore.rules`."""
        found = await self.db.read("SELECT * FROM rule WHERE guild_id = ? ORDER BY id", (guild_id,))
        if len(found) <= rows.FEW:
            return rule_rows.rules_in_order(found)
        return await asyncio.to_thread(rule_rows.rules_in_order, found)

    async def set_rule(self, actor: Actor, rule: Rule, *, now: datetime) -> RuleChanged:
        """See `QuotaStore.set_rule`."""

        async def work(writing: Writing) -> RuleChanged:
            await writing.lock(locks.guild(actor.guild_id))
            old = await rule_rows.same_key(writing, rule)
            await rule_rows.put(writing, rule)
            changed = RuleChanged.set_by(actor, now, replace(rule, id=old.id) if old else rule, old)
            return replace(changed, change=await audit_log.record(writing, changed.change))

        return await self.db.write(work)

    async def add_rule(self, actor: Actor, rule: Rule, *, now: datetime) -> RuleChanged | None:
        """See `QuotaStore.add_rule`."""

        async def work(writing: Writing) -> RuleChanged | None:
            await writing.lock(locks.guild(actor.guild_id))
            if await rule_rows.same_key(writing, rule):
                return None
            await rule_rows.put(writing, rule)
            changed = RuleChanged.set_by(actor, now, rule, None)
            return replace(changed, change=await audit_log.record(writing, changed.change))

        return await self.db.write(work)

    async def plan(
        self, actor: Actor, subject: Subject, subject_id: str, rules: Sequence[Rule], *, now: datetime
    ) -> PlanChanged | None:
        """See `QuotaStore.plan`."""

        async def work(writing: Writing) -> PlanChanged | None:
            await writing.lock(locks.guild(actor.guild_id))
            old = await rule_rows.of_subject(writing, actor.guild_id, subject, subject_id)
            before, after = PlanFact.of(old), PlanFact.of(rules)
            if before == after:
                return None
            await rule_rows.replace_all(writing, actor.guild_id, subject, subject_id, rules)
            change = Change.by(actor, now, AuditAction.PLANNED, subject_id, before, after)
            kept = await rule_rows.of_subject(writing, actor.guild_id, subject, subject_id)
            return PlanChanged(rules=tuple(kept), before=tuple(old), change=await audit_log.record(writing, change))

        return await self.db.write(work)

    async def remove_rule(self, actor: Actor, rule_id: str, *, now: datetime) -> RuleChanged | None:
        """See `QuotaStore.remove_rule`."""

        async def work(writing: Writing) -> RuleChanged | None:
            await writing.lock(locks.guild(actor.guild_id))
            found = await fetch(
                writing, "DELETE FROM rule WHERE id = ? AND guild_id = ? RETURNING *", (rule_id, actor.guild_id)
            )
            if not found:
                return None
            changed = RuleChanged.removed_by(actor, now, rule_rows.rule_of(found[0]))
            return replace(changed, change=await audit_log.record(writing, changed.change))

        return await self.db.write(work)

    async def allowance(
        self, guild_id: str, member_id: str, role_ids: Sequence[str], default: Sequence[Limit], *, now: datetime
    ) -> Allowance:
        """See `QuotaStore.allowance`."""

        async def work(read: Read) -> Allowance:
            found = await rule_rows.rules_of(read, guild_id, member_id)
            bound = bindings(member_id, role_ids, found, default)
            pooled = pools(found)
            limits = [binding.limit for binding in bound if binding.limit] + pooled
            use_of = dict(zip(limits, await _uses(read, guild_id, member_id, limits, now), strict=True))
            lots = await grants.lots(read, guild_id, member_id, role_ids, now=now)
            return Allowance(
                guild_id=guild_id,
                bounds=tuple(
                    EffectiveLimit(binding=binding, use=use_of[binding.limit] if binding.limit else None)
                    for binding in bound
                ),
                pools=tuple(use_of[limit] for limit in pooled),
                grants=totals(lots),
                lots=tuple(lot for lot in lots if lot.left),
                grants_held=await grants.held(read, guild_id, member_id),
            )

        return await self.db.reading(work)

    async def uses(self, guild_id: str, member_id: str, limits: Sequence[Limit], *, now: datetime) -> list[LimitUsage]:
        """Return the usage of each limit for this member, in the order of the limits."""
        return await self.db.reading(lambda read: _uses(read, guild_id, member_id, limits, now))

    async def rule_usage(self, guild_id: str, shown: Sequence[Rule | Limit], *, now: datetime) -> list[RuleUsage]:
        """See `QuotaStore.rule_usage`."""
        read = self.db.read
        zones = (await guilds.settings(read, guild_id, lists=False)).zones
        found: list[RuleUsage] = []
        for one in shown:
            subject = one.subject if isinstance(one, Rule) else Subject.EVERYONE
            if subject is Subject.ROLE or one.amount <= 0:
                found.append(RuleUsage())
                continue
            scope = Scope.GUILD if subject is Subject.SERVER else Scope.MEMBER
            limit = Limit(amount=one.amount, unit=one.unit, per=one.per, scope=scope)
            if subject is Subject.EVERYONE:
                members = await ledger.members_usage(read, guild_id, limit, zones=zones, now=now)
                found.append(RuleUsage(members=members))
            else:
                member_id = one.subject_id if isinstance(one, Rule) else ""
                [use] = await ledger.uses(read, guild_id, member_id, [limit], zones=zones, now=now)
                found.append(RuleUsage(use=use))
        return found

    async def grant(
        self, actor: Actor, member_id: str, unit: Unit, amount: int, *, now: datetime
    ) -> GrantChanged | None:
        """See `QuotaStore.grant`."""

        async def work(writing: Writing) -> GrantChanged | None:
            await writing.lock(locks.guild(actor.guild_id))
            own = await grants.own(reading(writing), actor.guild_id, member_id, now=now)
            before = totals(own).get(unit, 0)
            after = max(0, before + amount)
            if before == after:
                return None
            changed = GrantChanged.by(actor, now, member_id, unit, before, after)
            change, mover = await audit_log.record(writing, changed.change), self._mover(writing, actor, member_id, now)
            if after > before:
                await mover.add(unit, after - before, change.id)
            else:  # what is spent last is taken first
                await mover.take(draw(own[::-1], unit, before - after), change.id)
            return replace(changed, change=change)

        return await self.db.write(work)

    async def grant_lot(self, actor: Actor, grant: Grant, *, now: datetime) -> GrantChanged:
        """See `QuotaStore.grant_lot`."""

        async def work(writing: Writing) -> GrantChanged:
            await writing.lock(locks.guild(actor.guild_id))
            before = 0
            if grant.subject is Subject.MEMBER:
                own = await grants.own(reading(writing), actor.guild_id, grant.subject_id, now=now)
                before = totals(own).get(grant.unit, 0)
            changed = GrantChanged.given(actor, now, grant, before)
            change = await audit_log.record(writing, changed.change)
            await self._mover(writing, actor, grant.subject_id, now).open(grant, change.id)
            return replace(changed, change=change)

        return await self.db.write(work)

    async def close_grant(self, actor: Actor, grant_id: str, *, now: datetime) -> tuple[Grant, Change] | None:
        """See `QuotaStore.close_grant`."""

        async def work(writing: Writing) -> tuple[Grant, Change] | None:
            await writing.lock(locks.guild(actor.guild_id))
            grant = await grants.close(writing, actor.guild_id, grant_id, now=now)
            if grant is None:
                return None
            fact = GrantFact(unit=grant.unit, amount=grant.amount, until=grant.ends_at, role=True)
            change = Change.by(actor, now, AuditAction.GRANTED, grant.subject_id, fact)
            return grant, await audit_log.record(writing, change)

        return await self.db.write(work)

    async def role_grants(self, guild_id: str, *, now: datetime) -> list[Grant]:
        """See `QuotaStore.role_grants`."""
        return await grants.live(self.db.read, guild_id, now=now)

    def _mover(self, writing: Writing, actor: Actor, member_id: str, now: datetime) -> grants.Mover:
        return grants.Mover(writing, actor.guild_id, member_id, now)

    async def reset(self, guild_id: str, member_id: str, change: Change) -> None:
        """See `QuotaStore.reset`. The current windows are those of `change.at`."""

        async def work(writing: Writing) -> None:
            await writing.lock(locks.guild(guild_id))
            zones = (await guilds.settings(reading(writing), guild_id, lists=False)).zones
            await ledger.reset(writing, guild_id, member_id, zones=zones, now=change.at)
            await audit_log.record(writing, change)

        await self.db.write(work)


async def _uses(read: Read, guild_id: str, member_id: str, limits: Sequence[Limit], now: datetime) -> list[LimitUsage]:
    zones = (await guilds.settings(read, guild_id, lists=False)).zones
    return await ledger.uses(read, guild_id, member_id, limits, zones=zones, now=now)
