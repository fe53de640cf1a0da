"""Which servers the bot is in, according to the gateway's events."""

import asyncio
from collections.abc import Callable

import discord

from bot.domain.processes.shards import Shards


class GatewayServers:
    """`bot.ports.servers.Servers` for the shards of this process; what it cannot know is None.

    A shard's READY names every server of it, also those that are unavailable. A server that it does not name may still
    be announced until discord.py considers the list complete. From then on, GUILD_CREATE adds a server, and a
    GUILD_DELETE that does not call it unavailable removes one; discord.py's list holds exactly these.
    """

    def __init__(self, bot: discord.Client, shards: Callable[[], Shards]) -> None:
        self._bot = bot
        self._shards = shards
        self._named: set[int] = set()
        self._whole: set[int] = set()
        self.changed = asyncio.Event()

    @property
    def named(self) -> bool:
        """Whether any shard of this process has sent its list of servers since the start; `has` knows which."""
        return bool(self._named)

    async def has(self, guild_id: str) -> bool | None:
        """Return whether the bot is in a server; None while that is unknown, as it always is of another process's shard."""
        if self._bot.get_guild(int(guild_id)) is not None:
            return True
        return False if self._shards().shard_of(guild_id) in self._whole else None

    def record(self, event: str, shard_id: int) -> None:
        """Receive an event from discord.py. shard_id: whose it is, in the events of a shard."""
        if event == "shard_connect":
            self._named.add(shard_id)
            self._whole.discard(shard_id)
        elif event == "shard_ready":
            self._whole.add(shard_id)
        if event in ("shard_connect", "shard_ready", "guild_join", "guild_remove"):
            self.changed.set()
