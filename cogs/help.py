"""`/help`: what the bot does, what it costs, how long it takes."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Offer
from bot.domain.generation import Orientation
from bot.domain.refusals import NamedPrice
from cogs._ui import phrases, text
from cogs._ui.refusals import services
from cogs._ui.wording import Words, words

TEXTS = 3980  # characters, of the 4,000 of a message
NOTE = 1000  # of a paragraph of the operator
FAMILY = 60


class Help(commands.Cog):
    """The `/help` command."""

    @app_commands.command(name="help", description="What I can do, what it costs and how long it takes")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def help(self, interaction: discord.Interaction[Any]) -> None:
        """Reply with a private card."""
        use = services(interaction)
        say = words()
        box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
        parts = [say("help-title"), say("help-sora"), say("help-video"), say("help-usage"), say("help-results")]
        parts += [say("help-replies"), say("help-history"), say("help-privacy")]
        parts += [say("help-cost"), say("help-time"), say("help-moderators")]
        if interaction.guild_id is None:
            parts.insert(1, say("refusal-guild_only"))
        notes = [note[:NOTE] for note in use.help_notes]
        left = TEXTS - sum(len(part) + 2 for part in (*parts, *notes))
        parts += [_models(say, use.catalog, left), *notes]
        box.add_item(ui.TextDisplay("\n\n".join(parts)[:4000]))
        view = ui.LayoutView(timeout=None)
        view.add_item(box)
        await interaction.response.send_message(
            view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )


def _models(say: Words, catalog: Catalog, most: int) -> str:
    """What can be made now: a line for each family, as many as fit into `most` characters."""
    prices = catalog.prices()
    if not prices:
        return say("refusal-no_models")
    offers = [offer for offer in catalog.offers if catalog.usable(offer)]
    lines = [_model(say, one, [offer for offer in offers if offer.family == one.name]) for one in prices]
    return phrases.fit(say, [say("help-models"), *lines], most)


def _model(say: Words, price: NamedPrice, offers: Sequence[Offer]) -> str:
    """Return what a family makes: its price, lengths and shapes, and what it takes and has."""
    shapes = {shape for offer in offers for shape in offer.orientations}
    lengths = text.spans(seconds for offer in offers for seconds in offer.seconds)
    rates = text.rates(price.low, price.high)
    can = {
        "help-image": any(offer.image and not offer.image_required for offer in offers),
        "help-image-needed": all(offer.image_required for offer in offers),
        "help-end-image": any(offer.end_image for offer in offers),
        "help-sound": _sound(offers, True) and _sound(offers, False),
        "help-seed": any(offer.seed for offer in offers),
        "help-avoid": any(offer.negative for offer in offers),
    }
    return "- " + say(
        "help-model",
        family=text.safe(price.name, FAMILY),
        price=say("price-about", price=rates) if price.estimate else rates,
        seconds=text.listed(say, lengths),
        shapes=say("help-shape-of-image")
        if all(offer.image_required and offer.shape_from_image for offer in offers)
        else " ".join(shape.ratio for shape in Orientation if shape in shapes),
        can=text.listed(say, [say(name) for name, able in can.items() if able]) or "–",
    )


def _sound(offers: Sequence[Offer], on: bool) -> bool:
    return any(offer.audio or offer.sound is on for offer in offers)


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Help())
