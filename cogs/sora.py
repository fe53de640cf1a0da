"""`/sora`: makes a video from a prompt. Nothing is spent before every check has passed."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog.catalog import Catalog
from bot.catalog.offers import TEMPLATE_SHAPES
from bot.domain.generation import Orientation
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal, UnknownWord
from bot.domain.video_options import VideoOptions
from bot.usecases.generate import AcceptedCard, GenerationRequest
from cogs._ui.buttons import button_handler
from cogs._ui.refusals import refuse, services
from cogs.cards.accepting import NOBODY, accept_and_show, image_of, picture_size, request_context
from cogs.cards.link_filter import past_filter
from cogs.cards.status_card import render

ORIENTATIONS = [app_commands.Choice(name=shape.capitalize(), value=str(shape)) for shape in TEMPLATE_SHAPES]
DURATIONS = [app_commands.Choice(name=f"{seconds} seconds", value=seconds) for seconds in (4, 8, 12, 16, 20)]


class Sora(commands.Cog):
    """The `/sora` command."""

    @app_commands.command(name="sora", description="Make a video from your words")
    @app_commands.describe(
        prompt="What the video should show",
        orientation="The shape of the video (Landscape unless you choose)",
        duration="How long the video is (4 seconds unless you choose)",
        image="A picture to bring to life (PNG, JPEG or WebP)",
        model="Which model makes it (Sora 2 unless you choose)",
    )
    @app_commands.choices(orientation=ORIENTATIONS)
    @app_commands.choices(duration=DURATIONS)
    async def sora(
        self,
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, 4000],
        orientation: str | None = None,
        duration: int | None = None,
        image: discord.Attachment | None = None,
        model: str | None = None,
    ) -> None:
        """Accept the request, and reply with its status card."""
        try:
            await accept_and_show(interaction, _accept(interaction, prompt, orientation, duration, image, model))
        except Refusal as refusal:
            await refuse(interaction, refusal)

    @sora.autocomplete("model")
    async def models(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Offer families, then raw model ids, that contain what is typed so far and that this server allows."""
        use, typed = services(interaction), current.strip().casefold()
        names = [name for name in use.catalog.names() if typed in name.casefold()]
        if interaction.guild_id and (allowed := (await use.guilds.settings(str(interaction.guild_id))).families):
            names = [name for name in names if families_of(use.catalog, name) & allowed]
        return [app_commands.Choice(name=name[:100], value=name[:100]) for name in names[:25]]


async def _accept(
    interaction: discord.Interaction[Any],
    prompt: str,
    orientation: str | None,
    duration: int | None,
    image: discord.Attachment | None,
    model: str | None,
) -> AcceptedCard:
    request = GenerationRequest(
        context=request_context(interaction),
        prompt=prompt,
        model=model,
        options=VideoOptions(
            orientation=_orientation(orientation), seconds=duration, picture=picture_size(image) if image else None
        ),
        image=image_of(image) if image else None,
        spoiler=image is not None and image.is_spoiler(),
    )
    return await services(interaction).requests.accept(request)


def _orientation(word: str | None) -> Orientation | None:
    """Return the orientation with this name.

    Raises Refusal `orientation_unknown`: Discord may still show older choices.
    """
    if not word:
        return None
    try:
        return Orientation(word.strip().lower())
    except ValueError as error:
        raise Refusal(UnknownWord(RefusalCode.ORIENTATION_UNKNOWN, word=word)) from error


@button_handler("cancel")
async def cancel(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Cancel a job that has not been submitted, for its author only, and update the card in the same reply."""
    requests = services(interaction).requests
    requests.check_guild(str(interaction.guild_id) if interaction.guild_id else None)
    cancelled = await requests.cancel(generation_id, str(interaction.user.id))

    async def send() -> None:
        view = render(cancelled.generation, cancelled.card_context)
        await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)

    await past_filter(send)


def families_of(catalog: Catalog, name: str) -> set[str]:
    """Return the families with this name, or with an offer of this model id."""
    return {offer.family for offer in catalog.offers if name in (offer.family, offer.model)}


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Sora())
