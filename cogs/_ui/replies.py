"""Replies that only one member sees, and that ping nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import discord
from discord import ui

from bot.domain.moderation.audit import Change
from cogs._ui import text
from cogs._ui.refusals import services
from cogs._ui.wording import Words

T = TypeVar("T")
REASON_SHOWN = 300
AT_ONCE = 1.5  # seconds, of the three that Discord waits for a reply


def card(shown: str, *items: ui.Item[Any], colour: discord.Colour | None = None) -> ui.LayoutView:
    """Return a view with one box: text, and the items below it."""
    view = ui.LayoutView(timeout=None)
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=colour or discord.Colour.blurple())
    box.add_item(ui.TextDisplay(shown))
    for item in items:
        box.add_item(item)
    view.add_item(box)
    return view


async def answer(interaction: discord.Interaction[Any], view: ui.LayoutView) -> None:
    """Reply to the member only, without pings."""
    await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())


async def replace(interaction: discord.Interaction[Any], view: ui.LayoutView) -> None:
    """Replace the message whose button was pressed."""
    await interaction.response.edit_message(view=view, allowed_mentions=discord.AllowedMentions.none())


async def read_for(interaction: discord.Interaction[Any], reading: Awaitable[T]) -> T:
    """Return what is read for a reply that only the member sees. If it takes long, Discord is told to wait for the reply.

    Then `interaction.response` is done, and the reply is `edit_original_response`. For a button or a menu, that is the
    message it is on.
    """
    work = asyncio.ensure_future(reading)
    try:
        await asyncio.wait([work], timeout=AT_ONCE)
        if not work.done():
            command = interaction.type is discord.InteractionType.application_command
            await interaction.response.defer(ephemeral=True, thinking=command)
        return await work
    finally:
        work.cancel()


async def answer_and_log(
    interaction: discord.Interaction[Any],
    show: Callable[[discord.Interaction[Any], ui.LayoutView], Awaitable[None]],
    view: ui.LayoutView,
    change: Change,
) -> None:
    """Show a change to the moderator, then post it to the server's log channel, even if showing it failed."""
    quotas = services(interaction).quotas
    channel_id = await quotas.log_channel(change.guild_id)
    try:
        await show(interaction, view)
    finally:
        if channel_id:
            await quotas.post_change(channel_id, change)


def reason_lines(say: Words, reason: str) -> list[str]:
    """Return a line with the reason, if there is one."""
    return [say("quota-reason", reason=text.safe(reason, REASON_SHOWN))] if reason else []
