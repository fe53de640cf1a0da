"""Rules, grants and resets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.allowance import Allowance
from bot.domain.audit import Actor, Change, GrantChanged, RuleChanged
from bot.domain.quota import Limit, Unit
from bot.domain.rules import Rule


class QuotaStore(Protocol):
    """Rules, grants and resets. A change and its line in the audit log are one transaction."""

    async def rules(self, guild_id: str) -> list[Rule]:
        """A server's rules in the order in which they win."""
        ...

    async def set_rule(self, actor: Actor, rule: Rule, *, now: datetime) -> RuleChanged:
        """Set a rule. One of the same subject, unit and window is replaced, and its id stays."""
        ...

    async def remove_rule(self, actor: Actor, rule_id: str, *, now: datetime) -> RuleChanged | None:
        """Remove a rule; None where there is none with this id in the actor's server."""
        ...

    async def allowance(
        self, guild_id: str, member_id: str, role_ids: Sequence[str], default: Sequence[Limit], *, now: datetime
    ) -> Allowance:
        """All that holds for this member now."""
        ...

    async def grant(
        self, actor: Actor, member_id: str, unit: Unit, amount: int, *, now: datetime
    ) -> GrantChanged | None:
        """Add to (or, negative, take from) a member's grants, never below zero; None where nothing is left to take."""
        ...

    async def reset(self, guild_id: str, member_id: str, change: Change) -> None:
        """Bring the member's use in the current windows to zero, by entries; holds, grants and pools stay."""
        ...
