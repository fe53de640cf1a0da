"""Questions before removing everyone's rule and before a reset. The buttons work after a restart.

A button names a confirmation in the database, which holds the reason and can be used once: of two presses, one acts.
"""

from typing import Any

import discord
from discord import ui

from bot.domain.moderation.audit import Actor
from bot.domain.moderation.audit_facts import UsageFact
from bot.domain.moderation.confirmation import Confirmation
from bot.domain.quota.allowance import Allowance
from bot.domain.quota.limits import Limit
from bot.domain.quota.rules import Rule, Subject
from bot.usecases.moderation.quotas import Quotas, RuleRemoved
from cogs._ui import phrases
from cogs._ui.access import moderator
from cogs._ui.buttons import button, button_handler, buttons
from cogs._ui.refusals import services
from cogs._ui.replies import answer_and_log, card, reason_lines, replace
from cogs._ui.wording import words
from cogs.moderation.quota.cards import rule_removed


def sure_to_remove(rule: Rule, confirmation_id: str, default: tuple[Limit, ...], reason: str) -> ui.LayoutView:
    """Ask whether to remove everyone's rule."""
    say = words()
    parts = [say("remove-sure", rule=phrases.rule_text(say, rule)), *reason_lines(say, reason)]
    if default:
        parts.append(say("remove-sure-default", limits=phrases.limits_text(say, default)))
    else:
        parts.append(say("remove-sure-no-default"))
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(button("quota-remove", rule.id, confirmation_id)).add_item(button("quota-keep", confirmation_id))
    return card("\n".join(parts), row, colour=discord.Colour.red())


def sure_to_reset(member_id: str, confirmation_id: str, allowance: Allowance, reason: str) -> ui.LayoutView:
    """Ask whether to reset a member's usage."""
    say = words()
    parts = [say("reset-sure", who=f"<@{member_id}>"), *reason_lines(say, reason)]
    uses = tuple(bound.use for bound in allowance.bounds if bound.use)
    if used := phrases.used_text(say, UsageFact.of(uses)):
        parts.append(say("reset-sure-used", used=used))
    row = buttons(confirmation_id, "quota-reset", "quota-keep")
    return card(phrases.fit(say, parts), row, colour=discord.Colour.red())


async def removed(quotas: Quotas, actor: Actor, rule_id: str) -> tuple[ui.LayoutView, RuleRemoved]:
    """Remove a rule. Return its card and the result."""
    result = await quotas.remove_rule(actor, rule_id)
    left, _ = await quotas.rules(actor.guild_id)
    everyone = Subject.EVERYONE
    last = result.rule.subject is everyone and not any(rule.subject is everyone for rule in left)
    return rule_removed(result, last_for_everyone=last), result


@button_handler("quota-remove")
async def remove(interaction: discord.Interaction[Any], rule_id: str, confirmation_id: str) -> None:
    """Remove everyone's rule, for moderators, and confirm it in the same message."""
    actor, _ = await _taken(interaction, confirmation_id)
    view, result = await removed(services(interaction).quotas, actor, rule_id)
    await answer_and_log(interaction, replace, view, result.change)


@button_handler("quota-reset")
async def reset(interaction: discord.Interaction[Any], confirmation_id: str) -> None:
    """Reset a member's usage, for moderators, and confirm it in the same message."""
    say, quotas = words(), services(interaction).quotas
    actor, confirmation = await _taken(interaction, confirmation_id)
    result = await quotas.reset(actor, confirmation.subject_id, sorted(confirmation.role_ids))
    before, after = phrases.used_text(say, UsageFact.of(result.uses)), say("quota-nothing-used")
    done = say("reset-done", who=f"<@{confirmation.subject_id}>", before=before or after, after=after)
    view = card(phrases.fit(say, [done, *reason_lines(say, confirmation.reason)]), colour=discord.Colour.green())
    await answer_and_log(interaction, replace, view, result.change)


@button_handler("quota-keep")
async def keep(interaction: discord.Interaction[Any], confirmation_id: str) -> None:
    """Leave everything as it is, for moderators, and confirm it in the same message."""
    await _taken(interaction, confirmation_id)
    await replace(interaction, card(words()("kept")))


async def _taken(interaction: discord.Interaction[Any], confirmation_id: str) -> tuple[Actor, Confirmation]:
    """Take a confirmation, which can be used once.

    Return who acts, with the stored reason, and the confirmation. Raises Refusal.
    """
    actor = moderator(interaction)
    confirmation = await services(interaction).quotas.take_confirmation(actor.guild_id, confirmation_id)
    return Actor(guild_id=actor.guild_id, actor_id=actor.actor_id, reason=confirmation.reason), confirmation
