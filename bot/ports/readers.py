"""Who can read which channel, according to Discord."""

from collections.abc import Collection
from typing import Protocol

from bot.domain.requests.mentions import Mentioned, Names
from bot.domain.versions.visibility import Reader


class Readers(Protocol):
    """What a member can read, according to Discord. If Discord does not say, the member cannot read it; no method raises."""

    async def readable(self, reader: Reader, channel_ids: Collection[str]) -> frozenset[str]:
        """The channels and threads, out of `channel_ids`, that the member can read now."""
        ...

    async def names(self, reader: Reader, asked: Mentioned) -> Names:
        """The names of these ids, as far as the member can see them."""
        ...


class NobodyKnows:
    """`Readers` without Discord: a member can read the channels in which they act."""

    async def readable(self, reader: Reader, channel_ids: Collection[str]) -> frozenset[str]:
        """See `Readers.readable`."""
        return reader.here & frozenset(channel_ids)

    async def names(self, reader: Reader, asked: Mentioned) -> Names:
        """See `Readers.names`."""
        return Names()
