"""`/usage`: a member's own quota."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.domain.quota import Use
from cogs import text
from cogs.answers import services
from cogs.wording import Words, words


class Usage(commands.Cog):
    """What a member has used, holds and has left."""

    @app_commands.command(name="usage", description="Your quota: used, held, left, and when it resets")
    async def usage(self, interaction: discord.Interaction[Any]) -> None:
        """A private card with a bar for each limit."""
        services(interaction).requests.check_guild(str(interaction.guild_id) if interaction.guild_id else None)
        uses = await services(interaction).requests.usage(str(interaction.guild_id), str(interaction.user.id))
        say = words()
        lines = [_line(say, use) for use in uses]
        shown = "\n".join([say("usage-title"), *lines]) if lines else say("usage-unlimited")
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.Container(ui.TextDisplay(shown), accent_colour=discord.Colour.blurple()))
        await interaction.response.send_message(
            view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )


def _line(say: Words, use: Use) -> str:
    limit = use.limit
    head = say(
        "usage-line",
        limit=text.amount(say, limit.unit, limit.amount),
        per=say(f"per-{limit.per}"),
        bar=text.bar(use.used + use.held, limit.amount),
        left=text.amount(say, limit.unit, use.left),
    )
    details = say(
        "usage-details",
        used=text.amount(say, limit.unit, use.used),
        held=text.amount(say, limit.unit, use.held),
        resets=text.relative(use.window.end),
    )
    return f"{head}\n-# {details}"


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Usage())
