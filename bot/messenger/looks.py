"""Looking for the bot's own messages: an attempt that was cut off may have been posted all the same.

Source: `facts/discord.md` sections 1 to 3.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import discord
import structlog

from bot.domain.delivery import Delivery
from bot.domain.errors import PostError, PostForbidden, PostImpossible
from bot.domain.generation import Generation
from bot.domain.messaging import Posted, Whereabouts
from bot.messenger.errors import errors

log = structlog.stdlib.get_logger()

TIMEOUT = 300.0  # for a channel with thousands of messages since
ASKED_TIMEOUT = 2.0  # while a member waits for an answer, which must come within three seconds
NONCE_KNOWN = timedelta(minutes=2)  # Discord says "a few minutes"
CLOCKS_DIFFER = timedelta(minutes=5)
TRIED_FOR = timedelta(hours=25)  # a delivery is given up after a day; only its author takes it up again
_NO_CHANNEL = 10003


class Looks:
    """What is in the channels already."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def posted_before(self, generation: Generation, delivery: Delivery) -> Posted | None:
        """What an earlier attempt has posted, wherever that may have been.

        Raises PostForbidden where that cannot be seen and the nonce of the earlier attempt is no longer known to Discord.
        """
        for place, since, until in _tried(generation, delivery):
            try:
                found = await self.find(
                    place, generation, lambda message: _carries(message, generation), since=since, until=until
                )
            except PostForbidden:
                if until is None and discord.utils.utcnow() - since >= NONCE_KNOWN:
                    raise
                continue
            except PostImpossible:  # there is no such place any more
                continue
            if found:
                log.info("found_in_channel", generation=generation.id, message=found.id)
                return Posted(channel_id=place, message_id=str(found.id))
        return None

    async def find(
        self,
        channel_id: str,
        generation: Generation,
        fits: Callable[[discord.Message], bool],
        *,
        since: datetime,
        until: datetime | None = None,
    ) -> discord.Message | None:
        """Our own message since then, however many others came after it. Raises PostError where not all can be read."""
        own = self._client.user.id if self._client.user else 0
        channel = self._client.get_partial_messageable(int(channel_id), guild_id=int(generation.guild_id))
        after, before = since - CLOCKS_DIFFER, until + CLOCKS_DIFFER if until else None
        seen = False
        with errors():
            async with asyncio.timeout(TIMEOUT):
                async for message in channel.history(limit=None, after=after, before=before, oldest_first=True):
                    seen = True
                    if message.author.id == own and fits(message):
                        return message
                if not seen and not until and await self._hides(channel_id, generation.guild_id, after):
                    raise PostForbidden("the history of the channel may not be read")
        return None

    async def _hides(self, channel_id: str, guild_id: str, after: datetime) -> bool:
        """Whether a channel has messages since then that it does not show: without the permission the list is empty.

        Raises PostError while what the bot may do there is not known yet.
        """
        guild = self._client.get_guild(int(guild_id))
        place = guild.get_channel_or_thread(int(channel_id)) if guild else None
        channel = place.parent if isinstance(place, discord.Thread) else place
        me: discord.Member | None = guild.me if guild else None  # a server may come without the bot's own member
        if channel and me:
            return not channel.permissions_for(me).read_message_history
        if not self._client.is_ready():
            raise PostError("Discord has not yet said what may be read")
        last = (await self._client.http.get_channel(int(channel_id))).get("last_message_id")
        return last is not None and int(last) > discord.utils.time_snowflake(after)

    async def whereabouts(self, channel_id: str, message_id: str) -> Whereabouts:
        """See `Messenger.whereabouts`."""
        with errors():
            async with asyncio.timeout(ASKED_TIMEOUT):
                try:
                    await self._client.http.get_message(int(channel_id), int(message_id))
                except discord.NotFound as error:
                    return Whereabouts.PLACE_GONE if error.code == _NO_CHANNEL else Whereabouts.DELETED
                except discord.Forbidden:
                    log.info("not_to_be_seen", message=message_id)
        return Whereabouts.THERE


def _tried(generation: Generation, delivery: Delivery) -> list[tuple[str, datetime, datetime | None]]:
    """Where earlier attempts may have posted: the channel, from when, and until when, where they have come to an end."""
    begun = generation.finished_at or generation.accepted_at
    ended, here = begun + TRIED_FOR, delivery.channel_id
    asked = dict.fromkeys(place for place in (generation.channel_id, generation.parent_channel_id) if place)
    first = here in asked and delivery.queued_at < ended
    found: list[tuple[str, datetime, datetime | None]] = [(here, begun if first else delivery.queued_at, None)]
    return found + [(place, begun, ended) for place in asked if place != here or not first]


def _carries(message: discord.Message, generation: Generation) -> bool:
    """Whether a message of ours is the post of this generation: its file and its buttons name it.

    Neither the card nor a line in the log channel, which may be this channel, has that file or that button.
    """
    if any(generation.id in attachment.filename for attachment in message.attachments):
        return str(message.id) != generation.card_message_id
    return f"report:{generation.id}" in str([component.to_dict() for component in message.components])
