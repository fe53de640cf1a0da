"""Text for the audit log, made when it is read, in the reader's language: what was done, to whom, from what, to what."""

from datetime import datetime
from typing import Final

from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.moderation.audit_facts import (
    BlockFact,
    ChannelsFact,
    Fact,
    FamiliesFact,
    GrantFact,
    MemberLimitsFact,
    PauseFact,
    PlanFact,
    ResultFact,
    RuleFact,
    SpoilerFact,
    StyleFact,
    TermsFact,
    TextFact,
    ThreadsFact,
    UsageFact,
    ZoneFact,
)
from bot.domain.moderation.guild_settings import Setting, Threads
from bot.domain.quota.ledger import usd
from bot.domain.quota.rules import Subject
from cogs._ui import phrases, text
from cogs._ui.wording import Words

ACTIONS: Final = {
    AuditAction.RULE_SET: "did-rule_set",
    AuditAction.RULE_REMOVED: "did-rule_removed",
    AuditAction.GRANTED: "did-granted",
    AuditAction.RESET: "did-reset",
    AuditAction.SETTING: "did-setting",
    AuditAction.BLOCKED: "did-blocked",
    AuditAction.UNBLOCKED: "did-unblocked",
    AuditAction.PLANNED: "did-planned",
    AuditAction.PAUSED: "did-paused",
    AuditAction.RESUMED: "did-resumed",
    AuditAction.RESULT_REMOVED: "did-result_removed",
    AuditAction.STYLE_ADDED: "did-style_added",
    AuditAction.STYLE_REMOVED: "did-style_removed",
    AuditAction.UNDONE: "did-undone",
}
MODES: Final = {
    Threads.NEVER: "threads-never",
    Threads.ON_REQUEST: "threads-on-request",
    Threads.ALWAYS: "threads-always",
}
NO_LIST: Final[dict[str, str]] = {Setting.CHANNELS: "config-everywhere", Setting.MODELS: "config-all"}
_MENTION = len("<#>, ") + 20  # maximum characters of a channel mention


def action(say: Words, change: Change) -> str:
    """Return the text of an action: "set a limit"."""
    return say(ACTIONS[change.action])


def subject(say: Words, change: Change, role_ids: frozenset[str]) -> str:
    """Return the subject of a change: a mention, or the name of a setting. Empty for everyone.

    role_ids: the server's roles, to tell them from members if the facts do not.
    """
    subject_id = change.subject_id
    if not subject_id.isdecimal():
        return phrases.setting(say, subject_id)
    if subject_id == change.guild_id:  # the role that everyone has
        return say("quota-everyone")
    return f"<@&{subject_id}>" if _of_role(change, role_ids) else f"<@{subject_id}>"


def _of_role(change: Change, role_ids: frozenset[str]) -> bool:
    for fact in (change.after, change.before):
        match fact:
            case RuleFact():
                return fact.subject is Subject.ROLE
            case PlanFact(rules=(first, *_)):
                return first.subject is Subject.ROLE
            case GrantFact():
                return fact.role
            case _:
                continue
    return change.subject_id in role_ids


def sides(say: Words, change: Change, most: int) -> tuple[str, str]:
    """Return the texts before and after a change, each as `value` does; both empty where it has neither.

    A list that does not exist allows all, and is named so beside one that does.
    """
    before, after = value(say, change.before, most), value(say, change.after, most)
    listed = change.action in (AuditAction.SETTING, AuditAction.UNDONE) and (before or after)
    missing = NO_LIST.get(change.subject_id) if listed else None
    return (before or say(missing), after or say(missing)) if missing else (before, after)


def value(say: Words, fact: Fact | None, most: int) -> str:
    """Return the text of a fact, escaped, at most `most` characters long. Empty for None."""
    if fact is None:
        return ""
    if isinstance(fact, ChannelsFact):
        mentions = [f"<#{one}>" for one in fact.channel_ids]
        return phrases.some(say, mentions, max(1, most // _MENTION - 1))
    if isinstance(fact, ResultFact) and fact.link:
        return say("audit-video-link", link=fact.link)
    if isinstance(fact, PauseFact | BlockFact):  # a time is a mention too; nobody has typed any of this
        return _words(say, fact)
    if isinstance(fact, GrantFact) and fact.until:
        return say("grant-until", amount=_words(say, fact), when=text.moment(fact.until))
    return text.safe(_words(say, fact), most)


def _words(say: Words, fact: Fact) -> str:
    match fact:
        case RuleFact():
            return _rule(say, fact)
        case PlanFact():
            return text.listed(say, (_rule(say, rule) for rule in fact.rules))
        case GrantFact():
            amount = phrases.figure(say, fact.unit, fact.amount)
            return say("grant-each", amount=amount) if fact.role else amount
        case PauseFact():
            return say("audit-paused", until=_until(say, fact.until))
        case BlockFact():
            return say("audit-blocked", until=_until(say, fact.until))
        case UsageFact():
            return phrases.used_text(say, fact) or say("quota-nothing-used")
        case ChannelsFact():
            return text.listed(say, fact.channel_ids)
        case FamiliesFact():
            return text.listed(say, fact.families)
        case TermsFact():
            return text.listed(say, fact.terms)
        case MemberLimitsFact():
            return _limits(say, fact)
        case ThreadsFact():
            return say(MODES[fact.mode])
        case SpoilerFact():
            return say("config-spoiler-on" if fact.spoiler else "config-spoiler-off")
        case ZoneFact():
            return fact.zone
        case ResultFact():
            return say("audit-video")
        case StyleFact():
            return say("style-fact", name=fact.name, text=fact.text)
        case TextFact():
            return fact.text


def _until(say: Words, until: datetime | None) -> str:
    return say("until-time", when=text.moment(until)) if until else say("until-open")


def _rule(say: Words, rule: RuleFact) -> str:
    """Return a rule's text, with its subject if the change names nobody."""
    shown = phrases.measure(say, rule.amount, rule.unit, rule.per)
    match rule.subject:
        case Subject.EVERYONE:
            return say("quota-for-everyone", rule=shown)
        case Subject.SERVER:
            return say("quota-for-server", rule=shown)
        case Subject.MEMBER | Subject.ROLE:
            return shown


def _limits(say: Words, limits: MemberLimitsFact) -> str:
    """Return all limits on one line."""
    unset = say("config-unset")
    parts = (
        say("limit-running", value=unset if limits.running is None else str(limits.running)),
        say("limit-waiting", value=unset if limits.waiting is None else str(limits.waiting)),
        say("limit-longest", value=unset if limits.longest is None else say("unit-seconds", amount=limits.longest)),
        say("limit-dearest", value=unset if limits.dearest is None else usd(limits.dearest)),
    )
    return " · ".join(parts)
