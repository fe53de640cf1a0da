"""Asks before a dear video, or before the last that a limit allows, where nothing has shown its price: replies, mentions
and Again.

A message is answered by a message, since only an interaction can be answered privately; once its author says so, it
becomes the card. A question that only its author sees is closed, and the card posted below it.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import discord
import structlog

from bot.domain.generation import Generation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import PriceQuestion
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.questions import Question, QuestionState
from bot.domain.requests.request import Edits, RequestContext
from bot.usecases import Services
from bot.usecases.requests.generation_request import AcceptedCard
from cogs._ui.buttons import button_handler
from cogs._ui.refusals import is_reply_error, services
from cogs.cards import question_card
from cogs.cards.accepting import DEFER_AFTER, NOBODY, attached, request_context
from cogs.cards.link_filter import card_past_filter, past_filter
from cogs.iteration.reply_card import POST_TIMEOUT, show_card

log = structlog.stdlib.get_logger()

MADE = (RefusalCode.OFFER_MADE, RefusalCode.OFFER_MADE_UNSEEN)


async def ask_author(
    use: Services,
    message: discord.Message,
    who: RequestContext,
    parent: Generation,
    edits: Edits,
    asks: PriceQuestion,
) -> None:
    """Ask the author of a message, in a reply to it. If that cannot be posted, the question ends by itself."""
    picture, end_picture = (file.url if file else None for file in pictures_of(message))
    question = await use.questions.open(who, parent, edits, asks, picture=picture, end_picture=end_picture)
    if question is None:
        return
    try:
        async with asyncio.timeout(POST_TIMEOUT):
            posted = await past_filter(
                lambda: message.channel.send(
                    view=question_card.render(question, asks),
                    nonce=question.id,
                    reference=message.to_reference(fail_if_not_exists=False),
                    allowed_mentions=NOBODY,
                    mention_author=False,
                )
            )
    except Exception as error:
        if not is_reply_error(error):
            raise
        log.warning("question_not_shown", message=message.id, error=error)
        return
    await use.questions.shown(question.id, str(posted.id))


def pictures_of(message: discord.Message) -> tuple[discord.Attachment | None, discord.Attachment | None]:
    """Return the file to start from, and the picture to end with: the second file, if it says that it is a picture."""
    first, second = (*message.attachments, None, None)[:2]
    if second is not None and not (second.content_type or "").startswith("image/"):
        second = None
    return first, second


async def ask_presser(
    interaction: discord.Interaction[Any], who: RequestContext, parent: Generation, asks: PriceQuestion
) -> None:
    """Ask the member who pressed Again; only they see it."""
    question = await services(interaction).questions.open(who, parent, Edits(), asks, new_take=True)
    if question is None:
        return

    async def send() -> None:
        shown = question_card.render(question, asks)
        if interaction.response.is_done():
            await interaction.followup.send(view=shown, ephemeral=True, allowed_mentions=NOBODY)
        else:
            await interaction.response.send_message(view=shown, ephemeral=True, allowed_mentions=NOBODY)

    if interaction.response.is_done():
        await _without_placeholder(interaction)
    await past_filter(send)


async def _without_placeholder(interaction: discord.Interaction[Any]) -> None:
    """Delete "thinking…", which everybody sees."""
    try:
        await interaction.delete_original_response()
    except Exception as error:
        if not is_reply_error(error):
            raise
        log.warning("placeholder_not_deleted", error=error)


@button_handler("question-make")
async def make(interaction: discord.Interaction[Any], question_id: str) -> None:
    """Make what was asked about, once, for its author, who still has to be allowed to."""
    use = services(interaction)
    who = request_context(interaction)
    question = await _asked(interaction, question_id)
    if question is None:
        return None
    try:
        card = await _in_time(interaction, use.questions.make(who, question))
    except Refusal as refusal:
        # One that everybody sees may be the card by now.
        if refusal.code in MADE and _private(interaction):
            await _close(interaction, QuestionState.MADE)
        if refusal.code is RefusalCode.QUESTION_OVER:
            return await _close(interaction, QuestionState.OVER)
        raise
    if not card.fresh:
        return None
    if _private(interaction):
        await show_card(use, card, lambda: _post_below(interaction, card))
        await _close(interaction, QuestionState.MADE)
    else:
        await show_card(use, card, lambda: _post_in_place(interaction, card))
    return None


async def _in_time(interaction: discord.Interaction[Any], making: Coroutine[Any, Any, AcceptedCard]) -> AcceptedCard:
    """Wait until the request is accepted, and acknowledge the press: at once then, or before Discord gives up on it.

    The card needs no acknowledgement, so one that fails changes nothing. Raises the Refusal of the request.
    """
    work = asyncio.ensure_future(making)
    done, _ = await asyncio.wait({work}, timeout=DEFER_AFTER)
    if not done:
        await _acknowledge(interaction)
    card = await work
    if not interaction.response.is_done():
        await _acknowledge(interaction)
    return card


async def _acknowledge(interaction: discord.Interaction[Any]) -> None:
    try:
        await interaction.response.defer()
    except Exception as error:
        if not is_reply_error(error):
            raise
        log.warning("not_answered", error=error)


@button_handler("question-cancel")
async def cancel(interaction: discord.Interaction[Any], question_id: str) -> None:
    """Close the question, for its author. Nothing was held."""
    use = services(interaction)
    use.requests.check_guild(str(interaction.guild_id) if interaction.guild_id else None)
    question = await _asked(interaction, question_id)
    if question is None:
        return
    await use.questions.cancel(question)
    await _close(interaction, QuestionState.CANCELLED)
    await use.questions.closed(question.id)


async def _asked(interaction: discord.Interaction[Any], question_id: str) -> Question | None:
    """Return the question, or None where it is over, and its message says so now. Raises Refusal."""
    try:
        return await services(interaction).questions.get(question_id, str(interaction.user.id), str(interaction.id))
    except Refusal as refusal:
        if refusal.code is not RefusalCode.QUESTION_OVER:
            raise
    await _close(interaction, QuestionState.OVER)
    return None


async def _close(interaction: discord.Interaction[Any], state: QuestionState) -> None:
    """Let the pressed message say what became of the question. If that fails, a worker does it, or the next press."""
    view = question_card.ended(state)
    try:
        if interaction.response.is_done():
            await interaction.edit_original_response(view=view, allowed_mentions=NOBODY)
        else:
            await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)
    except Exception as error:
        if not is_reply_error(error):
            raise
        log.warning("question_not_closed", error=error)


def _private(interaction: discord.Interaction[Any]) -> bool:
    """Return whether only its author sees the pressed message."""
    return interaction.message is None or interaction.message.flags.ephemeral


async def _post_in_place(interaction: discord.Interaction[Any], card: AcceptedCard) -> discord.Message:
    """Turn the question into the card; post it below if somebody has deleted the question."""
    if message := interaction.message:
        part = _channel(interaction).get_partial_message(message.id)
        try:
            return await card_past_filter(
                card, lambda view: part.edit(view=view, attachments=attached(card), allowed_mentions=NOBODY)
            )
        except discord.NotFound as error:
            log.info("question_gone", message=message.id, error=error)
    return await _post_below(interaction, card)


async def _post_below(interaction: discord.Interaction[Any], card: AcceptedCard) -> discord.Message:
    """Post the card in the channel. The nonce makes two attempts one message."""
    channel = _channel(interaction)
    return await card_past_filter(
        card,
        lambda view: channel.send(view=view, files=attached(card), nonce=card.generation.id, allowed_mentions=NOBODY),
    )


def _channel(interaction: discord.Interaction[Any]) -> discord.PartialMessageable:
    return interaction.client.get_partial_messageable(interaction.channel_id or 0, guild_id=interaction.guild_id)
