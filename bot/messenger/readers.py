"""What a member can read, as Discord says it at this moment: `bot.ports.readers.Readers` on a discord.py client.

Asked over REST and never of the cache: that knows no members, and shows a channel hidden from the bot as a stub of its own.
A member's permissions are worked out as Discord's page "Permissions" has it, from the server's roles, the channel's
overwrites and the roles that came with the interaction; a private thread is read by its members, and by whoever manages
threads. Whatever is not answered in time, or with an error, may not be read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

import discord
import structlog

from bot.domain.errors import PostError
from bot.domain.mentions import Mentioned, Names
from bot.domain.visibility import Reader
from bot.messenger.errors import errors

log = structlog.stdlib.get_logger()

Ask = Callable[[str], Awaitable[str | None]]  # what Discord says of one id
ASKED_TIMEOUT = 1.5  # of the three seconds that Discord waits for an answer
MOST_ASKED = 25  # channels, or members, for one answer
_VOICE = (discord.ChannelType.voice.value, discord.ChannelType.stage_voice.value)
_THREADS = tuple(
    kind.value
    for kind in (
        discord.ChannelType.public_thread,
        discord.ChannelType.private_thread,
        discord.ChannelType.news_thread,
    )
)


class DiscordReaders:
    """Asks Discord."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def readable(self, reader: Reader, channel_ids: Collection[str]) -> frozenset[str]:
        """See `Readers.readable`."""
        here = reader.here & frozenset(channel_ids)
        asked = list(dict.fromkeys(one for one in channel_ids if one not in here))[:MOST_ASKED]
        return here | frozenset(await self._channels(reader, asked)) if asked else here

    async def names(self, reader: Reader, asked: Mentioned) -> Names:
        """See `Readers.names`. A channel has a name for those only who can read it."""
        guild = self._client.get_guild(int(reader.guild_id))
        roles = {str(role.id): role.name for role in guild.roles if str(role.id) in asked.roles} if guild else {}
        users, channels = await asyncio.gather(
            self._in_time(sorted(asked.users), lambda user_id: self._member(reader.guild_id, user_id)),
            self._channels(reader, sorted(asked.channels)[:MOST_ASKED]),
        )
        return Names(users=users, roles=roles, channels=channels)

    async def _channels(self, reader: Reader, channel_ids: Collection[str]) -> dict[str, str]:
        """The names of those that can be read."""
        if not channel_ids:
            return {}
        guild = asyncio.ensure_future(self._client.http.get_guild(int(reader.guild_id), with_counts=False))
        try:
            return await self._in_time(channel_ids, lambda channel_id: self._channel(reader, guild, channel_id))
        finally:
            guild.cancel()
            await asyncio.gather(guild, return_exceptions=True)

    async def _in_time(self, ids: Collection[str], ask: Ask) -> dict[str, str]:
        """What is said of each, of those that it is said of in time."""
        tasks = {one: asyncio.create_task(_quiet(one, ask(one)), name="reading") for one in list(ids)[:MOST_ASKED]}
        if not tasks:
            return {}
        try:
            _, late = await asyncio.wait(tasks.values(), timeout=ASKED_TIMEOUT)
            if late:
                log.warning("not_said_in_time", asked=len(tasks), late=len(late))
        finally:
            for task in tasks.values():
                task.cancel()
        said = {one: task.result() for one, task in tasks.items() if task.done() and not task.cancelled()}
        return {one: name for one, name in said.items() if name is not None}

    async def _channel(self, reader: Reader, guild: "asyncio.Future[Any]", channel_id: str) -> str | None:
        """The name of a channel or thread, if they can read it. Raises PostError where Discord does not say."""
        http = self._client.http
        with errors():
            channel: Mapping[str, Any] = await http.get_channel(int(channel_id))
            if str(channel.get("guild_id")) != reader.guild_id:
                return None
            kind, room = channel.get("type"), channel
            if kind in _THREADS:
                room = await http.get_channel(int(str(channel.get("parent_id"))))
            allowed = permissions(await asyncio.shield(guild), room, reader.member_id, reader.role_ids)
            if not (allowed.view_channel and allowed.read_message_history):
                return None
            if room.get("type") in _VOICE and not allowed.connect:
                return None
            if kind == discord.ChannelType.private_thread.value and not allowed.manage_threads:
                await http.get_thread_member(int(channel_id), int(reader.member_id))  # who is none is not found
        return str(channel.get("name") or "")

    async def _member(self, guild_id: str, user_id: str) -> str | None:
        """What a member is called in the server."""
        with errors():
            member: Mapping[str, Any] = await self._client.http.get_member(int(guild_id), int(user_id))
        user: Mapping[str, Any] = member.get("user") or {}
        return member.get("nick") or user.get("global_name") or user.get("username")


async def _quiet(about: str, asking: Awaitable[str | None]) -> str | None:
    """What Discord says, or nothing: not knowing means no."""
    try:
        return await asking
    except PostError as error:
        log.info("not_to_be_read", about=about, error=str(error))
    except Exception:  # an answer that nobody expected is no reason to show something
        log.exception("reading_failed", about=about)
    return None


def permissions(
    guild: Mapping[str, Any], channel: Mapping[str, Any], member_id: str, role_ids: Iterable[str]
) -> discord.Permissions:
    """What a member with these roles may do in a channel of a server, both as Discord's API gives them."""
    if str(guild.get("owner_id")) == member_id:
        return discord.Permissions.all()
    mine = {str(guild["id"]), *role_ids}
    bits = 0
    for role in guild.get("roles") or ():
        if str(role["id"]) in mine:
            bits |= int(role["permissions"])
    if discord.Permissions(bits).administrator:
        return discord.Permissions.all()
    overwrites = {str(one["id"]): one for one in channel.get("permission_overwrites") or ()}
    roles = [overwrites[one] for one in mine if one in overwrites and one != str(guild["id"])]
    joined = {"allow": 0, "deny": 0}
    for name in joined:
        for one in roles:
            joined[name] |= int(one[name])
    for layer in (overwrites.get(str(guild["id"])), joined, overwrites.get(member_id)):
        if layer:
            bits = bits & ~int(layer["deny"]) | int(layer["allow"])
    return discord.Permissions(bits)
