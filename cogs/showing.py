"""Accepting a wish and answering with its card: the same for `/sora`, buttons and forms.

At once where it can be; after a defer where accepting takes over a second, because Discord waits for three.
"""

import asyncio
import io
from collections.abc import Awaitable
from typing import Any

import discord
import structlog

from bot.domain.errors import Refusal
from bot.failpoints import Failpoint, reach
from bot.services.request import Card
from bot.services.versions import Asker
from cogs import cards
from cogs.answers import UNANSWERABLE, services
from cogs.wording import spoken

log = structlog.stdlib.get_logger()

DEFER_AFTER = 1.0  # seconds
READ_TIMEOUT = 30.0  # seconds for an image to come from Discord
IMAGE_BYTES = 20 * 1024 * 1024
NOBODY = discord.AllowedMentions.none()
THREADS = (
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)


def asker(interaction: discord.Interaction[Any]) -> Asker:
    """Who asks where, once posting there is possible. Raises Refusal."""
    services(interaction).requests.check_guild(str(interaction.guild_id) if interaction.guild_id else None)
    kind = getattr(interaction.channel, "type", None)
    check_permissions(interaction.app_permissions, thread=kind in THREADS)
    if interaction.channel_id is None:
        raise Refusal("no_channel")
    return Asker(
        ask_id=str(interaction.id),
        guild_id=str(interaction.guild_id),
        channel_id=str(interaction.channel_id),
        member_id=str(interaction.user.id),
        role_ids=role_ids(interaction.user),
        parent_channel_id=parent_of(interaction.channel),
        private=kind is discord.ChannelType.private_thread,
        locale=spoken(),
    )


def role_ids(member: discord.abc.User) -> frozenset[str]:
    """Their roles as this interaction brought them: what the cache of the server knows may be older."""
    return frozenset(str(role_id) for role_id in getattr(member, "_roles", ()))


def parent_of(channel: object) -> str | None:
    """The channel of a thread; None for anything else, or where Discord did not say where this was asked."""
    return str(channel.parent_id) if isinstance(channel, discord.Thread) and channel.parent_id else None


def check_permissions(allowed: discord.Permissions, *, thread: bool, more: tuple[str, ...] = ()) -> None:
    """What posting the result later will need, as Discord says it here and now. Raises Refusal `missing_permissions`."""
    send = "send_messages_in_threads" if thread else "send_messages"
    needed = ("view_channel", send, "attach_files", "read_message_history", *more)
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


async def accept_and_show(interaction: discord.Interaction[Any], accepting: Awaitable[Card]) -> None:
    """Wait for the acceptance, and answer with the card in the channel. A Refusal of it is raised."""
    work = asyncio.ensure_future(accepting)
    done, _ = await asyncio.wait({work}, timeout=DEFER_AFTER)
    if not done:
        try:
            await interaction.response.defer(thinking=True)
        except UNANSWERABLE as error:
            log.warning("not_answered", error=str(error))
    card = await work
    if card.fresh:
        await _show(interaction, card)


async def _show(interaction: discord.Interaction[Any], card: Card) -> None:
    """Answer with the card. Where that fails the job goes on, and its result is posted without a reply."""
    generation = card.generation
    structlog.contextvars.bind_contextvars(generation=generation.id)  # it was accepted in a task of its own
    view = cards.card(generation, card.standing)
    message_id = image_url = None
    try:
        if interaction.response.is_done():
            message = await interaction.edit_original_response(
                view=view, attachments=attached(card), allowed_mentions=NOBODY
            )
        else:
            answer = await interaction.response.send_message(view=view, files=attached(card), allowed_mentions=NOBODY)
            message_id = answer.message_id
            message = answer.resource if isinstance(answer.resource, discord.InteractionMessage) else None
        if message is not None:
            message_id = message.id
            image_url = cards.picture_url(message) if card.image else None
    except UNANSWERABLE as error:
        log.warning("card_not_shown", generation=generation.id, error=str(error))
        message_id, image_url = await _shown_after_all(interaction, with_image=card.image is not None)
    finally:
        reach(Failpoint.CARD_ANSWERED)
        await services(interaction).requests.card_shown(
            generation, str(message_id) if message_id else None, image_url=image_url, shown=cards.digest(view)
        )


def attached(card: Card) -> list[discord.File]:
    """The reference image as the card's own attachment."""
    return [discord.File(io.BytesIO(card.image), cards.image_name(card.generation))] if card.image else []


async def _shown_after_all(interaction: discord.Interaction[Any], *, with_image: bool) -> tuple[int | None, str | None]:
    """The card's id and image where only Discord's answer was lost."""
    try:
        message = await interaction.original_response()
    except (*UNANSWERABLE, discord.ClientException):
        return None, None
    return message.id, cards.picture_url(message) if with_image else None
