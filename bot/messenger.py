"""Posts to Discord by channel and message id, with the bot's own token.

A result goes out with the delivery's id as nonce, so that a repeat within minutes is answered with the earlier message; a
later attempt first looks in the channel for the file or the id. Errors are told apart: `PostImpossible` will never work,
`PostTooLarge` is over what the place takes, every other `PostError` may be tried again as it is.
Sources: `facts/discord.md` sections 1 to 3.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
from discord import ui

from bot.domain.delivery import Delivery
from bot.domain.errors import PostError, PostImpossible, PostTooLarge
from bot.domain.generation import Generation
from bot.domain.guild import GuildSettings
from bot.domain.moderation import LogEvent
from bot.domain.ports import Posted, Smaller, Standing

if TYPE_CHECKING:
    from collections.abc import Generator

log = structlog.stdlib.get_logger()

UPLOAD_LIMIT = 20 * 1024 * 1024  # every server's, since September 2026; discord.py still says 10 MiB
POST_TIMEOUT = 240.0
EDIT_TIMEOUT = 60.0
IMAGE_TIMEOUT = 20.0
THREAD_OPEN = 10080  # minutes without a message, a week: the most Discord knows
CLOCKS_DIFFER = timedelta(minutes=5)
_TOO_LARGE = 40005
_HAS_THREAD = 160004
_NO_REPLY = (160002, 50035)  # history may not be read any more; the card is no message to reply to
_TRY_AGAIN = (0, 20016, 20028)  # an error of no kind, slow mode, a write limit of the channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """How things look: given by the one place that wires everything, so that wording stays with the commands.

    result: with the file's name, the server's settings, and whether it was shrunk. log: with the ids of the server's roles,
    and its language.
    """

    card: Callable[[Generation, Standing], ui.LayoutView]
    result: Callable[[Generation, str, GuildSettings, Smaller | None], ui.LayoutView]
    result_link: Callable[[Generation, str, GuildSettings], ui.LayoutView]
    log: Callable[[LogEvent, frozenset[str], str], ui.LayoutView]
    digest: Callable[[ui.LayoutView], str]
    picture_url: Callable[[discord.Message], str | None]


class DiscordMessenger:
    """`bot.domain.ports.Messenger` on a discord.py client."""

    def __init__(
        self,
        client: discord.Client,
        render: Renderer,
        settings: Callable[[str], Awaitable[GuildSettings]],
        *,
        operator_channel_id: str | None = None,
    ) -> None:
        self._client = client
        self._render = render
        self._settings = settings
        self._operator_channel_id = operator_channel_id

    async def post_result(self, generation: Generation, delivery: Delivery, file: Path) -> Posted:
        """See `Messenger.post_result`."""
        return await self._post_video(generation, delivery, file, None)

    async def post_smaller(self, generation: Generation, delivery: Delivery, file: Path, smaller: Smaller) -> Posted:
        """See `Messenger.post_smaller`. Under the same name, so that a look into the channel finds either."""
        return await self._post_video(generation, delivery, file, smaller)

    async def _post_video(
        self, generation: Generation, delivery: Delivery, file: Path, smaller: Smaller | None
    ) -> Posted:
        name = f"sora-{generation.id}{file.suffix}"
        view = self._render.result(generation, name, await self._settings(generation.guild_id), smaller)
        return await self._post(generation, delivery, view, (file, name))

    async def post_link(self, generation: Generation, delivery: Delivery, link: str) -> Posted:
        """See `Messenger.post_link`."""
        view = self._render.result_link(generation, link, await self._settings(generation.guild_id))
        return await self._post(generation, delivery, view, None)

    async def _post(
        self, generation: Generation, delivery: Delivery, view: ui.LayoutView, file: tuple[Path, str] | None
    ) -> Posted:
        here, nonce = delivery.channel_id, delivery.id
        if delivery.attempts > 1 and (earlier := await self._posted_before(generation, delivery)):
            return earlier
        try:
            return Posted(channel_id=here, message_id=await self._post_in(here, nonce, generation, view, file))
        except PostImpossible as error:
            channel = generation.parent_channel_id
            if channel is None or here != generation.channel_id:
                raise
            log.info("thread_closed", generation=generation.id, error=str(error))
            # The nonce of a post that went down with its thread would be answered with "Unknown Message".
            there = await self._post_in(channel, f"{nonce}-c", generation, view, file)
            return Posted(channel_id=channel, message_id=there)

    async def _posted_before(self, generation: Generation, delivery: Delivery) -> Posted | None:
        """What an earlier attempt has posted, wherever that may have been."""
        places = dict.fromkeys((delivery.channel_id, generation.channel_id, generation.parent_channel_id))
        for place in places:
            if place is None:
                continue
            channel = self._channel(place, generation.guild_id)
            # Where history may not be read, the nonce has to do.
            if found := await self._find(channel, generation, lambda message: _carries(message, generation)):
                log.info("found_in_channel", generation=generation.id, message=found.id)
                return Posted(channel_id=place, message_id=str(found.id))
        return None

    async def _post_in(
        self,
        channel_id: str,
        nonce: str,
        generation: Generation,
        view: ui.LayoutView,
        file: tuple[Path, str] | None,
    ) -> str:
        if file:
            await asyncio.to_thread(_check_size, file[0], self.upload_limit(generation))
        channel = self._channel(channel_id, generation.guild_id)
        more: dict[str, Any] = {
            "view": view,
            "nonce": nonce,
            "allowed_mentions": _only(generation.member_id),
        }
        card = _card_of(generation) if channel_id == generation.channel_id else {}
        with _errors():
            async with asyncio.timeout(POST_TIMEOUT):
                try:
                    message = await channel.send(**more, **card, **_attached(file))
                except discord.HTTPException as error:
                    if not card or error.code not in _NO_REPLY:
                        raise
                    log.info("posted_without_reply", generation=generation.id, error=error.code)
                    message = await channel.send(**more, **_attached(file))
        return str(message.id)

    async def _find(
        self, channel: discord.PartialMessageable, generation: Generation, fits: Callable[[discord.Message], bool]
    ) -> discord.Message | None:
        """Our own message since the generation began, or None, also where history may not be read."""
        own = self._client.user.id if self._client.user else 0
        since = generation.accepted_at - CLOCKS_DIFFER
        try:
            with _errors():
                async with asyncio.timeout(EDIT_TIMEOUT):
                    async for message in channel.history(limit=500, after=since, oldest_first=False):
                        if message.author.id == own and fits(message):
                            return message
        except PostImpossible:
            return None
        return None

    async def edit_card(self, generation: Generation, standing: Standing, shown: str) -> str:
        """See `Messenger.edit_card`. The attachment stays; mentions are named at every edit, or they would ping."""
        view = self._render.card(generation, standing)
        digest = self._render.digest(view)
        if digest == shown or generation.card_message_id is None:
            return digest
        channel = self._channel(generation.channel_id, generation.guild_id)
        with _errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                await channel.get_partial_message(int(generation.card_message_id)).edit(
                    view=view, allowed_mentions=discord.AllowedMentions.none()
                )
        return digest

    async def find_card(self, generation: Generation) -> tuple[str, str | None] | None:
        """See `Messenger.find_card`: its Cancel button names the generation."""
        named = f"'cancel:{generation.id}'"
        found = await self._find(
            self._channel(generation.channel_id, generation.guild_id),
            generation,
            lambda message: named in str([component.to_dict() for component in message.components]),
        )
        return (str(found.id), self._render.picture_url(found)) if found else None

    async def image_url(self, generation: Generation) -> str | None:
        """See `Messenger.image_url`: a message that is fetched has fresh addresses."""
        if generation.card_message_id is None:
            return None
        channel = self._channel(generation.channel_id, generation.guild_id)
        try:
            with _errors():
                async with asyncio.timeout(EDIT_TIMEOUT):
                    message = await channel.fetch_message(int(generation.card_message_id))
        except PostImpossible:
            return None
        return self._render.picture_url(message)

    async def image_data(self, generation: Generation) -> bytes | None:
        """See `Messenger.image_data`. The address is one that Discord has just given."""
        url = await self.image_url(generation)
        return await self.picture(url) if url else None

    async def picture(self, address: str) -> bytes | None:
        """See `Messenger.picture`."""
        try:
            with _errors():
                async with asyncio.timeout(IMAGE_TIMEOUT):
                    return await self._client.http.get_from_cdn(address)
        except PostImpossible:
            return None

    async def open_thread(self, channel_id: str, guild_id: str, message_id: str, name: str) -> str:
        """See `Messenger.open_thread`. A message has one thread at most, and its id."""
        with _errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                try:
                    thread = await self._client.http.start_thread_with_message(
                        int(channel_id), int(message_id), name=name, auto_archive_duration=THREAD_OPEN
                    )
                except discord.HTTPException as error:
                    if error.code != _HAS_THREAD:
                        raise
                    return message_id
        return str(thread["id"])

    async def post_log(self, channel_id: str, event: LogEvent) -> None:
        """See `Messenger.post_log`. Once and without a ping; what cannot be posted is in the bot's own log."""
        guild = self._client.get_guild(int(event.guild_id))
        roles = frozenset(str(role.id) for role in guild.roles) if guild else frozenset[str]()
        locale = guild.preferred_locale if guild else discord.Locale.american_english
        try:
            view = self._render.log(event, roles, str(locale))
            with _errors():
                async with asyncio.timeout(EDIT_TIMEOUT):
                    await self._channel(channel_id, event.guild_id).send(
                        view=view, allowed_mentions=discord.AllowedMentions.none()
                    )
        except PostError as error:
            log.warning("log_not_posted", guild=event.guild_id, told=event.told, error=str(error))
        except Exception:
            log.exception("log_failed", guild=event.guild_id, told=event.told)

    async def delete_message(self, channel_id: str, guild_id: str, message_id: str) -> None:
        """See `Messenger.delete_message`."""
        message = self._channel(channel_id, guild_id).get_partial_message(int(message_id))
        with _errors():
            async with asyncio.timeout(EDIT_TIMEOUT):
                try:
                    await message.delete()
                except discord.NotFound:
                    log.info("deleted_before", message=message_id)

    async def tell_operator(self, text: str) -> None:
        """See `Messenger.tell_operator`. It is in the log anyway."""
        if self._operator_channel_id is None:
            return
        try:
            with _errors():
                async with asyncio.timeout(EDIT_TIMEOUT):
                    await self._client.get_partial_messageable(int(self._operator_channel_id)).send(
                        text[:2000], allowed_mentions=discord.AllowedMentions.none()
                    )
        except PostError as error:
            log.warning("operator_not_told", error=str(error))

    def _channel(self, channel_id: str, guild_id: str) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(int(channel_id), guild_id=int(guild_id))

    def upload_limit(self, generation: Generation) -> int:
        """See `Messenger.upload_limit`."""
        guild = self._client.get_guild(int(generation.guild_id))
        return max(UPLOAD_LIMIT, guild.filesize_limit if guild else 0)


def _check_size(file: Path, limit: int) -> None:
    size = file.stat().st_size
    if size > limit:
        raise PostTooLarge(f"the video has {size / 2**20:.1f} MiB, this server takes {limit / 2**20:.0f}")


def _card_of(generation: Generation) -> dict[str, Any]:
    """The card as the message to reply to, where there is one."""
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
    """The file to attach, opened anew: discord.py closes it after each try."""
    return {"file": discord.File(*file)} if file else {}


def _only(member_id: str) -> discord.AllowedMentions:
    return discord.AllowedMentions(
        everyone=False, roles=False, users=[discord.Object(int(member_id))], replied_user=False
    )


def _carries(message: discord.Message, generation: Generation) -> bool:
    """Whether a message of ours is the post of this generation: its file and its buttons name it.

    Neither the card nor a line in the log channel, which may be this channel, has that file or that button.
    """
    if any(generation.id in attachment.filename for attachment in message.attachments):
        return str(message.id) != generation.card_message_id
    return f"report:{generation.id}" in str([component.to_dict() for component in message.components])


@contextmanager
def _errors() -> "Generator[None]":
    """discord.py's errors as PostErrors."""
    try:
        yield
    except (discord.NotFound, discord.Forbidden) as error:
        raise PostImpossible(f"Discord {error.status} {error.code}: {error.text}") from error
    except discord.HTTPException as error:
        said = f"Discord {error.status} {error.code}: {error.text}"
        if error.code == _TOO_LARGE or error.status == 413:
            raise PostTooLarge(said) from error
        if error.status == 400 and error.code not in _TRY_AGAIN:
            raise PostImpossible(said) from error
        raise PostError(said) from error
    except discord.RateLimited as error:
        raise PostError(str(error), retry_after=error.retry_after) from error
    except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
        raise PostError(f"{type(error).__name__}: {error}") from error
