"""Posts to Discord by channel and message id, with the bot's own token.

A result is posted with the delivery's id as nonce, so Discord returns the earlier message if it is repeated within
minutes. Before a later retry, the channel is searched first (`bot.messenger.finder`). Source: `docs/sources.md`,
Discord.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import discord
import structlog
from discord import ui

from bot.domain.errors import PostTooLarge
from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext
from bot.domain.messages.delivery import Delivery, Try
from bot.domain.messages.failure_notice import FailureNotice
from bot.domain.messages.links import past_filter
from bot.domain.messages.own_messages import result_file
from bot.domain.messages.posts import FoundPost, MessageStatus, PostedMessage, SmallerCopy
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.requests.questions import Question
from bot.domain.versions.joins import Join
from bot.domain.versions.version import Version
from bot.messenger.card_messages import EDIT_TIMEOUT, CardMessages
from bot.messenger.clock import DiscordClock
from bot.messenger.deferred_replies import DeferredReplies
from bot.messenger.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, errors, filtered
from bot.messenger.finder import MessageFinder
from bot.messenger.guilds import DiscordGuilds
from bot.messenger.posted_videos import posted_video
from bot.messenger.renderer import Renderer

log = structlog.stdlib.get_logger()

UPLOAD_LIMIT = 20 * 1024 * 1024  # for every server, since September 2026; discord.py still has 10 MiB
POST_TIMEOUT = 240.0
THREAD_OPEN = 10080  # minutes without a message, a week: the maximum that Discord allows
_HAS_THREAD = 160004
_NO_REPLY = (160002, 50035)  # the history can no longer be read; the card cannot be replied to

Look = Callable[[str], ui.LayoutView]  # renders a result for the channel with this id


class DiscordMessenger(CardMessages, DeferredReplies):
    """`bot.ports.messenger.Messenger` on a discord.py client."""

    def __init__(
        self,
        client: discord.Client,
        guilds: DiscordGuilds,
        render: Renderer,
        settings: Callable[[str], Awaitable[GuildSettings]],
        *,
        discord_clock: DiscordClock,
        context_of: Callable[[Generation], Awaitable[CardContext]],
        on_post: Callable[[Generation], None] = lambda _: None,
    ) -> None:
        """context_of: what a card shows beside its generation. on_post: called for each video that is in its channel."""
        super().__init__(client, render, MessageFinder(client, discord_clock))
        self._guilds = guilds
        self._settings = settings
        self._context_of = context_of
        self._on_post = on_post

    def begin(self, generation: Generation, delivery: Delivery) -> Try:
        """See `Messenger.begin`."""
        return self._finder.begin(generation, delivery)

    async def find_post(self, generation: Generation, delivery: Delivery, tries: Sequence[Try]) -> FoundPost:
        """See `Messenger.find_post`."""
        return await self._finder.find_post(generation, delivery, tries)

    async def unseen(self, generation: Generation, tries: Sequence[Try]) -> list[Try]:
        """See `Messenger.unseen`."""
        return await self._finder.unseen(generation, tries)

    async def post_result(self, generation: Generation, delivery: Delivery, file: Path) -> PostedMessage:
        """See `Messenger.post_result`."""
        return await self._post_video(generation, delivery, file, None)

    async def post_smaller(
        self, generation: Generation, delivery: Delivery, file: Path, smaller: SmallerCopy
    ) -> PostedMessage:
        """See `Messenger.post_smaller`. It uses the same file name, so that a search finds either post."""
        return await self._post_video(generation, delivery, file, smaller)

    async def _post_video(
        self, generation: Generation, delivery: Delivery, file: Path, smaller: SmallerCopy | None
    ) -> PostedMessage:
        name, settings = result_file(generation.id, file.suffix), await self._settings(generation.guild_id)
        source = await self._source(generation)

        def look(place: str) -> ui.LayoutView:
            return self._render.result(generation, name, settings, smaller, place, source)

        return await self._post(generation, delivery, look, (file, name))

    async def post_link(self, generation: Generation, delivery: Delivery, link: str) -> PostedMessage:
        """See `Messenger.post_link`."""
        settings, source = await self._settings(generation.guild_id), await self._source(generation)

        def look(place: str) -> ui.LayoutView:
            return self._render.result_link(generation, link, settings, place, source)

        return await self._post(generation, delivery, look, None)

    async def _source(self, generation: Generation) -> Version | None:
        """Return the version that this one was made from, hidden unless all who read the card can read it."""
        return (await self._context_of(generation)).parent if generation.parent_id else None

    async def _post(
        self, generation: Generation, delivery: Delivery, look: Look, file: tuple[Path, str] | None
    ) -> PostedMessage:
        here, nonce = delivery.channel_id, delivery.id
        if here == generation.parent_channel_id and here != generation.channel_id:
            # The nonce of a post that was deleted with its thread would return "Unknown Message".
            nonce = f"{nonce}-c"
        message_id = await self._post_in(here, nonce, generation, look, file)
        self._on_post(generation)
        return PostedMessage(channel_id=here, message_id=message_id)

    async def _post_in(
        self,
        channel_id: str,
        nonce: str,
        generation: Generation,
        look: Look,
        file: tuple[Path, str] | None,
    ) -> str:
        if file:
            await asyncio.to_thread(_check_size, file[0], await self.upload_limit(generation))
        channel = self._channel(channel_id, generation.guild_id)
        more: dict[str, Any] = {"nonce": nonce, "allowed_mentions": _only(generation.member_id)}

        async def send(**reply: Any) -> discord.Message:
            return await past_filter(
                lambda: channel.send(view=look(channel_id), **more, **reply, **_attached(file)), filtered
            )

        card = _card_of(generation) if channel_id == generation.channel_id else {}
        with errors():
            async with asyncio.timeout(POST_TIMEOUT):
                try:
                    message = await send(**card)
                except discord.HTTPException as error:
                    if not card or error.code not in _NO_REPLY:
                        raise
                    log.info("posted_without_reply", generation=generation.id, error=error.code)
                    message = await send()
        return str(message.id)

    async def post_failure(self, notice: FailureNotice) -> None:
        """See `Messenger.post_failure`."""
        generation = notice.generation
        await self._post_in(
            generation.channel_id, notice.nonce, generation, lambda _: self._render.failure(generation), None
        )

    async def find_failure(self, generation: Generation) -> bool:
        """See `Messenger.find_failure`: its button names the generation."""
        return await self._finder.find_failure(generation) is not None

    async def video_data(self, generation: Generation, posted: PostedMessage) -> bytes | None:
        """See `Messenger.video_data`."""
        channel = self._channel(posted.channel_id, generation.guild_id)
        return await posted_video(self._client, channel, generation.id, posted.message_id)

    async def tell_join_failed(self, join: Join) -> None:
        """See `Messenger.tell_join_failed`. The nonce makes two attempts within minutes one message."""
        channel = self._channel(join.channel_id, join.guild_id)
        with errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                await channel.send(
                    view=self._render.join_failed(join), nonce=join.id, allowed_mentions=_only(join.member_id)
                )

    async def open_thread(self, generation: Generation, posted: PostedMessage) -> str:
        """See `Messenger.open_thread`. A message has at most one thread, which has the same id."""
        with errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                try:
                    thread = await self._client.http.start_thread_with_message(
                        int(posted.channel_id),
                        int(posted.message_id),
                        name=self._render.thread_name(generation),
                        auto_archive_duration=THREAD_OPEN,
                    )
                except discord.HTTPException as error:
                    if error.code != _HAS_THREAD:
                        raise
                    return posted.message_id
        return str(thread["id"])

    async def close_question(self, question: Question) -> None:
        """See `Messenger.close_question`."""
        message = self._channel(question.channel_id, question.guild_id).get_partial_message(
            int(question.message_id or 0)
        )
        with errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                await message.edit(
                    view=self._render.question(question), allowed_mentions=discord.AllowedMentions.none()
                )

    async def message_status(self, channel_id: str, message_id: str) -> MessageStatus:
        """See `Messenger.message_status`."""
        return await self._finder.message_status(channel_id, message_id)

    async def place_gone(self, guild_id: str, posted: PostedMessage) -> bool:
        """See `Messenger.place_gone`."""
        return await self._finder.place_gone(guild_id, posted)

    async def delete_message(self, channel_id: str, guild_id: str, message_id: str) -> None:
        """See `Messenger.delete_message`."""
        message = self._channel(channel_id, guild_id).get_partial_message(int(message_id))
        with errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                try:
                    await message.delete()
                except discord.NotFound as error:
                    if error.code not in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                        raise
                    log.info("deleted_before", message=message_id)

    async def upload_limit(self, generation: Generation) -> int:
        """See `Messenger.upload_limit`."""
        guild = await self._guilds.get(generation.guild_id)
        return max(UPLOAD_LIMIT, guild.filesize_limit if guild else 0)


def _check_size(file: Path, limit: int) -> None:
    size = file.stat().st_size
    if size > limit:
        raise PostTooLarge(f"the video has {size / 2**20:.1f} MiB, this server takes {limit / 2**20:.0f}")


def _card_of(generation: Generation) -> dict[str, Any]:
    """Return the card as the message to reply to, if there is one."""
    if generation.card_message_id is None:
        return {}
    card = discord.MessageReference(
        message_id=int(generation.card_message_id),
        channel_id=int(generation.channel_id),
        guild_id=int(generation.guild_id),
        fail_if_not_exists=False,
    )
    return {"reference": card}


def _attached(file: tuple[Path, str] | None) -> dict[str, Any]:
    """Return the file to attach, opened anew: discord.py closes it after each attempt."""
    return {"file": discord.File(*file)} if file else {}


def _only(member_id: str) -> discord.AllowedMentions:
    return discord.AllowedMentions(
        everyone=False, roles=False, users=[discord.Object(int(member_id))], replied_user=False
    )
