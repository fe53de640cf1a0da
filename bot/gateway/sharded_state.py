"""discord.py's cache for several shards, corrected for a shard that identifies anew.

discord.py's plain cache forgets all servers at READY, and its sharded one none: a server that the bot left while a shard
was disconnected would stay for ever.
"""

from typing import Any, cast

from discord.state import AutoShardedConnectionState


class ShardedState(AutoShardedConnectionState[Any]):
    """The cache of one shard or several."""

    def parse_ready(self, data: Any) -> None:
        """Forget the shard's servers, which READY names anew. One that asked for no shard has all servers."""
        shard: list[int] = data.get("shard") or [0, 1]
        data["shard"] = shard
        for guild in [guild for guild in self._guilds.values() if guild.shard_id == shard[0]]:
            self._remove_guild(guild)
        super().parse_ready(data)

    def parse_resumed(self, data: Any) -> None:
        """See `ConnectionState.parse_resumed`; the single shard has no id of its own."""
        cast("dict[str, Any]", data)["__shard_id__"] = data.get("__shard_id__") or 0
        super().parse_resumed(data)
