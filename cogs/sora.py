"""`/sora`: the wish, the card, and nothing spent before every check has passed."""

import asyncio
import io
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.catalog import Catalog
from bot.domain.errors import Refusal
from bot.domain.generation import Orientation
from bot.services.request import Card, Wish
from cogs import cards
from cogs.answers import UNANSWERABLE, refuse, services
from cogs.buttons import DYNAMIC_ITEMS

log = structlog.stdlib.get_logger()

DEFER_AFTER = 1.0  # seconds; Discord waits for three
READ_TIMEOUT = 30.0  # seconds for an image to come from Discord
IMAGE_BYTES = 20 * 1024 * 1024
ORIENTATIONS = [app_commands.Choice(name=shape.capitalize(), value=str(shape)) for shape in Orientation]
DURATIONS = [app_commands.Choice(name=f"{seconds} seconds", value=seconds) for seconds in (4, 8, 12, 16, 20)]
THREADS = (
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)


class Sora(commands.Cog):
    """The one command most people use."""

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
        """Accept, and answer with the card: at once, or after a defer where that takes over a second."""
        work = asyncio.create_task(_accept(interaction, prompt, orientation, duration, image, model))
        done, _ = await asyncio.wait({work}, timeout=DEFER_AFTER)
        if not done:
            try:
                await interaction.response.defer()
            except UNANSWERABLE as error:
                log.warning("not_answered", error=str(error))
        try:
            card = await work
        except Refusal as refusal:
            await refuse(interaction, refusal)
            return
        if card.fresh:
            await _show(interaction, card)

    @sora.autocomplete("model")
    async def models(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Families first, then raw ids, that contain what is typed so far and that this server allows."""
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
) -> Card:
    services(interaction).requests.check_guild(str(interaction.guild_id) if interaction.guild_id else None)
    check_permissions(interaction)
    if interaction.channel_id is None:
        raise Refusal("no_channel")
    return await services(interaction).requests.accept(
        Wish(
            interaction_id=str(interaction.id),
            guild_id=str(interaction.guild_id),
            channel_id=str(interaction.channel_id),
            member_id=str(interaction.user.id),
            prompt=prompt,
            orientation=orientation,
            seconds=duration,
            model=model,
            image=await read_image(image) if image else None,
            role_ids=role_ids(interaction.user),
            parent_channel_id=parent_of(interaction.channel),
        )
    )


def role_ids(member: discord.abc.User) -> frozenset[str]:
    """Their roles as this interaction brought them: what the cache of the server knows may be older."""
    return frozenset(str(role_id) for role_id in getattr(member, "_roles", ()))


def parent_of(channel: object) -> str | None:
    """The channel of a thread; None for anything else, or where Discord did not say where this was asked."""
    return str(channel.parent_id) if isinstance(channel, discord.Thread) and channel.parent_id else None


def families_of(catalog: Catalog, name: str) -> set[str]:
    """The families that a name of the catalogue stands for: itself, or those with an offer of this id."""
    return {offer.family for offer in catalog.offers if name in (offer.family, offer.model)}


def check_permissions(interaction: discord.Interaction[Any]) -> None:
    """What posting the result later will need, as Discord says it here and now. Raises Refusal `missing_permissions`."""
    allowed = interaction.app_permissions
    kind = getattr(interaction.channel, "type", None)
    send = "send_messages_in_threads" if kind in THREADS else "send_messages"
    needed = ("view_channel", send, "attach_files", "read_message_history")
    missing = [name for name in needed if not getattr(allowed, name)]
    if missing:
        raise Refusal("missing_permissions", permissions=",".join(missing))


async def read_image(attachment: discord.Attachment) -> bytes:
    """The bytes of an attachment; looked at before they are read. Raises Refusal."""
    if attachment.size == 0:
        raise Refusal("image_empty")
    if attachment.size > IMAGE_BYTES:
        raise Refusal("image_too_large", most=IMAGE_BYTES // 2**20)
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            return await attachment.read()
    except UNANSWERABLE as error:
        raise Refusal("image_unreadable") from error


async def _show(interaction: discord.Interaction[Any], card: Card) -> None:
    """Answer with the card. Where that fails the job goes on, and its result is posted without a reply."""
    generation = card.generation
    view = cards.card(generation, card.standing)
    files = [discord.File(io.BytesIO(card.image), cards.image_name(generation))] if card.image else []
    message_id = image_url = None
    try:
        if interaction.response.is_done():
            message = await interaction.edit_original_response(
                view=view, attachments=files, allowed_mentions=discord.AllowedMentions.none()
            )
        else:
            answer = await interaction.response.send_message(
                view=view, files=files, allowed_mentions=discord.AllowedMentions.none()
            )
            message_id = answer.message_id
            message = answer.resource if isinstance(answer.resource, discord.InteractionMessage) else None
        if message is not None:
            message_id = message.id
            image_url = cards.picture_url(message) if card.image else None
    except UNANSWERABLE as error:
        log.warning("card_not_shown", generation=generation.id, error=str(error))
        message_id, image_url = await _shown_after_all(interaction, with_image=card.image is not None)
    finally:
        await services(interaction).requests.card_shown(
            generation, str(message_id) if message_id else None, image_url=image_url, shown=cards.digest(view)
        )


async def _shown_after_all(interaction: discord.Interaction[Any], *, with_image: bool) -> tuple[int | None, str | None]:
    """The card's id and image where only Discord's answer was lost."""
    try:
        message = await interaction.original_response()
    except (*UNANSWERABLE, discord.ClientException):
        return None, None
    return message.id, cards.picture_url(message) if with_image else None


async def setup(bot: commands.Bot) -> None:
    """Register the command and the buttons."""
    bot.add_dynamic_items(*DYNAMIC_ITEMS)
    await bot.add_cog(Sora())
