"""The replies of `/quota` as cards. Only the moderator sees them, and they ping nobody."""

from collections.abc import Sequence

import discord
from discord import ui

from bot.domain.quota.allowance import Allowance
from bot.domain.quota.limits import Limit
from bot.domain.quota.rules import Binding, Rule, Subject
from bot.usecases.moderation.quotas import RuleRemoved
from bot.usecases.moderation.rule_effects import RuleSet
from cogs._ui import phrases, text
from cogs._ui.replies import card, reason_lines
from cogs._ui.usage_lines import allowance_lines
from cogs._ui.wording import Words, words
from cogs.moderation.quota.keep import keep_rows
from cogs.moderation.undo import undo_row

_BINDS = {
    Subject.MEMBER: "set-binds-member",
    Subject.ROLE: "set-binds-role",
    Subject.EVERYONE: "set-binds-everyone",
}


def rule_set(result: RuleSet) -> ui.LayoutView:
    """Show a changed rule: old and new value, its subject, other limits that apply, and why the new rule may have no
    effect.
    """
    say, rule = words(), result.rule
    who, after = phrases.who(say, rule.subject, rule.subject_id), phrases.rule_text(say, rule)
    if result.before is None:
        change = say("set-new", who=who, after=after)
    elif result.before.amount == rule.amount:
        change = say("set-same", who=who, after=after)
    else:
        change = say("set-changed", who=who, before=phrases.rule_text(say, result.before), after=after)
    parts = [say("set-title"), change, *reason_lines(say, result.change.reason), _affected(say, rule)]
    parts += [
        say("set-stopped", limit=phrases.limit_text(say, limit), why=_why_of(say, result, limit))
        for limit in result.unreachable_limits
    ]
    if result.default_gone:
        parts.append(say("set-default-gone", limits=phrases.limits_text(say, result.default_gone)))
    if result.stronger:
        shown = [
            say("quota-rule-of", who=phrases.who(say, one.subject, one.subject_id), rule=phrases.rule_text(say, one))
            for one in result.stronger[:10]
        ]
        if len(result.stronger) > 10:
            shown.append(say("picture-more", count=len(result.stronger) - 10))
        kind, per = phrases.kind(say, rule.unit), say(f"per-{rule.per}")
        parts.append(say("set-stronger", kind=kind, per=per, rules=text.listed(say, shown)))
    if rule.subject is Subject.EVERYONE and rule.amount == 0:
        parts.append(say("set-close-note"))
    new = None if rule.subject is Subject.SERVER else rule
    parts += binding_lines(say, rule.subject, who, result.bindings, result.pools, new)
    colour = discord.Colour.gold() if result.unreachable_limits or result.default_gone else discord.Colour.green()
    same = result.before is not None and result.before.amount == rule.amount
    undoing = undo_row(None if same else result.change)
    return card(phrases.fit(say, parts), *keep_rows(say, result.default_gone), *undoing, colour=colour)


def _affected(say: Words, rule: Rule) -> str:
    match rule.subject:
        case Subject.MEMBER:
            return say("set-affected-member")
        case Subject.ROLE:
            return say("set-affected-role")
        case Subject.EVERYONE:
            kind, per = phrases.kind(say, rule.unit), say(f"per-{rule.per}")
            return say("set-affected-everyone", kind=kind, per=per)
        case Subject.SERVER:
            return say("set-affected-server")


def binding_lines(
    say: Words,
    subject: Subject,
    who: str,
    bindings: Sequence[Binding],
    pools: Sequence[Limit],
    new_rule: Rule | None = None,
) -> list[str]:
    """Return what binds the subject now, and the server's pools. new_rule: its limit is in bold."""
    parts: list[str] = []
    if subject is Subject.EVERYONE:
        parts.append(say("set-binds-everyone"))
    elif subject is not Subject.SERVER:
        parts.append(say(_BINDS[subject], who=who))
    for binding in bindings:
        amount = -1 if binding.limit is None else binding.limit.amount
        limit = phrases.measure(say, amount, binding.unit, binding.per)
        new = new_rule is not None and (binding.unit, binding.per) == (new_rule.unit, new_rule.per)
        why = phrases.why(say, binding.rule)
        parts.append("- " + say("set-line", limit=f"**{limit}**" if new else limit, why=why))
    if parts and not bindings:
        parts.append(say("set-nothing-binds"))
    if pools:
        parts.append(say("set-pools"))
        parts += [f"- {phrases.limit_text(say, limit)}" for limit in pools]
    return parts


def _why_of(say: Words, result: RuleSet, limit: Limit) -> str:
    for binding in result.bindings:
        if binding.limit == limit:
            return phrases.why(say, binding.rule)
    return say("why-server")


def rule_removed(result: RuleRemoved, *, last_for_everyone: bool) -> ui.LayoutView:
    """Show a removed rule, and whether the operator's default applies again."""
    say, rule = words(), result.rule
    who = phrases.who(say, rule.subject, rule.subject_id)
    parts = [say("remove-done", who=who, rule=phrases.rule_text(say, rule))]
    parts += reason_lines(say, result.change.reason)
    if result.default_back:
        parts.append(say("remove-default-back", limits=phrases.limits_text(say, result.default_back)))
    elif last_for_everyone:
        parts.append(say("remove-no-default"))
    return card(phrases.fit(say, parts), *undo_row(result.change), colour=discord.Colour.green())


def shown(member_id: str, allowance: Allowance) -> ui.LayoutView:
    """Show everything that applies to a member, with reasons."""
    say = words()
    lines = allowance_lines(say, allowance, reasons=True)
    if not allowance.bounds:
        lines.insert(0, say("show-unlimited"))
    return card(phrases.fit(say, [say("show-title", who=f"<@{member_id}>"), *lines]))
