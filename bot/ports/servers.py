"""Which servers the bot is in."""

import asyncio
from typing import Protocol


class Servers(Protocol):
    """Which servers the bot is in.

    changed: set whenever that may have changed; whoever waits for it clears it first.
    """

    changed: asyncio.Event

    def has(self, guild_id: str) -> bool | None:
        """Whether the bot is in a server, one that is away in an outage included; None while that is not known."""
        ...

    @property
    def named(self) -> bool:
        """Whether Discord has said since the start which servers there are."""
        ...


class EveryServer:
    """`Servers` for whoever has no gateway: the bot is in all of them."""

    named = True

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    def has(self, guild_id: str) -> bool | None:
        """It is."""
        return True
