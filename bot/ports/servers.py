"""Which servers the bot is in."""

import asyncio
from typing import Protocol


class Servers(Protocol):
    """Which servers the bot is in.

    changed: set whenever that may have changed; the task that waits for it clears it first.
    """

    changed: asyncio.Event

    async def has(self, guild_id: str) -> bool | None:
        """Whether the bot is in a server, including one that is unavailable in an outage; None while that is not known."""
        ...

    @property
    def named(self) -> bool:
        """Whether Discord has sent the list of servers since the start."""
        ...


class EveryServer:
    """`Servers` without Discord: the bot counts as a member of every server."""

    named = True

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    async def has(self, guild_id: str) -> bool | None:
        """Always True."""
        return True
