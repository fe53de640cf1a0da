"""Sends messages to a server's log channel and to the operator.

It never raises: what cannot be sent is in the bot's own log.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import discord
import structlog
from discord import ui

from bot.domain.errors import PostError
from bot.domain.messages.links import past_filter
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.server_log import LogEvent
from bot.messenger.errors import errors, filtered
from bot.messenger.guilds import DiscordGuilds

log = structlog.stdlib.get_logger()

TIMEOUT = 60.0
NOBODY = discord.AllowedMentions.none()
LONGEST = 2000  # characters of a message

Entry = Callable[[LogEvent, frozenset[str], str], ui.LayoutView]


class DiscordNotices:
    """`bot.ports.notices.Notices` on a discord.py client.

    entry: renders an event in the server's language, with the ids of the server's roles.
    """

    def __init__(
        self,
        client: discord.Client,
        guilds: DiscordGuilds,
        entry: Entry,
        *,
        operator_channel_id: str | None = None,
        owner_ids: Sequence[str] = (),
    ) -> None:
        self._client = client
        self._guilds = guilds
        self._entry = entry
        self._operator_channel_id = operator_channel_id
        self._owner_ids = owner_ids

    async def post_log(self, channel_id: str, event: LogEvent) -> bool:
        """See `Notices.post_log`."""
        try:
            await self._send(channel_id, event)
        except PostError as error:
            log.warning("log_not_posted", guild=event.guild_id, kind=event.kind, error=error)
        except Exception:
            log.exception("log_failed", guild=event.guild_id, kind=event.kind)
        else:
            return True
        return False

    async def post_report(self, channel_id: str, event: LogEvent, *, nonce: str) -> PostedMessage:
        """See `Notices.post_report`."""
        sent = await self._send(channel_id, event, nonce=nonce)
        return PostedMessage(channel_id=channel_id, message_id=str(sent.id))

    async def edit_log(self, message: PostedMessage, event: LogEvent) -> None:
        """See `Notices.edit_log`."""
        partial = self._channel(message.channel_id, event).get_partial_message(int(message.message_id))
        guild = await self._guilds.get_or_none(event.guild_id)
        with errors():
            async with asyncio.timeout(TIMEOUT):
                await past_filter(
                    lambda: partial.edit(view=self._view(event, guild), allowed_mentions=NOBODY), filtered
                )

    async def _send(self, channel_id: str, event: LogEvent, **more: Any) -> discord.Message:
        channel, guild = self._channel(channel_id, event), await self._guilds.get_or_none(event.guild_id)
        with errors():
            async with asyncio.timeout(TIMEOUT):
                return await past_filter(
                    lambda: channel.send(view=self._view(event, guild), allowed_mentions=NOBODY, **more), filtered
                )

    def _channel(self, channel_id: str, event: LogEvent) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(int(channel_id), guild_id=int(event.guild_id))

    def _view(self, event: LogEvent, guild: discord.Guild | None) -> ui.LayoutView:
        """Return the message of an event in the server's language."""
        roles = frozenset(str(role.id) for role in guild.roles) if guild else frozenset[str]()
        locale = guild.preferred_locale if guild else discord.Locale.american_english
        return self._entry(event, roles, str(locale))

    async def tell_operator(self, text: str) -> None:
        """See `Notices.tell_operator`. A channel that cannot be reached does not block the others."""
        if self._operator_channel_id is not None:
            await self._tell(self._operator_channel_id, text)
        for owner_id in self._owner_ids:
            await self._tell(owner_id, text, direct=True)

    async def _tell(self, place: str, text: str, *, direct: bool = False) -> None:
        try:
            with errors():
                async with asyncio.timeout(TIMEOUT):
                    channel_id = await self._direct(place) if direct else int(place)
                    channel = self._client.get_partial_messageable(channel_id)
                    await channel.send(text[:LONGEST], allowed_mentions=NOBODY)
        except PostError as error:
            log.warning("operator_not_told", place=place, error=error)
        except Exception:
            log.exception("operator_not_told", place=place)

    async def _direct(self, user_id: str) -> int:
        """Return the id of the direct message channel with a user; Discord returns an existing one."""
        return int((await self._client.http.start_private_message(user_id))["id"])
