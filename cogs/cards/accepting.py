"""Accepting a request and answering with its card: the same for `/sora`, buttons and forms.

At once where it can be; after a defer where accepting takes over a second, because Discord waits for three. What became of
the answer settles the generation: `cogs.cards.acknowledgement`.
"""

import asyncio
import io
from collections.abc import Awaitable
from functools import partial
from typing import Any

import discord
import structlog
from discord import ui

from bot.domain.posts import PostedMessage
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AtMost, MissingPermissions, Refusal
from bot.domain.request import ReadImage, RequestContext
from bot.domain.visibility import Reader
from bot.runtime.failpoints import Failpoint, reach
from bot.usecases.generate import AcceptedCard
from cogs._ui.names import names_with
from cogs._ui.refusals import UNANSWERABLE, services
from cogs._ui.wording import spoken
from cogs.cards import status_card
from cogs.cards.acknowledgement import (
    Fate,
    cards_on,
    fate,
    find_card,
    find_other,
    look,
    may_be_told,
    placeholder_is_ours,
)
from cogs.cards.link_filter import card_past_filter, told_of_card

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


def reader(interaction: discord.Interaction[Any]) -> Reader:
    """Who wants to read something, in a server that is served. Raises Refusal.

    Where they act is where they read, as Discord says in the same breath; but of a private thread that proves nothing once
    what they press or send in is theirs alone: it may be older than their leaving.
    """
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    allowed, here = interaction.permissions, frozenset[str]()
    private = getattr(interaction.channel, "type", None) is discord.ChannelType.private_thread
    if allowed.view_channel and allowed.read_message_history and not (private and _may_be_old(interaction)):
        here = rooms(interaction.channel_id, interaction.channel)
    return Reader(
        guild_id=str(guild_id), member_id=str(interaction.user.id), role_ids=role_ids(interaction.user), here=here
    )


def rooms(channel_id: int | None, channel: object) -> frozenset[str]:
    """A channel and, of a thread, its channel, which whoever reads the thread reads too."""
    return frozenset(one for one in (str(channel_id) if channel_id else None, parent_of(channel)) if one)


def _may_be_old(interaction: discord.Interaction[Any]) -> bool:
    """Whether this comes from a form, or from a message that only they see."""
    kind, message = interaction.type, interaction.message
    return kind is discord.InteractionType.modal_submit or (message is not None and message.flags.ephemeral)


def request_context(interaction: discord.Interaction[Any]) -> RequestContext:
    """Who asks where, once posting there is possible. Raises Refusal."""
    reads = reader(interaction)
    kind = getattr(interaction.channel, "type", None)
    check_permissions(interaction.app_permissions, thread=kind in THREADS)
    if interaction.channel_id is None:
        raise Refusal(RefusalCode.NO_CHANNEL)
    return RequestContext(
        ask_id=str(interaction.id),
        guild_id=reads.guild_id,
        channel_id=str(interaction.channel_id),
        member_id=reads.member_id,
        role_ids=reads.role_ids,
        parent_channel_id=parent_of(interaction.channel),
        private=kind is discord.ChannelType.private_thread,
        locale=spoken(),
        here=reads.here,
        names=names_with(interaction),
    )


def pressed_on(interaction: discord.Interaction[Any]) -> PostedMessage | None:
    """The message that carries the pressed button, where everybody there sees it."""
    message = interaction.message
    if message is None or message.flags.ephemeral:
        return None
    return PostedMessage(channel_id=str(message.channel.id), message_id=str(message.id))


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
    missing = tuple(name for name in needed if not getattr(allowed, name))
    if missing:
        raise Refusal(MissingPermissions(permissions=missing))


def image_of(attachment: discord.Attachment) -> ReadImage:
    """How the bytes of an attachment are had, which is looked at before. Raises Refusal `image_empty` or `image_too_large`."""
    if attachment.size == 0:
        raise Refusal(RefusalCode.IMAGE_EMPTY)
    if attachment.size > IMAGE_BYTES:
        raise Refusal(AtMost(RefusalCode.IMAGE_TOO_LARGE, most=IMAGE_BYTES // 2**20))
    return partial(_read_image, attachment)


async def _read_image(attachment: discord.Attachment) -> bytes:
    """Raises Refusal."""
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            return await attachment.read()
    except UNANSWERABLE as error:
        raise Refusal(RefusalCode.IMAGE_UNREADABLE) from error


async def accept_and_show(interaction: discord.Interaction[Any], accepting: Awaitable[AcceptedCard]) -> None:
    """Wait for the acceptance, and answer with the card in the channel. A Refusal of it is raised; so is that of a card
    that Discord has refused while whoever asked may still be told.
    """
    work = asyncio.ensure_future(accepting)
    done, _ = await asyncio.wait({work}, timeout=DEFER_AFTER)
    refused = None if done else await _defer(interaction)
    card = await work
    if not card.fresh:
        return
    structlog.contextvars.bind_contextvars(generation=card.generation.id)  # it was accepted in a task of its own
    if refused:
        await _refused(interaction, card, refused)
    else:
        await _show(interaction, card)


async def _defer(interaction: discord.Interaction[Any]) -> Exception | None:
    """Say that it takes longer; answers why, where Discord has definitely not taken that. After one whose answer was lost,
    `response` says so all the same where it did arrive.
    """
    try:
        await interaction.response.defer(thinking=True)
    except Exception as error:  # noqa: BLE001 - also an answer that discord.py cannot read: what became of it is in doubt
        log.warning("not_answered", error=error)
        became = fate(error)
        if became is Fate.REFUSED or (became is Fate.ANSWERED and not interaction.client.seen.in_doubt(interaction.id)):
            return error
        if await placeholder_is_ours(interaction):
            interaction.response._response_type = discord.InteractionResponseType.deferred_channel_message
        elif became is Fate.ANSWERED:
            return error
    return None


async def _show(interaction: discord.Interaction[Any], card: AcceptedCard) -> None:
    """Answer with the card. Where nobody knows whether it is there, the job goes on, and its result is posted anyway."""
    generation, cards = card.generation, services(interaction).cards
    deferred = interaction.response.is_done()
    try:
        shown = status_card.digest(status_card.render(generation, card.card_context))
    except BaseException:  # a fault of ours, before anything was said
        await cards.give_back(generation, "not drawn")
        raise
    message_id, message = None, None
    try:
        message_id, message = await card_past_filter(card, lambda view: _answer(interaction, card, view))
    except Exception as error:  # noqa: BLE001 - also an answer that discord.py cannot read: the job must not wait for ever
        log.warning("card_not_shown", error=error)
        became = fate(error)
        # Once "thinking…" stands, the ask was taken: a token that has ended since costs nobody their video.
        if became is Fate.REFUSED and not (deferred and not may_be_told(error)):
            return await _refused(interaction, card, error)
        if became is Fate.ANSWERED and not deferred and not interaction.client.seen.in_doubt(interaction.id):
            return await _refused(interaction, card, error)
        message = await find_card(interaction, generation)
        if message is None and became is Fate.ANSWERED and not deferred and await _another_has(interaction):
            return await _refused(interaction, card, error)
        message_id = message.id if message else None
    reach(Failpoint.CARD_ANSWERED)
    image_url = status_card.picture_url(message) if message and card.image else None
    return await cards.card_shown(generation, str(message_id) if message_id else None, image_url=image_url, shown=shown)


async def _answer(
    interaction: discord.Interaction[Any], card: AcceptedCard, view: ui.LayoutView
) -> tuple[int | None, discord.InteractionMessage | None]:
    """The card, in place of the placeholder where there is one; its id and, where Discord answered with it, itself."""
    if interaction.response.is_done():
        message = await interaction.edit_original_response(
            view=view, attachments=attached(card), allowed_mentions=NOBODY
        )
        return message.id, message
    answer = await interaction.response.send_message(view=view, files=attached(card), allowed_mentions=NOBODY)
    message = answer.resource if isinstance(answer.resource, discord.InteractionMessage) else None
    return message.id if message else answer.message_id, message


async def _another_has(interaction: discord.Interaction[Any]) -> bool:
    """Whether another process has answered, after a try of ours that may have been taken: the message is not that try's."""
    found = await look(interaction)
    return found is not None and (found.flags.loading or bool(cards_on(found)))


async def _refused(interaction: discord.Interaction[Any], card: AcceptedCard, error: Exception) -> None:
    """Discord has not taken the answer: give everything back, then tell who asked, or look who answered instead."""
    code = error.code if isinstance(error, discord.HTTPException) else type(error).__name__
    await services(interaction).cards.give_back(card.generation, f"Discord {code}")
    if fate(error) is Fate.ANSWERED:
        await find_other(interaction, card.generation)
    elif may_be_told(error):
        raise told_of_card(error, Refusal(RefusalCode.CARD_REFUSED)) from error


def attached(card: AcceptedCard) -> list[discord.File]:
    """The reference image as the card's own attachment."""
    return [discord.File(io.BytesIO(card.image), status_card.image_name(card.generation))] if card.image else []
