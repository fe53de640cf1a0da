"""`/usage`: shows a member's own quota."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from cogs._ui.access import role_ids
from cogs._ui.phrases import fit
from cogs._ui.refusals import services
from cogs._ui.usage_lines import allowance_lines
from cogs._ui.wording import words


class Usage(commands.Cog):
    """The `/usage` command."""

    @app_commands.command(name="usage", description="Your quota: used, held, left, and when it resets")
    async def usage(self, interaction: discord.Interaction[Any]) -> None:
        """Reply with a private card: each limit with a bar, the server's pools, and the member's grants."""
        guild_id = str(interaction.guild_id) if interaction.guild_id else None
        services(interaction).requests.check_guild(guild_id)
        member = interaction.user
        roles = sorted(role_ids(member, str(guild_id)))
        allowance = await services(interaction).quotas.allowance(str(guild_id), str(member.id), roles)
        say = words()
        lines = allowance_lines(say, allowance)
        limited = allowance.bounds or allowance.pools
        shown = fit(say, [say("usage-title" if limited else "usage-unlimited"), *lines])
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.Container(ui.TextDisplay(shown), accent_colour=discord.Colour.blurple()))
        await interaction.response.send_message(
            view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Usage())
