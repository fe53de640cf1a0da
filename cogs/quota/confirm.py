"""What asks before it is done: removing everyone's rule, and a reset. The buttons outlive a restart.

A button names a draft in the database, which holds the reason and is taken once: of two presses one does it.
"""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.domain.moderation import Allowance
from bot.domain.quota import Limit
from bot.domain.rules import Rule, Subject
from bot.services.quotas import By, Quotas, RuleRemoved
from cogs.answers import services
from cogs.quota import phrases
from cogs.quota.access import pressed
from cogs.quota.cards import answer_and_tell, card, reason_lines, replace, rule_removed
from cogs.wording import server_language, words

_ID = r"[0-9A-Za-z_-]{1,32}"


def sure_to_remove(rule: Rule, draft_id: str, default: tuple[Limit, ...], reason: str) -> ui.LayoutView:
    """Asks about everyone's rule."""
    say = words()
    parts = [say("remove-sure", rule=phrases.rule_said(say, rule)), *reason_lines(say, reason)]
    if default:
        parts.append(say("remove-sure-default", limits=phrases.limits_said(say, default)))
    else:
        parts.append(say("remove-sure-no-default"))
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(RemoveButton(rule.id, draft_id)).add_item(KeepButton(draft_id))
    return card("\n".join(parts), row, colour=discord.Colour.red())


def sure_to_reset(member_id: str, draft_id: str, allowance: Allowance, reason: str) -> ui.LayoutView:
    """Asks about a member's use."""
    say = words()
    parts = [say("reset-sure", who=f"<@{member_id}>"), *reason_lines(say, reason)]
    if used := phrases.used_said(say, [bound.use for bound in allowance.bounds if bound.use]):
        parts.append(say("reset-sure-used", used=used))
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(ResetButton(draft_id)).add_item(KeepButton(draft_id))
    return card(phrases.fit(say, parts), row, colour=discord.Colour.red())


async def removed(quotas: Quotas, by: By, rule_id: str, log_language: str) -> tuple[ui.LayoutView, RuleRemoved]:
    """Remove a rule; answers the card too. log_language: what the audit log is kept in."""
    result = await quotas.remove_rule(by, rule_id, phrases.LogWords(log_language))
    left, _ = await quotas.rules(by.guild_id)
    everyone = Subject.EVERYONE
    last = result.rule.subject is everyone and not any(rule.subject is everyone for rule in left)
    return rule_removed(result, last_for_everyone=last), result


class RemoveButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"quota-remove:(?P<rule>{_ID}):(?P<draft>{_ID})"
):
    """Removes everyone's rule, for moderators."""

    def __init__(self, rule_id: str, draft_id: str) -> None:
        label, custom_id = words()("button-remove"), f"quota-remove:{rule_id}:{draft_id}"
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.danger, custom_id=custom_id))
        self.rule_id, self.draft_id = rule_id, draft_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button of a message that this process may never have seen."""
        return cls(match["rule"], match["draft"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Remove, and say so on the same message."""

        async def work(by: By) -> None:
            quotas = services(interaction).quotas
            draft = await quotas.take_draft(by.guild_id, self.draft_id)
            why = By(guild_id=by.guild_id, actor_id=by.actor_id, reason=draft.reason)
            view, result = await removed(quotas, why, self.rule_id, server_language(interaction))
            await answer_and_tell(interaction, replace, view, result.change)

        await pressed(interaction, work)


class ResetButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"quota-reset:(?P<draft>{_ID})"):
    """Resets a member's use, for moderators."""

    def __init__(self, draft_id: str) -> None:
        label, custom_id = words()("button-reset"), f"quota-reset:{draft_id}"
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.danger, custom_id=custom_id))
        self.draft_id = draft_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button of a message that this process may never have seen."""
        return cls(match["draft"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Reset, and say so on the same message."""

        async def work(by: By) -> None:
            say, quotas = words(), services(interaction).quotas
            draft = await quotas.take_draft(by.guild_id, self.draft_id)
            why = By(guild_id=by.guild_id, actor_id=by.actor_id, reason=draft.reason)
            kept = phrases.LogWords(server_language(interaction))
            result = await quotas.reset(why, draft.subject_id, sorted(draft.role_ids), kept)
            before, after = phrases.used_said(say, result.uses), say("quota-nothing-used")
            done = say("reset-done", who=f"<@{draft.subject_id}>", before=before or after, after=after)
            parts = [done, *reason_lines(say, draft.reason)]
            view = card(phrases.fit(say, parts), colour=discord.Colour.green())
            await answer_and_tell(interaction, replace, view, result.change)

        await pressed(interaction, work)


class KeepButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"quota-keep:(?P<draft>{_ID})"):
    """Leaves everything as it is, and forgets the draft."""

    def __init__(self, draft_id: str) -> None:
        label, custom_id = words()("button-keep"), f"quota-keep:{draft_id}"
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))
        self.draft_id = draft_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button of a message that this process may never have seen."""
        return cls(match["draft"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Forget the draft, and say so on the same message."""

        async def work(by: By) -> None:
            await services(interaction).quotas.take_draft(by.guild_id, self.draft_id)
            await replace(interaction, card(words()("kept")))

        await pressed(interaction, work)
