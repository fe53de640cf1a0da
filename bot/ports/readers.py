"""Who can read which channel, asked of Discord."""

from collections.abc import Collection
from typing import Protocol

from bot.domain.mentions import Mentioned, Names
from bot.domain.visibility import Reader


class Readers(Protocol):
    """Discord, asked what a member can read. Not knowing means no: neither of these raises."""

    async def readable(self, reader: Reader, channel_ids: Collection[str]) -> frozenset[str]:
        """Those of these channels and threads that the member can read now."""
        ...

    async def names(self, reader: Reader, asked: Mentioned) -> Names:
        """What is called how, as far as the member can see it."""
        ...


class NobodyKnows:
    """`Readers` where there is no Discord to ask: a member reads where they act."""

    async def readable(self, reader: Reader, channel_ids: Collection[str]) -> frozenset[str]:
        """See `Readers.readable`."""
        return reader.here & frozenset(channel_ids)

    async def names(self, reader: Reader, asked: Mentioned) -> Names:
        """See `Readers.names`."""
        return Names()
