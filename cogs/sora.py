"""`/sora`: makes a video from a prompt. Nothing is spent before every check has passed."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.catalog.offers import TEMPLATE_SHAPES
from bot.domain.generation import Orientation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal, UnknownWord
from bot.domain.requests.video_options import VideoOptions
from cogs._ui import suggestions
from cogs._ui.buttons import button_handler
from cogs._ui.refusals import services
from cogs.cards.accepting import NOBODY
from cogs.cards.asking import Typed, make_video
from cogs.cards.link_filter import past_filter
from cogs.cards.status_card import render

ORIENTATIONS = [app_commands.Choice(name=shape.capitalize(), value=str(shape)) for shape in TEMPLATE_SHAPES]
DURATIONS = [app_commands.Choice(name=f"{seconds} seconds", value=seconds) for seconds in (4, 8, 12, 16, 20)]


class Sora(commands.Cog):
    """The `/sora` command."""

    @app_commands.command(name="sora", description="Make a video from your words")
    @app_commands.describe(
        prompt="What the video should show",
        orientation="The shape of the video (the picture's, else Landscape)",
        duration="How long the video is (4 seconds unless you choose)",
        image="A picture to bring to life (PNG, JPEG or WebP)",
        model="Which model makes it (Sora 2 unless you choose)",
        style="A style of this server, added to your prompt",
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
        style: str | None = None,
    ) -> None:
        """Accept the request, and reply with its status card."""
        shape, wrong = _orientation(orientation)
        typed = Typed(
            prompt=prompt,
            model=(model or "").strip() or None,
            options=VideoOptions(orientation=shape, seconds=duration),
            image=image,
            style=(style or "").strip() or None,
            wrong=wrong,
        )
        await make_video(interaction, typed)

    @sora.autocomplete("model")
    async def models(self, interaction: discord.Interaction[Any], current: str) -> suggestions.Names:
        """Suggest models with their prices."""
        return await suggestions.models(interaction, current)

    @sora.autocomplete("style")
    async def styles(self, interaction: discord.Interaction[Any], current: str) -> suggestions.Names:
        """Suggest the styles of the server."""
        return await suggestions.styles(interaction, current)


def _orientation(word: str | None) -> tuple[Orientation | None, Refusal | None]:
    """Return the orientation with this name, or the refusal of a name that there is not.

    Discord may still show older choices.
    """
    if not word:
        return None, None
    try:
        return Orientation(word.strip().lower()), None
    except ValueError:
        return None, Refusal(UnknownWord(RefusalCode.ORIENTATION_UNKNOWN, word=word))


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


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Sora())
