"""`/help`: what the bot does, what it costs, how long it takes."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.catalog.catalog import Catalog
from cogs._ui import text
from cogs._ui.refusals import services
from cogs._ui.wording import Words, words


class Help(commands.Cog):
    """The `/help` command."""

    @app_commands.command(name="help", description="What I can do, what it costs and how long it takes")
    async def help(self, interaction: discord.Interaction[Any]) -> None:
        """Reply with a private card."""
        use = services(interaction)
        say = words()
        box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
        parts = [say("help-title"), say("help-sora"), say("help-usage"), say("help-results")]
        parts += [say("help-replies"), say("help-history"), say("help-privacy")]
        parts += [say("help-cost"), say("help-time"), say("help-moderators")]
        parts += [_models(say, use.catalog), *use.help_notes]
        if interaction.guild_id is None:
            parts.insert(1, say("refusal-guild_only"))
        box.add_item(ui.TextDisplay("\n\n".join(parts)[:4000]))
        view = ui.LayoutView(timeout=None)
        view.add_item(box)
        await interaction.response.send_message(
            view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )


def _models(say: Words, catalog: Catalog) -> str:
    """What can be made now: a line for each family."""
    lines = [say("help-models")]
    for one in catalog.prices():
        offers = [offer for offer in catalog.offers if offer.family == one.name and catalog.usable(offer)]
        lengths = sorted({seconds for offer in offers for seconds in offer.seconds})
        price = text.rates(one.low, one.high)
        lines.append(
            "- " + say("help-model", family=one.name, price=price, seconds=text.listed(say, map(str, lengths)))
        )
    return "\n".join(lines) if len(lines) > 1 else say("refusal-no_models")


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Help())
