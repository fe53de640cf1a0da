"""Shards: the shares of a bot's servers, each with a gateway session of its own.

Discord sends a server's events to shard `(id >> 22) % of`, and direct messages to shard 0.
"""

import re
from dataclasses import dataclass
from typing import Self

from bot.domain.errors import WrongSettings

MOST = 16_000  # Discord's largest bots have some thousands
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?/([0-9]{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shards:
    """The shards first to last, both included, out of `of`."""

    first: int
    last: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `A-B/N`, or `A/N` for one shard. Raises WrongSettings."""
        found = _RANGE.fullmatch(text.strip())
        if found is None:
            raise WrongSettings(f"--shards is a range such as 0-1/4, not {text!r}")
        first, last, of = int(found[1]), int(found[2] or found[1]), int(found[3])
        if not 0 < of <= MOST:
            raise WrongSettings(f"--shards {text.strip()}: there are 1 to {MOST} shards")
        if not first <= last < of:
            raise WrongSettings(
                f"--shards {text.strip()}: the shards of {of} are 0 to {of - 1}, the first before the last"
            )
        return cls(first=first, last=last, of=of)

    @classmethod
    def all_of(cls, count: int) -> Self:
        """Every shard of so many."""
        return cls(first=0, last=count - 1, of=count)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}/{self.of}"

    @property
    def ids(self) -> range:
        """The ids of these shards."""
        return range(self.first, self.last + 1)

    def shard_of(self, guild_id: str | int) -> int:
        """The shard of a server, which may be one of another process."""
        return (int(guild_id) >> 22) % self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShards:
    """Shards that other processes hold. total: out of how many. by: the ids of these processes."""

    total: int
    by: tuple[str, ...]
