"""Answers that only the one who asked sees, and that ping nobody."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import ui

from bot.domain.audit import Change
from cogs._ui import text
from cogs._ui.refusals import services
from cogs._ui.wording import Words

REASON_SHOWN = 300


def card(shown: str, *items: ui.Item[Any], colour: discord.Colour | None = None) -> ui.LayoutView:
    """One box with text, and what comes below it."""
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=colour or discord.Colour.blurple())
    box.add_item(ui.TextDisplay(shown))
    for item in items:
        box.add_item(item)
    view.add_item(box)
    return view


async def answer(interaction: discord.Interaction[Any], view: ui.LayoutView) -> None:
    """Only to the one who asked, and without a ping."""
    await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())


async def replace(interaction: discord.Interaction[Any], view: ui.LayoutView) -> None:
    """Instead of the message whose button was pressed."""
    await interaction.response.edit_message(view=view, allowed_mentions=discord.AllowedMentions.none())


async def answer_and_tell(
    interaction: discord.Interaction[Any],
    show: Callable[[discord.Interaction[Any], ui.LayoutView], Awaitable[None]],
    view: ui.LayoutView,
    change: Change,
) -> None:
    """Show what has been changed, then say it in the server's log channel, shown or not."""
    quotas = services(interaction).quotas
    channel_id = await quotas.log_channel(change.guild_id)
    try:
        await show(interaction, view)
    finally:
        if channel_id:
            await quotas.post_change(channel_id, change)


def reason_lines(say: Words, reason: str) -> list[str]:
    """Why, where it was said."""
    return [say("quota-reason", reason=text.safe(reason, REASON_SHOWN))] if reason else []
