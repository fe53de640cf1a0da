"""Checks what a member can read in Discord right now: `bot.ports.readers.Readers` on a discord.py client.

It uses REST for members and channels: the cache has no members, and holds only a stub of a channel that is hidden from
the bot. A member's permissions are computed as on Discord's page "Permissions", from the server's roles, the channel's
overwrites and the roles that came with the interaction. A private thread can be read by its members, and by members who
may manage threads. Whatever is not answered in time, or with an error, counts as not readable.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

import discord
import structlog

from bot.domain.errors import PostError
from bot.domain.requests.mentions import Mentioned, Names
from bot.domain.versions.visibility import Reader
from bot.messenger.errors import errors
from bot.messenger.guilds import DiscordGuilds

log = structlog.stdlib.get_logger()

Ask = Callable[[str], Awaitable[str | None]]  # returns what Discord has for one id
REPLY_TIMEOUT = 1.5  # of the three seconds that Discord waits for a reply
MOST_IDS = 25  # channels, or members, for one reply
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
    """Requests permissions and names from Discord."""

    def __init__(self, client: discord.Client, guilds: DiscordGuilds) -> None:
        self._client = client
        self._guilds = guilds

    async def readable(self, reader: Reader, channel_ids: Collection[str]) -> frozenset[str]:
        """See `Readers.readable`."""
        here = reader.here & frozenset(channel_ids)
        others = list(dict.fromkeys(one for one in channel_ids if one not in here))[:MOST_IDS]
        return here | frozenset(await self._channels(reader, others)) if others else here

    async def names(self, reader: Reader, asked: Mentioned) -> Names:
        """See `Readers.names`. A channel's name is returned only if the reader can read it."""
        users, channels, roles = await asyncio.gather(
            self._in_time(sorted(asked.users), lambda user_id: self._member(reader.guild_id, user_id)),
            self._channels(reader, sorted(asked.channels)[:MOST_IDS]),
            self._roles(reader, asked.roles),
        )
        return Names(users=users, roles=roles, channels=channels)

    async def _roles(self, reader: Reader, role_ids: Collection[str]) -> dict[str, str]:
        if not role_ids:
            return {}
        try:
            async with asyncio.timeout(REPLY_TIMEOUT):
                guild = await self._guilds.get_or_none(reader.guild_id)
        except TimeoutError:
            guild = None
        return {str(role.id): role.name for role in guild.roles if str(role.id) in role_ids} if guild else {}

    async def _channels(self, reader: Reader, channel_ids: Collection[str]) -> dict[str, str]:
        """Return the names of the channels that can be read."""
        if not channel_ids:
            return {}
        guild = asyncio.ensure_future(self._client.http.get_guild(int(reader.guild_id), with_counts=False))
        try:
            return await self._in_time(channel_ids, lambda channel_id: self._channel(reader, guild, channel_id))
        finally:
            guild.cancel()
            await asyncio.gather(guild, return_exceptions=True)

    async def _in_time(self, ids: Collection[str], ask: Ask) -> dict[str, str]:
        """Return the results that arrive in time, by id."""
        tasks = {one: asyncio.create_task(_or_none(one, ask(one)), name="reading") for one in list(ids)[:MOST_IDS]}
        if not tasks:
            return {}
        try:
            _, late = await asyncio.wait(tasks.values(), timeout=REPLY_TIMEOUT)
            if late:
                log.warning("not_answered_in_time", requested=len(tasks), late=len(late))
        finally:
            for task in tasks.values():
                task.cancel()
        results = {one: task.result() for one, task in tasks.items() if task.done() and not task.cancelled()}
        return {one: name for one, name in results.items() if name is not None}

    async def _channel(self, reader: Reader, guild: "asyncio.Future[Any]", channel_id: str) -> str | None:
        """Return the name of a channel or thread if the reader can read it.

        Raises PostError if Discord does not answer.
        """
        http = self._client.http
        with errors():
            channel: Mapping[str, Any] = await http.get_channel(int(channel_id))
            if str(channel.get("guild_id")) != reader.guild_id:
                return None
            kind, place = channel.get("type"), channel
            if kind in _THREADS:
                place = await http.get_channel(int(str(channel.get("parent_id"))))
            allowed = permissions(await asyncio.shield(guild), place, reader.member_id, reader.role_ids)
            if not (allowed.view_channel and allowed.read_message_history):
                return None
            if place.get("type") in _VOICE and not allowed.connect:
                return None
            if kind == discord.ChannelType.private_thread.value and not allowed.manage_threads:
                # Discord returns 404 for anybody who is not a member of the thread.
                await http.get_thread_member(int(channel_id), int(reader.member_id))
        return str(channel.get("name") or "")

    async def _member(self, guild_id: str, user_id: str) -> str | None:
        """Return a member's name in the server."""
        with errors():
            member: Mapping[str, Any] = await self._client.http.get_member(int(guild_id), int(user_id))
        user: Mapping[str, Any] = member.get("user") or {}
        return member.get("nick") or user.get("global_name") or user.get("username")


async def _or_none(about: str, asking: Awaitable[str | None]) -> str | None:
    """Return the result, or None after an error: what is unknown counts as no."""
    try:
        return await asking
    except PostError as error:
        log.info("not_to_be_read", about=about, error=str(error))
    except Exception:  # an unexpected answer is no reason to show something
        log.exception("reading_failed", about=about)
    return None


def permissions(
    guild: Mapping[str, Any], channel: Mapping[str, Any], member_id: str, role_ids: Iterable[str]
) -> discord.Permissions:
    """Return a member's permissions in a channel; `guild` and `channel` are as in Discord's API."""
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
