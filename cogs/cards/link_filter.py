"""Retries without people's text when Discord's link filter (error 240000) refuses a message.

The card is the first message to show a new prompt. A refusal there counts as a refusal of the request, and nothing is
spent.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import discord
from discord import ui

from bot.domain.messages import links
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.usecases.requests.generation_request import AcceptedCard
from cogs.cards import status_card

T = TypeVar("T")
HARMFUL_LINK = 240000


def is_filtered(error: BaseException) -> bool:
    """Return whether the link filter refused a message because of its text."""
    return isinstance(error, discord.HTTPException) and error.code == HARMFUL_LINK


async def past_filter(send: Callable[[], Awaitable[T]]) -> T:
    """Send a message, without people's text if needed: see `links.past_filter`.

    `send` builds the message anew each time.
    """
    return await links.past_filter(send, is_filtered)


def card_refusal(error: BaseException, otherwise: Refusal) -> Refusal:
    """Return the refusal to show if Discord does not take a card and nothing was spent: the filtered words, or
    `otherwise`.
    """
    return Refusal(RefusalCode.PROMPT_LINK) if is_filtered(error) else otherwise


async def card_past_filter(
    card: AcceptedCard, send: Callable[[ui.LayoutView], Awaitable[T]], *, drawn: ui.LayoutView | None = None
) -> T:
    """Send a card, or the card without the comparison to its parent: an old link there must not block the new prompt.

    drawn: the card, where it has been drawn already and not sent.
    """
    try:
        return await send(drawn or status_card.render(card.generation, card.card_context))
    except Exception as error:
        if card.card_context.parent is None or not is_filtered(error):
            raise
    return await send(status_card.render(card.generation, replace(card.card_context, parent=None)))
