"""Offers a moderator to set a log channel where a server has none: once after a command, and once after a report.

Only the moderator sees the offer, below the reply to their own command or report.
"""

from typing import Any

import aiohttp
import discord
import structlog
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.errors import StoreUnavailable
from bot.domain.refusals.refusal import Refusal
from cogs._ui.access import moderator
from cogs._ui.refusals import services
from cogs._ui.replies import card
from cogs._ui.wording import set_locale, words
from cogs.moderation.config.card import log_offer_menu

log = structlog.stdlib.get_logger()

GROUPS = ("quota", "config")
SETTING_IT = ("config show", "config log-channel")  # these show the channel, and how to set it


async def offer_after_report(interaction: discord.Interaction[Any]) -> None:
    """Offer it to a reporter who may set it. For others the report waits, and the next moderator's command offers it."""
    await _offer(interaction, after_report=True)


async def _offer(interaction: discord.Interaction[Any], *, after_report: bool) -> None:
    """Send the offer. It is recorded first: one that is not seen is not repeated at every command."""
    try:
        actor = moderator(interaction)
    except Refusal:
        return
    use, say = services(interaction), words()
    if not await use.reports.offer_log_channel(actor.guild_id, after_report=after_report):
        return
    waiting = await use.reports.waiting(actor.guild_id)
    shown = say("log-offer-reports", count=waiting) if waiting else say("log-offer")
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(log_offer_menu(say))
    await interaction.followup.send(
        view=card(shown, row), ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
    )


class LogOffers(commands.Cog):
    """Makes the offer after a moderator's command."""

    @commands.Cog.listener()
    async def on_app_command_completion(
        self,
        interaction: discord.Interaction[Any],
        command: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu,
    ) -> None:
        """Handle a command that has succeeded."""
        name = command.qualified_name
        if name.partition(" ")[0] not in GROUPS or name in SETTING_IT or not interaction.response.is_done():
            return
        set_locale(interaction)
        try:
            await _offer(interaction, after_report=False)
        except (StoreUnavailable, discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            log.info("log_channel_not_offered", guild=interaction.guild_id, error=error)
