"""`/help`: one screen with the commands and the prices, and a button for each topic, which works after a restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Offer
from bot.domain.generation import Orientation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.models import NamedPrice
from cogs._ui import phrases, text
from cogs._ui.buttons import button, button_handler
from cogs._ui.command_names import mention
from cogs._ui.refusals import services
from cogs._ui.replies import replace
from cogs._ui.wording import Words, words

TEXTS = 3980  # characters, of the 4,000 of a message
NOTE = 1000  # of a paragraph of the operator
FAMILY = 60
START, MODELS = "start", "models"
IN_A_ROW = 4
PRICES = 1500  # characters of the short list
# The commands that texts name: what can be clicked takes the place of { $quota_set }.
NAMED: Final = (
    *("sora", "video", "history", "usage", "defaults", "style list", "style add", "privacy show", "privacy delete"),
    *("quota set", "quota plan", "quota grant", "quota list", "quota report", "quota log"),
    *("config show", "config pause", "config block"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """The ids of the texts of a topic: on its button, above its text, and its paragraphs."""

    button: str
    title: str
    paragraphs: tuple[str, ...]


# In the order of their buttons. The names are in the `custom_id`s of messages that were sent.
TOPICS: Final = {
    START: Topic(button="help-start-button", title="help-title", paragraphs=("help-start",)),
    "make": Topic(
        button="help-make-button",
        title="help-make-title",
        paragraphs=("help-sora", "help-video", "help-pictures", "help-styles", "help-refused"),
    ),
    MODELS: Topic(button="help-models-button", title="help-models", paragraphs=("help-models-how",)),
    "versions": Topic(
        button="help-versions-button",
        title="help-versions-title",
        paragraphs=("help-results", "help-replies", "help-threads", "help-history"),
    ),
    "cost": Topic(
        button="help-cost-button", title="help-cost-title", paragraphs=("help-cost", "help-usage", "help-time")
    ),
    "privacy": Topic(button="help-privacy-button", title="help-privacy-title", paragraphs=("help-privacy",)),
    "moderators": Topic(
        button="help-moderators-button",
        title="help-moderators-title",
        paragraphs=("help-quota", "help-config", "help-closing", "help-style-add"),
    ),
}


class Help(commands.Cog):
    """The `/help` command."""

    @app_commands.command(name="help", description="What I can do, what it costs and how long it takes")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def help(self, interaction: discord.Interaction[Any]) -> None:
        """Reply with a private card."""
        view = await _screen(interaction, START)
        await interaction.response.send_message(
            view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )


@button_handler("help")
async def topic(interaction: discord.Interaction[Any], name: str) -> None:
    """Show a topic in the same message."""
    if interaction.guild_id is not None:
        services(interaction).requests.check_guild(str(interaction.guild_id))
    await replace(interaction, await _screen(interaction, name if name in TOPICS else START))


async def _screen(interaction: discord.Interaction[Any], name: str) -> ui.LayoutView:
    """Return a topic with the buttons of all topics, its own switched off."""
    use, say = services(interaction), words()
    settings = GuildSettings(guild_id="")
    if interaction.guild_id is not None:
        settings = await use.guilds.settings(str(interaction.guild_id))
    shown = {path.replace(" ", "_"): mention(interaction, path) for path in NAMED}
    about = TOPICS[name]
    parts = [say(about.title), *(say(paragraph, **shown) for paragraph in about.paragraphs)]
    if interaction.guild_id is None and name == START:
        parts.insert(1, say("refusal-guild_only"))
    if name == START:
        parts += [_prices(say, use.catalog, settings.families), *(note[:NOTE] for note in use.help_notes)]
    if name == MODELS:
        left = TEXTS - sum(len(part) + 2 for part in parts)
        parts.insert(1, _models(say, use.catalog, settings.families, left))
    box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour.blurple())
    box.add_item(ui.TextDisplay("\n\n".join(parts)[:4000]))
    for row in _buttons(name):
        box.add_item(row)
    return ui.LayoutView(timeout=None).add_item(box)


def _buttons(chosen: str) -> list[ui.ActionRow[Any]]:
    """Return the topics as rows of buttons."""
    names = list(TOPICS)
    rows: list[ui.ActionRow[Any]] = []
    for start in range(0, len(names), IN_A_ROW):
        row: ui.ActionRow[Any] = ui.ActionRow()
        for name in names[start : start + IN_A_ROW]:
            row.add_item(button("help", name, label=TOPICS[name].button, disabled=name == chosen))
        rows.append(row)
    return rows


def _prices(say: Words, catalog: Catalog, allowed: frozenset[str]) -> str:
    """What can be made here now, with the price of a second, in a few lines."""
    prices = catalog.prices(allowed)
    if not prices:
        return say("refusal-no_models")
    named = [say("help-price", family=text.safe(one.name, FAMILY), price=_rate(say, one)) for one in prices]
    return say("help-prices", models=phrases.named(say, named, PRICES))


def _rate(say: Words, one: NamedPrice) -> str:
    rates = text.rates(one.low, one.high)
    return say("price-about", price=rates) if one.estimate else rates


def _models(say: Words, catalog: Catalog, allowed: frozenset[str], most: int) -> str:
    """What can be made here now: a line for each family, as many as fit into `most` characters."""
    prices = catalog.prices(allowed)
    if not prices:
        return say("refusal-no_models")
    offers = [offer for offer in catalog.offers if catalog.usable(offer)]
    lines = [_model(say, one, [offer for offer in offers if offer.family == one.name]) for one in prices]
    return phrases.fit(say, lines, most)


def _model(say: Words, price: NamedPrice, offers: Sequence[Offer]) -> str:
    """Return what a family makes: its price, lengths and shapes, and what it takes and has."""
    shapes = {shape for offer in offers for shape in offer.orientations}
    lengths = text.spans(seconds for offer in offers for seconds in offer.seconds)
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
        price=_rate(say, price),
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
