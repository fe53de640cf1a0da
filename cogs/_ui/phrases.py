"""Text for limits, rules, amounts and settings, the same in every card and in the audit log."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.moderation.audit_facts import UsageFact, UsedLimit
from bot.domain.moderation.guild_settings import Setting
from bot.domain.quota.limits import Limit, Per, Unit
from bot.domain.quota.rules import LIFTED, Rule, Subject
from cogs._ui import text
from cogs._ui.wording import Words

TEXT_LIMIT = 3800  # of the 4,000 characters of a message
SETTINGS: Final = {
    Setting.CHANNELS: "setting-channels",
    Setting.MODELS: "setting-models",
    Setting.LIMITS: "setting-limits",
    Setting.FILTER: "setting-filter",
    Setting.LOG_CHANNEL: "setting-log-channel",
    Setting.THREADS: "setting-threads",
    Setting.TIMEZONE: "setting-timezone",
    Setting.RESULTS: "setting-results",
}
KINDS: Final = {Unit.VIDEOS: "kind-videos", Unit.SECONDS: "kind-seconds", Unit.USD: "kind-usd"}


def figure(say: Words, unit: Unit, number: int) -> str:
    """Return an amount: "3 videos", "24 s", "$2.50"."""
    return text.amount(say, unit, number)


def kind(say: Words, unit: Unit) -> str:
    """Return the name of a unit: "videos", "seconds", "dollars"."""
    return say(KINDS[unit])


def measure(say: Words, amount: int, unit: Unit, per: Per) -> str:
    """Return an amount per window: "5 videos per day", "0 videos per day (closed)", "unlimited videos per day"."""
    if amount == LIFTED:
        return say("quota-rule-lifted", kind=kind(say, unit), per=say(f"per-{per}"))
    limit = figure(say, unit, amount)
    if amount == 0:
        return say("quota-rule-closed", limit=limit, per=say(f"per-{per}"))
    return say("quota-rule", limit=limit, per=say(f"per-{per}"))


def limit_text(say: Words, limit: Limit) -> str:
    """Return the text of one limit: "5 videos per day"."""
    return measure(say, limit.amount, limit.unit, limit.per)


def limits_text(say: Words, limits: Iterable[Limit]) -> str:
    """Return the text of several limits: "5 videos per day, $3.00 per day"."""
    return text.listed(say, (limit_text(say, limit) for limit in limits))


def rule_text(say: Words, rule: Rule) -> str:
    """Return the text of a rule, without its subject."""
    return measure(say, rule.amount, rule.unit, rule.per)


def who(say: Words, subject: Subject, subject_id: str) -> str:
    """Return the subject of a rule. Members and roles are mentions; replies with this text ping nobody."""
    match subject:
        case Subject.MEMBER:
            return f"<@{subject_id}>"
        case Subject.ROLE:
            return f"<@&{subject_id}>"
        case Subject.EVERYONE:
            return say("quota-everyone")
        case Subject.SERVER:
            return say("quota-server")


def why(say: Words, rule: Rule | None) -> str:
    """Return why a limit holds. A rule of None is the operator's default."""
    if rule is None:
        return say("why-default")
    match rule.subject:
        case Subject.MEMBER:
            return say("why-member")
        case Subject.ROLE:
            return say("why-role", role=who(say, rule.subject, rule.subject_id))
        case Subject.EVERYONE:
            return say("why-everyone")
        case Subject.SERVER:
            return say("why-server")


def setting(say: Words, name: str) -> str:
    """Return the name of a setting. A name that this version does not know is shown as it was stored."""
    return say(SETTINGS[Setting(name)]) if name in list(Setting) else text.safe(name, 80)


def used_text(say: Words, usage: UsageFact) -> str:
    """Return what is used of each limit: "3 of 5 videos per day, $0.82 of $3.00 per day". Empty if nothing is used."""
    lines = [
        say(
            "quota-used",
            used=_used(say, one),
            limit=figure(say, one.limit.unit, one.limit.amount),
            per=say(f"per-{one.limit.per}"),
        )
        for one in usage.limits
    ]
    return text.listed(say, lines)


def _used(say: Words, one: UsedLimit) -> str:
    if one.limit.unit is Unit.USD:
        return text.price(say, one.used, estimate=one.estimate)
    return text.amount(say, one.limit.unit, one.used)


def some(say: Words, shown: Iterable[str], most: int) -> str:
    """Return a list of at most `most` entries: "a, b, c and 5 more"."""
    listed = list(shown)
    named = text.listed(say, listed[:most])
    return say("config-some", named=named, more=len(listed) - most) if len(listed) > most else named


def named(say: Words, names: Sequence[str], most: int, *, count: int | None = None) -> str:
    """Return as many names as fit into `most` characters, at least one and at most `count`: "a, b, c and 5 more"."""
    shown, left = 0, most
    for name in names[:count]:
        if shown and len(name) + 2 > left:
            break
        left -= len(name) + 2
        shown += 1
    return some(say, names, shown)


def fit(say: Words, parts: Sequence[str], most: int = TEXT_LIMIT) -> str:
    """Join as many parts as fit into `most` characters, one a line, and say how many are left out."""
    shown: list[str] = []
    left = most
    for number, part in enumerate(parts):
        if len(part) + 1 > left:
            return "\n".join([*shown, say("quota-more", count=len(parts) - number)])
        shown.append(part)
        left -= len(part) + 1
    return "\n".join(shown)
