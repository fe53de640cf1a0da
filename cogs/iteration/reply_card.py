"""Posts the card of a request that a message made, and checks the channel first."""

import aiohttp
import discord

from bot.usecases.generate import AcceptedCard
from cogs.cards.accepting import NOBODY, attached, check_permissions
from cogs.cards.acknowledgement import ReplyOutcome, outcome_of
from cogs.cards.link_filter import card_past_filter


def is_private(channel: object) -> bool:
    """Return whether a channel is not open to everybody.

    A channel that is not in the cache counts as a private thread.
    """
    if isinstance(channel, discord.Thread):
        return channel.type is discord.ChannelType.private_thread
    return not isinstance(channel, discord.abc.GuildChannel)


def check_channel(channel: object, me: discord.Member | None) -> None:
    """Check that the card and the result can be posted, as far as it is known. Raises Refusal `missing_permissions`."""
    if me is None:  # Discord may send a server without the bot's own member
        return
    if isinstance(channel, discord.Thread):
        if channel.parent:
            check_permissions(channel.permissions_for(me), thread=True)
    elif isinstance(channel, discord.abc.GuildChannel):
        check_permissions(channel.permissions_for(me), thread=False)


async def post_card(message: discord.Message, card: AcceptedCard) -> discord.Message:
    """Post the card as a reply, or on its own if the message is gone. The nonce makes two attempts one message."""
    tries = 2
    while True:
        try:
            return await card_past_filter(
                card,
                lambda view: message.channel.send(
                    view=view,
                    files=attached(card),
                    nonce=card.generation.id,
                    reference=message.to_reference(fail_if_not_exists=False),
                    allowed_mentions=NOBODY,
                    mention_author=False,
                ),
            )
        except (aiohttp.ClientError, ConnectionError):
            tries -= 1
            if not tries:
                raise


def is_refused(error: Exception) -> bool:
    """Return whether Discord definitely refused the card.

    A rate limit does not count: it says nothing about this message.
    """
    passing = isinstance(error, discord.RateLimited) or (
        isinstance(error, discord.HTTPException) and error.status == 429
    )
    return outcome_of(error) is ReplyOutcome.REFUSED and not passing


def error_code(error: Exception) -> str:
    """Describe an error without Discord's message, which may quote the prompt."""
    return f"Discord {error.code}" if isinstance(error, discord.HTTPException) else type(error).__name__
