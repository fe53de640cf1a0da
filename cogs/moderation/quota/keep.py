"""Buttons that keep the operator's defaults which a rule for everyone makes hold no longer.

Each carries the limit that its label names, so it works after a restart.
"""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.domain.messages import component_ids
from bot.domain.moderation.audit import Change
from bot.domain.quota.limits import Limit, Per, Unit
from cogs._ui import phrases
from cogs._ui.access import moderator
from cogs._ui.buttons import Button, button, button_handler
from cogs._ui.refusals import services
from cogs._ui.replies import answer_and_log, card, replace
from cogs._ui.wording import Words, words
from cogs.moderation.undo import undo_row

PER_ROW = 5


def keep_rows(say: Words, dropped: Sequence[Limit]) -> list[ui.ActionRow[Any]]:
    """Return a button for each default that holds no longer."""
    made = [
        button("keep-limit", limit.unit, limit.per, str(limit.amount), shown=_label(say, limit)) for limit in dropped
    ]
    return _rows(made)


def _label(say: Words, limit: Limit) -> str:
    return say("button-keep-limit", limit=phrases.limit_text(say, limit))[:80]


@button_handler("keep-limit")
async def keep(interaction: discord.Interaction[Any], unit: str, per: str, amount: str) -> None:
    """Store the limit as a rule for everyone unless there is one, for moderators, and say so in the same message."""
    actor, say = moderator(interaction), words()
    limit = Limit(amount=int(amount), unit=Unit(unit), per=Per(per))
    kept = await services(interaction).plans.keep_limit(actor, limit)
    line = say("keep-done" if kept else "keep-there", limit=phrases.limit_text(say, limit))
    pressed = component_ids.make("keep-limit", unit, per, amount)
    view = _with_line(interaction.message, line, pressed, undo=kept.change if kept else None)
    if kept:
        await answer_and_log(interaction, replace, view, kept.change)
    else:
        await replace(interaction, view)


def _with_line(message: discord.Message | None, line: str, pressed: str, *, undo: Change | None) -> ui.LayoutView:
    """Return the message with one more line, and without the pressed button.

    undo: takes the place of the first change in Undo. Undone alone, that would leave the kept limit as the only one.
    """
    shown: list[str] = []
    left: list[Button] = []
    if message:
        for item in ui.LayoutView.from_message(message, timeout=None).walk_children():
            if isinstance(item, ui.TextDisplay):
                shown.append(item.content)
            elif isinstance(item, ui.Button) and item.custom_id and item.custom_id != pressed:
                name, carried = component_ids.parse(item.custom_id)
                if name == "undo" and undo:
                    continue
                left.append(button(name, *carried, shown=item.label))
    text = "\n".join(shown)[: phrases.TEXT_LIMIT]
    return card(f"{text}\n{line}", *_rows(left), *undo_row(undo), colour=discord.Colour.gold())


def _rows(buttons: Sequence[Button]) -> list[ui.ActionRow[Any]]:
    """Return rows of at most five buttons."""
    rows: list[ui.ActionRow[Any]] = []
    for number, one in enumerate(buttons):
        if number % PER_ROW == 0:
            rows.append(ui.ActionRow())
        rows[-1].add_item(one)
    return rows
