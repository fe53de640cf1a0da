"""Completes replies that another process has deferred, by the token of their interaction.

Nothing else may complete them. The token works for fifteen minutes; Discord says when it no longer does.
"""

import asyncio
import io
from collections.abc import Sequence
from typing import Any, cast

import discord

from bot.domain.generation import Generation, Image
from bot.domain.messages.card import CardContext
from bot.domain.messages.deferred_replies import DeferredReply
from bot.domain.messages.links import past_filter
from bot.domain.messages.posts import CardPictures
from bot.messenger.errors import errors, filtered
from bot.messenger.renderer import Renderer
from bot.messenger.sealing import seal, unsealed

TIMEOUT = 60.0
_UNUSABLE = (
    10008,  # the reply was deleted
    10015,  # the token is unknown
    10062,  # so is the interaction
    50027,  # the token has expired
)
_NOBODY = discord.AllowedMentions.none()


class _Unreadable(Exception):
    """A token that was sealed by a bot with another token of its own."""


class DeferredReplies:
    """The part of `bot.ports.messenger.Messenger` for deferred replies."""

    def __init__(self, client: discord.Client, render: Renderer) -> None:
        self._client = client
        self._render = render

    def seal(self, interaction_id: str, token: str) -> str:
        """See `Messenger.seal`."""
        return seal(self._secret, interaction_id, token)

    @property
    def _secret(self) -> str:
        return self._client.http.token or ""

    async def complete_with_card(
        self,
        reply: DeferredReply,
        generation: Generation,
        card_context: CardContext,
        pictures: Sequence[tuple[Image, bytes]],
    ) -> tuple[str, CardPictures] | None:
        """See `Messenger.complete_with_card`."""

        async def edit() -> discord.Message:
            # Opened anew for each try.
            files = [
                discord.File(io.BytesIO(data), self._render.image_name(image, end=image is generation.end_image))
                for image, data in pictures
            ]
            return await self._edit(reply, view=self._render.card(generation, card_context), attachments=files)

        message = await self._completed(edit)
        return (str(message.id), self._render.picture_urls(message)) if message else None

    async def complete_without_card(self, reply: DeferredReply) -> bool:
        """See `Messenger.complete_without_card`."""
        return await self._completed(lambda: self._edit(reply, view=self._render.cut_off(reply.locale))) is not None

    async def _completed(self, edit: Any) -> discord.Message | None:
        """The completed reply; None where Discord no longer takes it, or its token cannot be read. Raises PostError."""
        with errors():
            try:
                async with asyncio.timeout(TIMEOUT):
                    return await past_filter(edit, filtered)
            except _Unreadable:
                return None
            except discord.HTTPException as error:
                if error.code in _UNUSABLE or error.status == 401:
                    return None
                raise

    async def _edit(self, reply: DeferredReply, **shown: Any) -> discord.Message:
        token = unsealed(self._secret, reply.interaction_id, reply.sealed_token)
        if token is None:
            raise _Unreadable
        webhook = discord.Webhook.partial(self._client.application_id or 0, token, client=self._client)
        return await webhook.edit_message(cast("int", "@original"), allowed_mentions=_NOBODY, **shown)
