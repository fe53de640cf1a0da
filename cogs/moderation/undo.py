"""Undo: a button on the answer to a moderator's change, for ten minutes.

It names the entry of the audit log, so it works after a restart; whether the change may still be undone, and by whom, is
checked when it is pressed.
"""

from typing import Any

import discord
from discord import ui

from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.moderation.audit_facts import Fact, GrantFact
from bot.domain.moderation.guild_settings import Setting
from bot.usecases.moderation.undo import UndoResult
from cogs._ui import phrases
from cogs._ui.access import moderator
from cogs._ui.buttons import button, button_handler
from cogs._ui.refusals import services
from cogs._ui.replies import answer_and_log, card, replace
from cogs._ui.wording import Words, words
from cogs.moderation import audit_words

VALUE_SHOWN = 1500


def undo_row(change: Change | None, name: str = "undo") -> list[ui.ActionRow[Any]]:
    """Return a row with the button that undoes a change; none where nothing was changed. name: "undo" or "undo-card"."""
    if change is None:
        return []
    row: ui.ActionRow[Any] = ui.ActionRow()
    return [row.add_item(button(name, str(change.id)))]


@button_handler("undo")
async def undo(interaction: discord.Interaction[Any], change_id: str) -> None:
    """Undo a change, for moderators, and say in the same message what holds again."""
    actor = moderator(interaction)
    result = await services(interaction).undo.undo(actor, int(change_id))
    roles = {str(role.id) for role in interaction.guild.roles} if interaction.guild else set[str]()
    view = card(undone_text(result, frozenset(roles)), colour=discord.Colour.green())
    await answer_and_log(interaction, replace, view, result.undone.change)


def undone_text(result: UndoResult, role_ids: frozenset[str]) -> str:
    """Return what was undone: of whom, from what to what, and what could not be taken back."""
    say, undone = words(), result.undone
    change = undone.change
    parts = [say("undo-done")]
    if subject := audit_words.subject(say, change, role_ids):
        parts.append(subject)
    if undone.taken and undone.taken.role:
        spent = phrases.figure(say, undone.taken.unit, undone.spent)
        parts.append(say("undo-role-spent", spent=spent) if undone.spent else say("undo-role"))
    else:
        action = undone.original.action
        before, after = (_side(say, action, change, fact) for fact in (change.before, change.after))
        parts.append(say("undo-from-to", before=before, after=after))
        if undone.taken and undone.spent:
            spent, taken = (
                phrases.figure(say, undone.taken.unit, amount) for amount in (undone.spent, undone.taken.amount)
            )
            parts.append(say("undo-spent", spent=spent, taken=taken))
    if result.default_back:
        parts.append(say("remove-default-back", limits=phrases.limits_text(say, result.default_back)))
    return phrases.fit(say, parts)


def _side(say: Words, action: AuditAction, change: Change, fact: Fact | None) -> str:
    if fact is None and change.subject_id in audit_words.NO_LIST:
        return say(audit_words.NO_LIST[change.subject_id])
    if fact is None and action in (AuditAction.PAUSED, AuditAction.RESUMED):
        return say("undo-open")
    if fact is None and action in (AuditAction.BLOCKED, AuditAction.UNBLOCKED):
        return say("undo-unblocked")
    if change.subject_id == Setting.FILTER:  # only moderators see the terms, and here others may look over a shoulder
        return f"||{audit_words.value(say, fact, VALUE_SHOWN)}||" if fact else say("undo-nothing")
    if isinstance(fact, GrantFact):
        return phrases.figure(say, fact.unit, fact.amount)
    return audit_words.value(say, fact, VALUE_SHOWN) or say("undo-nothing")
