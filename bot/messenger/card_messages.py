"""Status cards on Discord, and the pictures that are attached to them."""

import asyncio

import discord
import structlog

from bot.domain.errors import PostGone
from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext
from bot.domain.messages.links import past_filter
from bot.domain.messages.posts import CardPictures
from bot.messenger.errors import errors, filtered
from bot.messenger.finder import MessageFinder
from bot.messenger.renderer import Renderer

EDIT_TIMEOUT = 60.0
IMAGE_TIMEOUT = 20.0


class CardMessages:
    """The part of `bot.ports.messenger.Messenger` for cards."""

    def __init__(self, client: discord.Client, render: Renderer, finder: MessageFinder) -> None:
        self._client = client
        self._render = render
        self._finder = finder

    async def edit_card(self, generation: Generation, card_context: CardContext, shown: str) -> str:
        """See `Messenger.edit_card`.

        The attachments stay. Mentions are restricted at every edit, or they would ping.
        """
        view = self._render.card(generation, card_context)
        digest = self._render.digest(view)
        if digest == shown or generation.card_message_id is None:
            return digest
        channel = self._channel(generation.channel_id, generation.guild_id)
        message, nobody = channel.get_partial_message(int(generation.card_message_id)), discord.AllowedMentions.none()
        drawn = [view]  # for the first try; the next ones show less
        with structlog.contextvars.bound_contextvars(generation=generation.id), errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                await past_filter(
                    lambda: message.edit(
                        view=drawn.pop() if drawn else self._render.card(generation, card_context),
                        allowed_mentions=nobody,
                    ),
                    filtered,
                )
        return digest

    async def find_card(self, generation: Generation) -> tuple[str, CardPictures] | None:
        """See `Messenger.find_card`: its buttons name the generation."""
        try:
            found = await self._finder.find_card(generation)
        except PostGone:
            return None
        return (str(found.id), self._render.picture_urls(found)) if found else None

    async def image_urls(self, generation: Generation) -> CardPictures:
        """See `Messenger.image_urls`: a fetched message has fresh addresses."""
        if generation.card_message_id is None:
            found = await self.find_card(generation)
            return found[1] if found else CardPictures()
        channel = self._channel(generation.channel_id, generation.guild_id)
        try:
            with errors():
                async with asyncio.timeout(EDIT_TIMEOUT):
                    message = await channel.fetch_message(int(generation.card_message_id))
        except PostGone:
            return CardPictures()
        return self._render.picture_urls(message)

    async def image_data(self, generation: Generation, *, end: bool = False) -> bytes | None:
        """See `Messenger.image_data`. The address comes fresh from Discord."""
        urls = await self.image_urls(generation)
        url = urls.end_image if end else urls.image
        return await self.picture(url) if url else None

    async def picture(self, address: str) -> bytes | None:
        """See `Messenger.picture`. No error code tells whether an address has expired or its file is gone."""
        with errors():
            async with asyncio.timeout(IMAGE_TIMEOUT):
                try:
                    return await self._client.http.get_from_cdn(address)
                except (discord.NotFound, discord.Forbidden):
                    return None

    def _channel(self, channel_id: str, guild_id: str) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(int(channel_id), guild_id=int(guild_id))
