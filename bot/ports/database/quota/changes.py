"""The rules, grants and resets of a server."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.moderation.audit import Actor, Change, GrantChanged, PlanChanged, RuleChanged
from bot.domain.quota.allowance import Allowance, RuleUsage
from bot.domain.quota.grants import Grant
from bot.domain.quota.limits import Limit, Unit
from bot.domain.quota.rules import Rule, Subject


class QuotaStore(Protocol):
    """Rules, grants and resets. A change and its entry in the audit log are one transaction."""

    async def rules(self, guild_id: str) -> list[Rule]:
        """A server's rules in order of precedence."""
        ...

    async def set_rule(self, actor: Actor, rule: Rule, *, now: datetime) -> RuleChanged:
        """Set a rule. A rule of the same subject, unit and window is replaced and keeps its id."""
        ...

    async def add_rule(self, actor: Actor, rule: Rule, *, now: datetime) -> RuleChanged | None:
        """Set a rule where there is none of the same subject, unit and window; None where there is one."""
        ...

    async def plan(
        self, actor: Actor, subject: Subject, subject_id: str, rules: Sequence[Rule], *, now: datetime
    ) -> PlanChanged | None:
        """Replace all rules of a subject by these; None where it has the same already."""
        ...

    async def remove_rule(self, actor: Actor, rule_id: str, *, now: datetime) -> RuleChanged | None:
        """Remove a rule; None where the actor's server has no rule with this id."""
        ...

    async def allowance(
        self, guild_id: str, member_id: str, role_ids: Sequence[str], default: Sequence[Limit], *, now: datetime
    ) -> Allowance:
        """Everything that applies to this member now. role_ids: for the rules and grants of roles."""
        ...

    async def rule_usage(self, guild_id: str, shown: Sequence[Rule | Limit], *, now: datetime) -> list[RuleUsage]:
        """How much of each of these rules, or default limits, of a server is used now, in their order."""
        ...

    async def grant(
        self, actor: Actor, member_id: str, unit: Unit, amount: int, *, now: datetime
    ) -> GrantChanged | None:
        """Add to a member's own grants without an end, or take away from all of their own if the amount is negative, never
        below zero; None where nothing is left to take.
        """
        ...

    async def grant_lot(self, actor: Actor, grant: Grant, *, now: datetime) -> GrantChanged:
        """Store a grant with an end, or to a role."""
        ...

    async def close_grant(self, actor: Actor, grant_id: str, *, now: datetime) -> tuple[Grant, Change] | None:
        """End a grant to a role; None where the actor's server has none with this id that has not ended."""
        ...

    async def role_grants(self, guild_id: str, *, now: datetime) -> list[Grant]:
        """The grants to roles that have not ended; what ends first first."""
        ...

    async def reset(self, guild_id: str, member_id: str, change: Change) -> None:
        """Set the member's usage in the current windows to zero, by ledger entries. Holds, grants and pools stay."""
        ...
