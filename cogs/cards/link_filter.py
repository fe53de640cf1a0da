"""Discord's link filter (error 240000): what shows words of people that it refuses is shown without them.

Of a new prompt the card is the first to show it: there the refusal counts, and nothing is spent.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import discord
from discord import ui

from bot.domain import links
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.usecases.generate import AcceptedCard
from cogs.cards import status_card

T = TypeVar("T")
HARMFUL_LINK = 240000


def is_filtered(error: BaseException) -> bool:
    """Whether the filter has refused a message for what is written in it."""
    return isinstance(error, discord.HTTPException) and error.code == HARMFUL_LINK


async def past_filter(send: Callable[[], Awaitable[T]]) -> T:
    """See `links.past_filter`: `send` makes the message anew each time."""
    return await links.past_filter(send, is_filtered)


def told_of_card(error: BaseException, otherwise: Refusal) -> Refusal:
    """What is said where Discord takes no card and nothing was spent: which words are to blame, or something else."""
    return Refusal(RefusalCode.PROMPT_LINK) if is_filtered(error) else otherwise


async def card_past_filter(card: AcceptedCard, send: Callable[[ui.LayoutView], Awaitable[T]]) -> T:
    """Show a card whole, or without what it says of its parent: an old link there is not the new prompt's fault."""
    try:
        return await send(status_card.render(card.generation, card.card_context))
    except Exception as error:
        if card.card_context.parent is None or not is_filtered(error):
            raise
    return await send(status_card.render(card.generation, replace(card.card_context, parent=None)))
