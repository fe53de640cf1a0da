"""What moderators do, as records, and what the store must keep of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.guild import GuildSettings
from bot.domain.quota import Limit, Unit, Use
from bot.domain.rules import Binding, Rule
from bot.domain.spending import Sums


class Did(StrEnum):
    """What a change was."""

    RULE_SET = "rule_set"
    RULE_REMOVED = "rule_removed"
    GRANTED = "granted"
    RESET = "reset"
    SETTING = "setting"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    RESULT_REMOVED = "result_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the audit log: who did what to whom, from what, to what, and why.

    subject_id: the member, role or, for a setting, its name; empty for everyone and for the server. before, after: as
    moderators read them; empty for nothing.
    """

    guild_id: str
    at: datetime
    actor_id: str
    did: Did
    subject_id: str
    before: str
    after: str
    reason: str
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A binding with what it stands at; use is None where it is lifted."""

    binding: Binding
    use: Use | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """All that holds for one member now: their bindings, the server's pools, their unspent grants by unit.

    grants_held: what their open jobs hold of grants, by unit.
    """

    bounds: tuple[Bound, ...]
    pools: tuple[Use, ...]
    grants: Mapping[Unit, int]
    grants_held: Mapping[Unit, int] = field(default_factory=dict[Unit, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One generation for a report or an export. ended: None while it runs; price_micros as reserved at accept.

    Of one that its member has deleted only its day, length, price and state are told: the rest is empty.
    place: where it stands among all, for whoever reads on from here.
    """

    generation_id: str
    accepted_at: datetime
    ended_at: datetime | None
    channel_id: str
    member_id: str
    family: str
    model: str
    seconds: int
    price_micros: int
    state: str
    fault: str
    prompt: str = field(repr=False)
    place: tuple[int, int] = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A member's report of a result. settled_by: the moderator who dealt with it."""

    generation_id: str
    guild_id: str
    reporter_id: str
    at: datetime
    settled_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is stored about one member, over all servers. generations, since: of those that are not forgotten."""

    generations: int
    forgotten: int
    images: int
    since: datetime | None


class Told(StrEnum):
    """What a server's log channel hears of."""

    STARTED = "started"
    FAILED = "failed"
    REPORTED = "reported"
    FILTERED = "filtered"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One message to a server's log channel. member_id: who asked, reported or changed; text: a prompt or term."""

    told: Told
    guild_id: str
    member_id: str
    generation: Generation | None = None
    message_id: str | None = None
    change: Change | None = None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What waits for a moderator's button: about whom or what, with which roles, and why."""

    id: str
    guild_id: str
    actor_id: str
    subject_id: str
    reason: str
    role_ids: frozenset[str]
    made_at: datetime


class ModerationStore(Protocol):
    """The part of the database that moderators steer. Every change and its line in the log are one transaction."""

    async def guild(self, guild_id: str) -> GuildSettings:
        """A server's settings; the defaults for one that never changed any."""
        ...

    async def change_guild(
        self,
        guild_id: str,
        edit: Callable[[GuildSettings], GuildSettings],
        log: Callable[[GuildSettings, GuildSettings], Sequence[Change]],
    ) -> tuple[GuildSettings, GuildSettings]:
        """Read, edit and keep settings in one transaction, with the lines that `log(before, after)` gives."""
        ...

    async def rules(self, guild_id: str) -> list[Rule]:
        """A server's rules in the order in which they win."""
        ...

    async def set_rule(self, rule: Rule, log: Callable[[Rule | None], Change]) -> Rule | None:
        """Set a rule; answers the one it replaced (same subject, unit and window), whose id it keeps."""
        ...

    async def remove_rule(self, guild_id: str, rule_id: str, log: Callable[[Rule], Change]) -> Rule | None:
        """Remove a rule; None where there is none with this id in this server."""
        ...

    async def allowance(
        self, guild_id: str, member_id: str, role_ids: Sequence[str], default: Sequence[Limit], *, now: datetime
    ) -> Allowance:
        """All that holds for this member now."""
        ...

    async def grant(
        self, guild_id: str, member_id: str, unit: Unit, amount: int, log: Callable[[int, int], Change]
    ) -> tuple[int, int]:
        """Add to (or, negative, take from) a member's grants, never below zero; answers before and after."""
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

    async def stored(self, member_id: str) -> Stored:
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
