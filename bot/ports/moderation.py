"""The part of the database that moderators steer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.allowance import Allowance
from bot.domain.audit import Actor, Change, GrantChanged, RuleChanged, SettingsChanged, SettingsEdit
from bot.domain.confirmation import Confirmation
from bot.domain.guild_settings import GuildSettings
from bot.domain.privacy import StoredData
from bot.domain.quota import Limit, Unit
from bot.domain.reports import Report
from bot.domain.rules import Rule
from bot.domain.spending import Sums, UsageRow


class ModerationStore(Protocol):
    """The part of the database that moderators steer. Every change and its line in the log are one transaction."""

    async def guild(self, guild_id: str) -> GuildSettings:
        """A server's settings; the defaults for one that never changed any."""
        ...

    async def change_guild(self, actor: Actor, edit: SettingsEdit, *, now: datetime) -> SettingsChanged:
        """Read, edit and keep settings in one transaction, with the line in the log where anything has changed."""
        ...

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

    async def changes(self, guild_id: str, member_id: str | None, *, before_id: int | None, limit: int) -> list[Change]:
        """The audit log, newest first; of one member (as actor or subject) where named."""
        ...

    async def keep_confirmation(self, confirmation: Confirmation) -> None:
        """Keep what a moderator is asked to confirm."""
        ...

    async def take_confirmation(
        self, guild_id: str, confirmation_id: str, *, made_after: datetime
    ) -> Confirmation | None:
        """Take it away, in one statement: of two who ask for it, one gets it. None where it is gone, or older."""
        ...

    async def forget_confirmations(self, *, made_before: datetime) -> None:
        """Forget those that nobody has taken."""
        ...

    async def log_change(self, change: Change) -> None:
        """One more line that goes with no other write."""
        ...

    async def usage_rows(
        self, guild_id: str, since: datetime, *, after: UsageRow | None = None, limit: int = 500
    ) -> list[UsageRow]:
        """The generations of a server accepted since, oldest first: at most so many, from beyond `after` on."""
        ...

    async def sums(self, guild_id: str, days: Sequence[datetime], *, members: int, models: int) -> Sums:
        """What the generations of these days add up to. days: when each begins, and last when the last one ends."""
        ...

    async def report(self, report: Report) -> bool:
        """Keep a report; False where this member reported this result before."""
        ...

    async def open_reports(self, guild_id: str) -> list[Report]:
        """Reports that nobody has settled, oldest first."""
        ...

    async def settle_reports(self, generation_id: str, moderator_id: str) -> None:
        """A moderator has dealt with every report of this result."""
        ...

    async def remove_result(self, generation_id: str, change: Change | None, *, now: datetime) -> bool:
        """The posted message has been deleted; quota stays used. False where that was known before."""
        ...

    async def stored(self, member_id: str) -> StoredData:
        """What is stored about a member."""
        ...

    async def forget(self, member_id: str, *, now: datetime | None = None) -> list[str]:
        """Delete a member's prompts and image references everywhere; answers the media files to discard.

        Amounts stay, so that totals stay true; `usage_rows` tells no more of them. A running job is forgotten when it ends.
        The deletion itself is kept, for `list_forgotten`.
        """
        ...

    async def list_forgotten(self) -> None:
        """Keep the ids of all who were forgotten outside the database, for an older one that comes back. Raises OSError."""
        ...

    async def to_discard(self) -> list[str]:
        """Media files that nothing refers to any more: those of `forget`, and of what was forgotten when it ended."""
        ...

    async def discarded(self, files: Sequence[str]) -> None:
        """These files are gone from the media folder."""
        ...
