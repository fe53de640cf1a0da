"""`/quota plan`: all limits of everyone, a role or a member, replaced in one step."""

from typing import Any

import discord

from bot.domain.moderation.audit import Actor
from bot.domain.quota.rules import Rule, Subject
from bot.usecases.moderation.plans import PlanRequest, PlanSet
from cogs._ui import phrases, text
from cogs._ui.refusals import services
from cogs._ui.replies import answer, answer_and_log, card, reason_lines
from cogs._ui.wording import Words, words
from cogs.moderation.quota.cards import binding_lines
from cogs.moderation.quota.keep import keep_rows
from cogs.moderation.undo import undo_row


async def plan(
    interaction: discord.Interaction[Any],
    actor: Actor,
    subject: Subject,
    subject_id: str,
    role_ids: frozenset[str],
    limits: str,
) -> None:
    """Set the plan, and show what it replaced and what binds now."""
    wanted = PlanRequest(subject=subject, subject_id=subject_id, role_ids=role_ids, text=limits)
    result = await services(interaction).plans.plan(actor, wanted)
    await answer_and_log(interaction, answer, plan_card(result), result.change)


def plan_card(result: PlanSet) -> discord.ui.LayoutView:
    """Show the plan, the limits before it, limits that it never reaches, defaults that go or come back, and what binds."""
    say, who = words(), phrases.who(words(), result.subject, result.subject_id)
    parts = [
        say("plan-title"),
        say("plan-line", who=who, rules=_rules(say, result.rules)),
        say("plan-before", rules=_rules(say, result.before)),
        *reason_lines(say, result.change.reason),
    ]
    for rule, stopping in result.unreachable_limits:
        limits = phrases.limits_text(say, stopping)
        parts.append(say("plan-stopped", rule=phrases.rule_text(say, rule), limits=limits))
    if result.default_gone:
        parts.append(say("set-default-gone", limits=phrases.limits_text(say, result.default_gone)))
    if result.default_back:
        parts.append(say("remove-default-back", limits=phrases.limits_text(say, result.default_back)))
    elif result.subject is Subject.EVERYONE and not result.rules:
        parts.append(say("remove-no-default"))
    parts += binding_lines(say, result.subject, who, result.bindings, result.pools)
    warned = result.unreachable_limits or result.default_gone
    return card(
        phrases.fit(say, parts),
        *keep_rows(say, result.default_gone),
        *undo_row(result.change),
        colour=discord.Colour.gold() if warned else discord.Colour.green(),
    )


def _rules(say: Words, rules: tuple[Rule, ...]) -> str:
    if not rules:
        return say("plan-none")
    return text.listed(say, (phrases.rule_text(say, rule) for rule in rules))
