"""Accepting a request and replying with its status card; the same for `/sora`, buttons, forms and replies.

Discord waits three seconds for a reply, so a request that takes longer than one second is deferred first. Whether
Discord took the reply decides what happens to the generation: see `cogs.cards.acknowledgement`.
"""

import asyncio
import io
from collections.abc import Awaitable
from functools import partial
from typing import Any

import discord
import structlog
from discord import ui

from bot.domain.messages.posts import CardPictures, PostedMessage
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, MissingPermissions, Refusal
from bot.domain.requests.request import ReadImage, RequestContext
from bot.domain.versions.visibility import Reader
from bot.gateway.first_reply import reply_with
from bot.system.failpoints import Failpoint, reach
from bot.usecases.requests.generation_request import AcceptedCard
from cogs._ui.access import role_ids
from cogs._ui.names import names_with
from cogs._ui.refusals import REPLY_ERRORS, services
from cogs._ui.wording import current_language
from cogs.cards import status_card
from cogs.cards.acknowledgement import (
    ReplyOutcome,
    can_still_reply,
    cards_on,
    check_other_reply,
    fetch_reply,
    find_card,
    outcome_of,
    placeholder_is_ours,
)
from cogs.cards.link_filter import card_past_filter, card_refusal

log = structlog.stdlib.get_logger()

DEFER_AFTER = 1.0  # seconds
READ_TIMEOUT = 30.0  # seconds to download an image from Discord
IMAGE_BYTES = 20 * 1024 * 1024
NOBODY = discord.AllowedMentions.none()
THREADS = (
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)


def reader(interaction: discord.Interaction[Any]) -> Reader:
    """Return who wants to read, in a server that is served. Raises Refusal.

    Discord sends the member's permissions in the current channel with the interaction, so that channel counts as
    readable. In a private thread this is no proof for a form or a message that only the member sees: it may be older
    than their leaving the thread.
    """
    guild_id = str(interaction.guild_id) if interaction.guild_id else None
    services(interaction).requests.check_guild(guild_id)
    allowed, here = interaction.permissions, frozenset[str]()
    private = getattr(interaction.channel, "type", None) is discord.ChannelType.private_thread
    if allowed.view_channel and allowed.read_message_history and not (private and _may_be_old(interaction)):
        here = channels_read(interaction.channel_id, interaction.channel)
    return Reader(
        guild_id=str(guild_id),
        member_id=str(interaction.user.id),
        role_ids=role_ids(interaction.user, str(guild_id)),
        here=here,
    )


def channels_read(channel_id: int | None, channel: object) -> frozenset[str]:
    """Return the ids of a channel and, for a thread, of its parent channel.

    Everyone who can read a thread can read its parent.
    """
    return frozenset(one for one in (str(channel_id) if channel_id else None, parent_of(channel)) if one)


def _may_be_old(interaction: discord.Interaction[Any]) -> bool:
    """Return whether this comes from a form, or from a message that only the member sees."""
    kind, message = interaction.type, interaction.message
    return kind is discord.InteractionType.modal_submit or (message is not None and message.flags.ephemeral)


def request_context(interaction: discord.Interaction[Any]) -> RequestContext:
    """Return who makes a request and where, after checking that the bot can post there. Raises Refusal."""
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
        locale=current_language(),
        here=reads.here,
        names=names_with(interaction),
    )


def pressed_message(interaction: discord.Interaction[Any]) -> PostedMessage | None:
    """Return the message with the pressed button, or None if only the member sees it."""
    message = interaction.message
    if message is None or message.flags.ephemeral:
        return None
    return PostedMessage(channel_id=str(message.channel.id), message_id=str(message.id))


def parent_of(channel: object) -> str | None:
    """Return the parent channel of a thread. None for any other channel, or if Discord did not send the channel."""
    return str(channel.parent_id) if isinstance(channel, discord.Thread) and channel.parent_id else None


def check_permissions(allowed: discord.Permissions, *, thread: bool, more: tuple[str, ...] = ()) -> None:
    """Check the permissions that posting the result will need, as sent with the interaction.

    Raises Refusal `missing_permissions`.
    """
    send = "send_messages_in_threads" if thread else "send_messages"
    needed = ("view_channel", send, "attach_files", "read_message_history", *more)
    missing = tuple(name for name in needed if not getattr(allowed, name))
    if missing:
        raise Refusal(MissingPermissions(permissions=missing))


def image_of(attachment: discord.Attachment) -> ReadImage:
    """Return a function that downloads an attachment.

    Its size is checked first: raises Refusal `image_empty` or `image_too_large`.
    """
    if attachment.size == 0:
        raise Refusal(RefusalCode.IMAGE_EMPTY)
    if attachment.size > IMAGE_BYTES:
        raise Refusal(AtMost(RefusalCode.IMAGE_TOO_LARGE, most=IMAGE_BYTES // 2**20))
    return partial(_read_image, attachment)


def picture_size(attachment: discord.Attachment) -> tuple[int, int] | None:
    """Return the width and height of a picture in pixels, as Discord read them; None where it did not."""
    return (attachment.width, attachment.height) if attachment.width and attachment.height else None


async def _read_image(attachment: discord.Attachment) -> bytes:
    """Download an attachment. Raises Refusal `image_unreadable`."""
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            return await attachment.read()
    except REPLY_ERRORS as error:
        raise Refusal(RefusalCode.IMAGE_UNREADABLE) from error


async def accept_and_show(interaction: discord.Interaction[Any], accepting: Awaitable[AcceptedCard]) -> None:
    """Wait until the request is accepted, then reply with the card in the channel.

    Raises the Refusal of the request. Raises Refusal `card_refused`, or that of the link filter, if Discord refused the
    card and the member can still be told.
    """
    work, completed = asyncio.ensure_future(accepting), None
    try:
        done, _ = await asyncio.wait({work}, timeout=DEFER_AFTER)
        if not done:
            cards = services(interaction).cards
            completed = cards.reply_deferred(str(interaction.id), interaction.token, current_language())
        refused = None if done else await _defer(interaction)
        card = await work
        if not card.fresh:
            return
        structlog.contextvars.bind_contextvars(generation=card.generation.id)  # it was accepted in another task
        if refused:
            await _refused(interaction, card, refused)
        else:
            await _show(interaction, card)
    except asyncio.CancelledError:  # the bot stops; the next start, or another process, completes a deferred reply
        work.cancel()
        completed = None
        raise
    finally:
        if completed:
            completed()


async def _defer(interaction: discord.Interaction[Any]) -> Exception | None:
    """Defer the reply. Return the error if Discord definitely refused it.

    If the result is unknown but the placeholder is there, discord.py's `response` is marked as deferred.
    """
    try:
        await interaction.response.defer(thinking=True)
    except Exception as error:  # noqa: BLE001 - also an unreadable reply: the outcome is unknown
        log.warning("not_answered", error=error)
        outcome, in_doubt = outcome_of(error), interaction.client.seen.in_doubt(interaction.id)
        if outcome is ReplyOutcome.REFUSED or (outcome is ReplyOutcome.ANSWERED and not in_doubt):
            return error
        if await placeholder_is_ours(interaction):
            interaction.response._response_type = discord.InteractionResponseType.deferred_channel_message
        elif outcome is ReplyOutcome.ANSWERED:
            return error
    return None


async def _show(interaction: discord.Interaction[Any], card: AcceptedCard) -> None:
    """Reply with the card.

    If it is unknown whether Discord took it, the job goes on and its result is posted anyway.
    """
    generation, cards = card.generation, services(interaction).cards
    deferred = interaction.response.is_done()
    try:
        drawn = status_card.render(generation, card.card_context)
    except BaseException:  # a bug; nothing has been shown yet
        await cards.give_back(generation, "not drawn")
        raise
    message_id, message = None, None
    try:
        message_id, message = await card_past_filter(card, lambda view: _answer(interaction, card, view), drawn=drawn)
    except Exception as error:  # noqa: BLE001 - also an unreadable reply: the job must not wait for ever
        log.warning("card_not_shown", error=error)
        outcome = outcome_of(error)
        # Once "thinking…" is shown, Discord took the reply. A token that has expired since must not cost the member
        # their video.
        if outcome is ReplyOutcome.REFUSED and not (deferred and not can_still_reply(error)):
            return await _refused(interaction, card, error)
        if outcome is ReplyOutcome.ANSWERED and not deferred and not interaction.client.seen.in_doubt(interaction.id):
            return await _refused(interaction, card, error)
        message = await find_card(interaction, generation)
        maybe_not_ours = outcome is ReplyOutcome.ANSWERED and not deferred
        if message is None and maybe_not_ours and await _another_replied(interaction):
            return await _refused(interaction, card, error)
        message_id = message.id if message else None
    reach(Failpoint.CARD_ANSWERED)
    pictures = status_card.picture_urls(message) if message else CardPictures()
    shown = status_card.digest(drawn)  # after the reply, which need not wait for it
    return await cards.card_shown(
        generation,
        str(message_id) if message_id else None,
        pictures=pictures,
        shown=shown,
        card_context=card.card_context,
    )


async def _answer(
    interaction: discord.Interaction[Any], card: AcceptedCard, view: ui.LayoutView
) -> tuple[int | None, discord.InteractionMessage | None]:
    """Send the card, in place of the placeholder if there is one.

    Return its id and, if it has pictures and Discord sent it back, the message.
    """
    if interaction.response.is_done():
        message = await interaction.edit_original_response(
            view=view, attachments=attached(card), allowed_mentions=NOBODY
        )
        return message.id, message
    if not (card.image or card.end_image):
        return await reply_with(interaction, view.to_components()), None
    answer = await interaction.response.send_message(view=view, files=attached(card), allowed_mentions=NOBODY)
    message = answer.resource if isinstance(answer.resource, discord.InteractionMessage) else None
    return message.id if message else answer.message_id, message


async def _another_replied(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the reply belongs to another process, after an attempt of ours whose outcome is unknown."""
    found = await fetch_reply(interaction)
    return found is not None and (found.flags.loading or bool(cards_on(found)))


async def _refused(interaction: discord.Interaction[Any], card: AcceptedCard, error: Exception) -> None:
    """Give everything back after Discord refused the reply.

    Then tell the member, or look for the process that replied instead.
    """
    code = error.code if isinstance(error, discord.HTTPException) else type(error).__name__
    await services(interaction).cards.give_back(card.generation, f"Discord {code}")
    if outcome_of(error) is ReplyOutcome.ANSWERED:
        await check_other_reply(interaction, card.generation)
    elif can_still_reply(error):
        raise card_refusal(error, Refusal(RefusalCode.CARD_REFUSED)) from error


def attached(card: AcceptedCard) -> list[discord.File]:
    """Return the pictures as attachments of the card, opened anew for each attempt."""
    image, end_image, files = card.generation.image, card.generation.end_image, list[discord.File]()
    if image and card.image:
        files.append(discord.File(io.BytesIO(card.image), status_card.image_name(image)))
    if end_image and card.end_image:
        files.append(discord.File(io.BytesIO(card.end_image), status_card.image_name(end_image, end=True)))
    return files
