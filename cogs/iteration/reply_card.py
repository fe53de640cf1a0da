"""Posts the card of a request with the bot's own token, as for a message that made it, and checks the channel first."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import discord
import structlog

from bot.domain.messages.posts import CardPictures
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.system.failpoints import Failpoint, reach
from bot.usecases import Services
from bot.usecases.requests.generation_request import AcceptedCard
from cogs.cards import status_card
from cogs.cards.accepting import NOBODY, attached, check_permissions
from cogs.cards.acknowledgement import ReplyOutcome, outcome_of
from cogs.cards.link_filter import card_past_filter, card_refusal

log = structlog.stdlib.get_logger()

POST_TIMEOUT = 60.0


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


async def show_card(
    use: Services, card: AcceptedCard, post: Callable[[], Awaitable[discord.Message]]
) -> discord.Message | None:
    """Post a card with the bot's own token. If it is unknown whether Discord took it, the job goes on without a card.

    Raises Refusal if Discord refused it; then everything was given back.
    """
    generation, cards = card.generation, use.cards
    try:
        shown = status_card.digest(status_card.render(generation, card.card_context))
    except BaseException:  # a bug; nothing has been shown yet
        await cards.give_back(generation, "not drawn")
        raise
    posted = None
    try:
        async with asyncio.timeout(POST_TIMEOUT):
            posted = await post()
    except Exception as error:  # also an unreadable reply: the job must not wait for ever
        log.warning("card_not_shown", generation=generation.id, error=error)
        if is_refused(error):
            await cards.give_back(generation, error_code(error))
            raise card_refusal(error, Refusal(RefusalCode.CARD_REFUSED)) from error
    reach(Failpoint.CARD_ANSWERED)
    await cards.card_shown(
        generation,
        str(posted.id) if posted else None,
        pictures=status_card.picture_urls(posted) if posted else CardPictures(),
        shown=shown,
        card_context=card.card_context,
    )
    return posted


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
