"""What is true of a server: its language, its roles, what it takes as a file; and whether the bot is in it.

A process with the server's gateway events has it in discord.py's cache. Any other asks Discord, and keeps the answer for
ten minutes.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import discord
import structlog

from bot.domain.errors import PostError, PostImpossible
from bot.messenger.errors import errors
from bot.ports.servers import Servers

log = structlog.stdlib.get_logger()

KEPT_SECONDS = 600.0
GONE_SECONDS = 60.0  # an invitation is noticed sooner than a change of the server's settings
MOST = 2000  # servers
TIMEOUT = 30.0
_UNKNOWN_GUILD, _MISSING_ACCESS = 10004, 50001


@dataclass(frozen=True, slots=True)
class _Answer:
    guild: discord.Guild | None
    until: float


class DiscordGuilds:
    """Servers by id. monotonic: seconds of a clock that nobody sets."""

    def __init__(self, client: discord.Client, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._asking: dict[str, asyncio.Task[discord.Guild | None]] = {}

    async def get(self, guild_id: str) -> discord.Guild | None:
        """Return a server; None where the bot is not in it. Raises PostError where Discord does not say."""
        cached = self._client.get_guild(int(guild_id))
        if cached is not None and not cached.unavailable:
            return cached
        answer = self._answers.get(guild_id)
        if answer and self._monotonic() < answer.until:
            return answer.guild
        asking = self._asking.get(guild_id)
        if asking is None:
            asking = self._asking[guild_id] = asyncio.create_task(self._ask(guild_id), name="server")
            asking.add_done_callback(lambda _: self._asking.pop(guild_id, None))
        return await asyncio.shield(asking)

    async def _ask(self, guild_id: str) -> discord.Guild | None:
        guild: discord.Guild | None = None
        try:
            with errors():
                async with asyncio.timeout(TIMEOUT):
                    try:
                        guild = await self._client.fetch_guild(int(guild_id), with_counts=False)
                    except (discord.NotFound, discord.Forbidden) as error:
                        if error.code not in (_UNKNOWN_GUILD, _MISSING_ACCESS):
                            raise
        except PostImpossible as error:  # it says nothing about the message that is to be posted
            raise PostError(str(error)) from error
        kept = KEPT_SECONDS if guild else GONE_SECONDS
        self._answers[guild_id] = _Answer(guild, self._monotonic() + kept)
        self._answers.move_to_end(guild_id)
        if len(self._answers) > MOST:
            self._answers.popitem(last=False)
        return guild

    async def get_or_none(self, guild_id: str) -> discord.Guild | None:
        """Return a server, or None where it is not known: for what has a default."""
        try:
            return await self.get(guild_id)
        except PostError as error:
            log.info("server_unknown", guild=guild_id, error=str(error))
            return None


class AskedServers:
    """`bot.ports.servers.Servers` for a process that works for servers of other processes' shards too.

    Gateways see when a server removes the bot. own: what this process itself knows from its shards, if it has any.
    """

    named = True

    def __init__(self, guilds: DiscordGuilds, own: Servers | None = None) -> None:
        self._guilds = guilds
        self._own = own
        self.changed = own.changed if own else asyncio.Event()

    async def has(self, guild_id: str) -> bool | None:
        """See `Servers.has`; right to within ten minutes."""
        if self._own and (known := await self._own.has(guild_id)) is not None:
            return known
        try:
            return await self._guilds.get(guild_id) is not None
        except PostError as error:
            log.info("server_unknown", guild=guild_id, error=str(error))
            return None
