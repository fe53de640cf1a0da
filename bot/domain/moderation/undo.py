"""Undoing a change for ten minutes: which changes can be undone, and the settings as they were before one.

What a change did is in its facts; it is undone where the present is still what it left, so that nobody else's later
change is lost. The rules and grants of a change are undone by the store in the same way.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.moderation.audit import UNDO_FOR, AuditAction, Change
from bot.domain.moderation.audit_facts import (
    BlockFact,
    ChannelsFact,
    FamiliesFact,
    MemberLimitsFact,
    PauseFact,
    PlanFact,
    RuleFact,
    SpoilerFact,
    TermsFact,
    TextFact,
    ThreadsFact,
    ZoneFact,
    setting_fact,
)
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Setting
from bot.domain.moderation.settings_edits import with_zone
from bot.domain.quota.rules import Subject
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal

OF_RULES = frozenset({AuditAction.RULE_SET, AuditAction.RULE_REMOVED, AuditAction.PLANNED})
OF_SETTINGS = frozenset(
    {AuditAction.SETTING, AuditAction.BLOCKED, AuditAction.UNBLOCKED, AuditAction.PAUSED, AuditAction.RESUMED}
)
UNDOABLE = OF_RULES | OF_SETTINGS | {AuditAction.GRANTED}


def check_undo(change: Change | None, now: datetime) -> Change:
    """Return the change. Raises Refusal `undo_none` or `undo_late`."""
    if change is None or change.action not in UNDOABLE or TextFact in (type(change.before), type(change.after)):
        raise Refusal(RefusalCode.UNDO_NONE)
    if now >= change.at + UNDO_FOR:
        raise Refusal(RefusalCode.UNDO_LATE)
    return change


def rules_of(change: Change) -> Subject | None:
    """Whose rules a change is about; None for a change of something else."""
    for fact in (change.before, change.after):
        match fact:
            case RuleFact():
                return fact.subject
            case PlanFact(rules=(first, *_)):
                return first.subject
            case _:
                continue
    return None


def without_change(settings: GuildSettings, change: Change, now: datetime) -> GuildSettings:
    """The settings as they were before a change of them. Raises Refusal `undo_changed`, or `timezone_too_often`."""
    before, after = change.before, change.after
    match change.action:
        case AuditAction.PAUSED | AuditAction.RESUMED:
            _must_be(PauseFact.of(settings.pause) == after)
            pause = Pause(until=before.until, reason=before.reason) if isinstance(before, PauseFact) else None
            return replace(settings, pause=pause)
        case AuditAction.BLOCKED | AuditAction.UNBLOCKED:
            member_id = change.subject_id
            block = settings.block_of(member_id)
            _must_be(BlockFact.of(block) == after)
            others = frozenset(one for one in settings.blocks if one is not block)
            if isinstance(before, BlockFact):
                others |= {Block(member_id=member_id, until=before.until, reason=before.reason)}
            return replace(settings, blocks=others)
        case _:
            return _without_setting(settings, Setting(change.subject_id), change, now)


def _without_setting(settings: GuildSettings, setting: Setting, change: Change, now: datetime) -> GuildSettings:
    before, after = change.before, change.after
    if setting is Setting.FILTER:  # its facts are the terms that went and that came
        removed = frozenset(before.terms) if isinstance(before, TermsFact) else frozenset[str]()
        added = frozenset(after.terms) if isinstance(after, TermsFact) else frozenset[str]()
        _must_be(added <= settings.terms and not removed & settings.terms)
        return replace(settings, terms=(settings.terms - added) | removed)
    _must_be(setting_fact(settings, setting) == after)
    match before:
        case ChannelsFact():
            if setting is Setting.LOG_CHANNEL:
                return replace(settings, log_channel_id=before.channel_ids[0])
            return replace(settings, channels=frozenset(before.channel_ids))
        case FamiliesFact():
            return replace(settings, families=frozenset(before.families))
        case MemberLimitsFact():
            return replace(
                settings,
                most_running=before.running,
                most_waiting=before.waiting,
                longest=before.longest,
                dearest=before.dearest,
            )
        case ThreadsFact():
            return replace(settings, threads=before.mode)
        case SpoilerFact():
            return replace(settings, spoiler=before.spoiler)
        case ZoneFact():
            return with_zone(settings, before.zone, now)
        case None if setting is Setting.LOG_CHANNEL:
            return replace(settings, log_channel_id=None)
        case None if setting is Setting.CHANNELS:
            return replace(settings, channels=frozenset())
        case None if setting is Setting.MODELS:
            return replace(settings, families=frozenset())
        case _:
            raise Refusal(RefusalCode.UNDO_NONE)


def _must_be(unchanged: bool) -> None:
    if not unchanged:
        raise Refusal(RefusalCode.UNDO_CHANGED)
