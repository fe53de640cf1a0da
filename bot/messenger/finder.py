"""Finds the bot's own messages: an interrupted attempt may have posted one all the same.

A search begins and ends at Discord ids, so it does not depend on this machine's clock. Without permission to read a
channel there is no result: an empty list proves nothing if the history cannot be read. Source: `docs/sources.md`,
Discord.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import discord
import structlog

from bot.domain.errors import PostForbidden, PostGone
from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery, Try
from bot.domain.messages.own_messages import is_card, is_failure_notice, is_result
from bot.domain.messages.posts import FoundPost, MessageStatus, PostedMessage
from bot.domain.requests.questions import OPEN_FOR
from bot.messenger.clock import DiscordClock, at, moved
from bot.messenger.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, errors

log = structlog.stdlib.get_logger()

TIMEOUT = 300.0  # for a channel with thousands of messages since
REPLY_TIMEOUT = 2.0  # while a member waits for a reply, which must come within three seconds
NONCE_KNOWN = timedelta(minutes=2)  # Discord says "a few minutes"
SECOND = timedelta(seconds=2)  # the difference between two readings of a clock
IDS_DIFFER = timedelta(minutes=1)  # ids are made on many machines
TRIED_WITHIN = timedelta(
    hours=26
)  # after the last attempt; longer than any post takes, and than any clock difference seen
ANSWERABLE = timedelta(minutes=20)  # an interaction can be answered for fifteen


class MessageFinder:
    """Finds messages that are already in the channels."""

    def __init__(self, client: discord.Client, clock: DiscordClock) -> None:
        self._client = client
        self._clock = clock

    def begin(self, generation: Generation, delivery: Delivery) -> Try:
        """See `Messenger.begin`. Returns the newest id that is known to be older than the coming post."""
        place = self._cached(delivery.channel_id, generation.guild_id)
        newest = getattr(place, "last_message_id", None)
        older = (generation.interaction_id, delivery.asked_id, newest)
        return Try(
            delivery_id=delivery.id,
            channel_id=delivery.channel_id,
            after_id=str(max(int(one) for one in older if one)),
            first_at=(now := self._clock.now()),
            last_at=now,
        )

    async def find_post(self, generation: Generation, delivery: Delivery, tries: Sequence[Try]) -> FoundPost:
        """See `Messenger.find_post`. Once it is found, no other channel is searched."""
        unseen: list[Try] = []
        hidden: PostForbidden | None = None
        for tried in tries:
            try:
                found = await self._result(generation, tried)
            except PostGone:
                continue
            except PostForbidden as error:
                unseen.append(tried)
                if not tried.waived and not self._nonce_known(generation, delivery, tried):
                    hidden = error
                continue
            if found:
                log.info("found_in_channel", generation=generation.id, message=found.id)
                return FoundPost(posted=PostedMessage(channel_id=tried.channel_id, message_id=str(found.id)))
        if hidden:
            raise hidden
        return FoundPost(posted=None, unseen=tuple(unseen))

    async def _result(self, generation: Generation, tried: Try) -> discord.Message | None:
        """Return the post of a generation in a channel where it was attempted."""

        def fits(message: discord.Message) -> bool:
            files = [attachment.filename for attachment in message.attachments]
            return is_result(generation.id, [part.to_dict() for part in message.components], files)

        after = moved(int(tried.after_id), -IDS_DIFFER)
        before = at(tried.last_at + TRIED_WITHIN) if tried.last_at else None
        return await self._find(tried.channel_id, generation.guild_id, fits, after=after, before=before)

    def _nonce_known(self, generation: Generation, delivery: Delivery, tried: Try) -> bool:
        """Return whether Discord would surely return the earlier message for this nonce.

        Both clocks must agree: this machine's may have been changed since, and neither is reliable alone.
        """
        now, first = self._clock.now(), tried.first_at
        if (tried.delivery_id, tried.channel_id) != (delivery.id, delivery.channel_id) or not now or not first:
            return False
        here = delivery.queued_at if delivery.asked_id else generation.finished_at or generation.accepted_at
        return _just(now - first) and _just(discord.utils.utcnow() - here)

    async def find_card(self, generation: Generation) -> discord.Message | None:
        """Find the card of a generation. It can only have come while its interaction could be answered.

        A question that its author answered becomes the card; it is as much older as questions are open.
        """

        def fits(message: discord.Message) -> bool:
            return is_card(generation.id, [part.to_dict() for part in message.components])

        interaction_id = int(generation.interaction_id)
        earlier = IDS_DIFFER + OPEN_FOR if generation.draft_id else IDS_DIFFER
        return await self._find(
            generation.channel_id,
            generation.guild_id,
            fits,
            after=moved(interaction_id, -earlier),
            before=moved(interaction_id, ANSWERABLE),
        )

    async def find_failure(self, generation: Generation) -> discord.Message | None:
        """Find the message that tells the author of a generation that it has failed."""

        def fits(message: discord.Message) -> bool:
            return is_failure_notice(generation.id, [part.to_dict() for part in message.components])

        after = moved(int(generation.interaction_id), -IDS_DIFFER)
        return await self._find(generation.channel_id, generation.guild_id, fits, after=after, before=None)

    async def _find(
        self,
        channel_id: str,
        guild_id: str,
        fits: Callable[[discord.Message], bool],
        *,
        after: int,
        before: int | None,
    ) -> discord.Message | None:
        """Find our own message between two ids, however many others there are.

        Raises PostError if not all can be read.
        """
        own = self._client.user.id if self._client.user else 0
        channel = self._client.get_partial_messageable(int(channel_id), guild_id=int(guild_id))
        until = discord.Object(before) if before else None
        seen = False
        with errors():
            async with asyncio.timeout(TIMEOUT):
                async for message in channel.history(
                    limit=None, after=discord.Object(after), before=until, oldest_first=True
                ):
                    seen = True
                    if message.author.id == own and fits(message):
                        return message
                if not seen:
                    await self._check_readable(channel_id, guild_id, after, empty=before is None)
        return None

    async def unseen(self, generation: Generation, tries: Sequence[Try]) -> list[Try]:
        """See `Messenger.unseen`."""

        async def hidden(tried: Try) -> bool:
            try:
                with errors():
                    await self._check_readable(tried.channel_id, generation.guild_id, int(tried.after_id))
            except PostGone:
                return False
            except PostForbidden:
                return True
            return False

        with errors():
            async with asyncio.timeout(REPLY_TIMEOUT):
                found = await asyncio.gather(*(hidden(tried) for tried in tries))
        return [tried for tried, is_hidden in zip(tries, found, strict=True) if is_hidden]

    async def _check_readable(self, channel_id: str, guild_id: str, after: int, *, empty: bool = False) -> None:
        """Raise PostForbidden if a channel may hide messages since then.

        Without permission to read the history, the list of messages is empty. empty: no message has been seen so far.
        """
        last = (await self._client.http.get_channel(int(channel_id))).get("last_message_id")
        if last is not None and int(last) <= after:
            return  # there are no newer messages
        place = self._cached(channel_id, guild_id)
        channel = place.parent if isinstance(place, discord.Thread) else place
        me: discord.Member | None = (
            channel.guild.me if channel else None
        )  # a server may come without the bot's own member
        if channel and me and not channel.permissions_for(me).read_message_history:
            raise PostForbidden("the history of the channel may not be read")
        try:
            await self._client.http.get_message(int(channel_id), int(last or after))
        except discord.NotFound as error:  # without permission, the error is another one
            if error.code != UNKNOWN_MESSAGE:
                raise
        else:
            if last is not None and empty:
                raise PostForbidden("the channel does not list what it has")

    def _cached(self, channel_id: str, guild_id: str) -> discord.abc.GuildChannel | discord.Thread | None:
        guild = self._client.get_guild(int(guild_id))
        return guild.get_channel_or_thread(int(channel_id)) if guild else None

    async def place_gone(self, guild_id: str, posted: PostedMessage) -> bool:
        """See `Messenger.place_gone`. Discord is asked only about what the cache does not have, as an archived thread."""
        if self._cached(posted.channel_id, guild_id):
            return False
        return await self.message_status(posted.channel_id, posted.message_id) is MessageStatus.PLACE_GONE

    async def message_status(self, channel_id: str, message_id: str) -> MessageStatus:
        """See `Messenger.message_status`."""
        with errors():
            async with asyncio.timeout(REPLY_TIMEOUT):
                try:
                    await self._client.http.get_message(int(channel_id), int(message_id))
                except discord.NotFound as error:
                    if error.code == UNKNOWN_CHANNEL:
                        return MessageStatus.PLACE_GONE
                    if error.code == UNKNOWN_MESSAGE:
                        return MessageStatus.DELETED
                    raise
                except discord.Forbidden:
                    log.info("not_to_be_seen", message=message_id)
        return MessageStatus.THERE


def _just(ago: timedelta) -> bool:
    return -SECOND <= ago < NONCE_KNOWN
