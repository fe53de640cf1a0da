"""The audit log: who changed what, from what, to what, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.moderation.audit_facts import BlockFact, Fact, GrantFact, PauseFact, RuleFact, setting_facts
from bot.domain.moderation.guild_settings import GuildSettings, Setting
from bot.domain.quota.grants import Grant
from bot.domain.quota.limits import Unit
from bot.domain.quota.rules import Rule, Subject
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal

LONGEST_REASON = 512  # characters
UNDO_FOR = timedelta(minutes=10)


class AuditAction(StrEnum):
    """The kind of a change."""

    RULE_SET = "rule_set"
    RULE_REMOVED = "rule_removed"
    PLANNED = "planned"
    GRANTED = "granted"
    RESET = "reset"
    SETTING = "setting"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    PAUSED = "paused"
    RESUMED = "resumed"
    RESULT_REMOVED = "result_removed"
    STYLE_ADDED = "style_added"
    STYLE_REMOVED = "style_removed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person who changes something, in which server, and their reason. Raises Refusal `reason_too_long`."""

    guild_id: str
    actor_id: str
    reason: str = ""

    def __post_init__(self) -> None:
        if len(self.reason) > LONGEST_REASON:
            raise Refusal(AtMost(RefusalCode.REASON_TOO_LONG, most=LONGEST_REASON))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the audit log: who did what to whom, from what, to what, and why.

    subject_id: a member, a role or the name of a setting; empty for everyone and for the server. before, after: None
    where there was nothing. id: 0 until it is stored. undoes: the id of the change that this one undoes.
    """

    guild_id: str
    at: datetime
    actor_id: str
    action: AuditAction
    subject_id: str
    before: Fact | None = None
    after: Fact | None = None
    reason: str = ""
    id: int = 0
    undoes: int | None = None

    @classmethod
    def by(
        cls,
        actor: Actor,
        at: datetime,
        action: AuditAction,
        subject_id: str,
        before: Fact | None = None,
        after: Fact | None = None,
    ) -> "Change":
        """A change by this actor, with the actor's reason."""
        return cls(
            guild_id=actor.guild_id,
            at=at,
            actor_id=actor.actor_id,
            action=action,
            subject_id=subject_id,
            before=before,
            after=after,
            reason=actor.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChanged:
    """A rule that was set or removed. before: the rule that it replaced."""

    rule: Rule
    before: Rule | None
    change: Change

    @classmethod
    def set_by(cls, actor: Actor, at: datetime, rule: Rule, before: Rule | None) -> "RuleChanged":
        """A rule that is new or replaces another."""
        facts = RuleFact.of(before) if before else None, RuleFact.of(rule)
        change = Change.by(actor, at, AuditAction.RULE_SET, rule.subject_id, *facts)
        return cls(rule=rule, before=before, change=change)

    @classmethod
    def removed_by(cls, actor: Actor, at: datetime, rule: Rule) -> "RuleChanged":
        """A rule that was removed."""
        change = Change.by(actor, at, AuditAction.RULE_REMOVED, rule.subject_id, RuleFact.of(rule))
        return cls(rule=rule, before=None, change=change)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged:
    """All rules of one subject, which replaced those that it had."""

    rules: tuple[Rule, ...]
    before: tuple[Rule, ...]
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantChanged:
    """A member's own grants of one unit, before and after; of a role's grant, nothing and what each holder gets.

    grant: where it has an end or is a role's.
    """

    before: int
    after: int
    change: Change
    grant: Grant | None = None

    @classmethod
    def given(cls, actor: Actor, at: datetime, grant: Grant, before: int) -> "GrantChanged":
        """A grant with an end, or to a role. before: what the member had."""
        after = before + grant.amount
        facts: tuple[Fact | None, Fact] = (
            GrantFact(unit=grant.unit, amount=before),
            GrantFact(unit=grant.unit, amount=after, until=grant.ends_at),
        )
        if grant.subject is Subject.ROLE:
            facts = None, GrantFact(unit=grant.unit, amount=grant.amount, until=grant.ends_at, role=True)
        change = Change.by(actor, at, AuditAction.GRANTED, grant.subject_id, *facts)
        return cls(before=before, after=after, change=change, grant=grant)

    @classmethod
    def by(cls, actor: Actor, at: datetime, member_id: str, unit: Unit, before: int, after: int) -> "GrantChanged":
        """Grants that were given or taken back."""
        facts = [GrantFact(unit=unit, amount=amount) for amount in (before, after)]
        return cls(before=before, after=after, change=Change.by(actor, at, AuditAction.GRANTED, member_id, *facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsEdit:
    """An edit of a server's settings, and how the audit log records it.

    subject_id: the name of the setting, the id of the blocked member, or empty for a pause. apply: returns the new
    settings; raises Refusal where the edit is not allowed.
    """

    action: AuditAction
    subject_id: str
    apply: Callable[[GuildSettings], GuildSettings]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged:
    """All settings of a server before and after an edit. change: None where nothing changed."""

    before: GuildSettings
    after: GuildSettings
    change: Change | None

    @classmethod
    def by(
        cls, actor: Actor, at: datetime, edit: SettingsEdit, before: GuildSettings, after: GuildSettings
    ) -> "SettingsChanged":
        """The result of an edit, with its entry for the audit log."""
        if before == after:
            return cls(before=before, after=after, change=None)
        facts: tuple[Fact | None, Fact | None]
        if edit.action is AuditAction.SETTING:
            facts = setting_facts(Setting(edit.subject_id), before, after)
        elif edit.action in (AuditAction.PAUSED, AuditAction.RESUMED):
            facts = PauseFact.of(before.pause), PauseFact.of(after.pause)
        else:
            member_id = edit.subject_id
            facts = BlockFact.of(before.block_of(member_id)), BlockFact.of(after.block_of(member_id))
        change = Change.by(actor, at, edit.action, edit.subject_id, *facts)
        return cls(before=before, after=after, change=change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A change that was undone. original: that change; change: the entry of the undoing.

    spent: what of a grant could not be taken back, in whole numbers of `taken`'s unit. taken: what was; None where the
    original is no grant that was given.
    """

    original: Change
    change: Change
    taken: GrantFact | None = None
    spent: int = 0
