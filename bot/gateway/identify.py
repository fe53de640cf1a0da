"""When a shard may begin a new session at Discord's gateway (IDENTIFY).

Discord allows one IDENTIFY for each `shard % max_concurrency` in five seconds, over all processes of a token, and so many
in a day; past the day's number it revokes the token. A resumed session needs neither.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from bot.ports.database.processes.shards import ShardStore
from bot.ports.system import Clock

GAP = 6.0  # seconds between two turns of one key: Discord's five, and what a packet may be late
FRESH = 0.8  # seconds after asking for a turn within which it may be used; the rest of the gap is the packet's own way
LOOK_EVERY = 1.0
PATIENCE = 12.0  # seconds for which a socket is held open for its turn; half of a handshake

Take = Callable[[int], Awaitable[bool]]


class IdentifyBusy(Exception):
    """Other shards with the same key were first for as long as a socket can wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarts:
    """What `GET /gateway/bot` says of new sessions. left, total: of a day, None where it does not say. resets_in: seconds."""

    left: int | None = None
    total: int | None = None
    resets_in: float = 0.0
    max_concurrency: int = 1
    recommended_shards: int = 1

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """Read the answer. Whatever is missing or malformed counts as not said."""
        limit: dict[str, Any] = data.get("session_start_limit") or {}

        def number(found: object, otherwise: int) -> int:
            return found if isinstance(found, int) and found > 0 else otherwise

        left, total = limit.get("remaining"), limit.get("total")
        return cls(
            left=left if isinstance(left, int) else None,
            total=total if isinstance(total, int) else None,
            resets_in=number(limit.get("reset_after"), 0) / 1000,
            max_concurrency=number(limit.get("max_concurrency"), 1),
            recommended_shards=number(data.get("shards"), 1),
        )

    def too_few(self, reserve: float) -> bool:
        """Whether so few are left today that none should be used. reserve: the share of a day that is kept."""
        return self.left is not None and self.left <= (self.total or 0) * reserve

    def __str__(self) -> str:
        return (
            f"Discord allows this token {self.left} more of {self.total} new gateway sessions today, and revokes it where they"
            f" are used up; there are new ones in {self.resets_in / 3600:.1f} hours"
        )


class IdentifyGate:
    """Gives out the turns. take: takes the turn of a key if it is free now; it is free again GAP seconds later."""

    def __init__(self, take: Take | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._take = take or OwnTurns().take
        self._monotonic = monotonic
        self._opening: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def opening(self, key: int) -> AsyncGenerator[None]:
        """Hold this while a socket is opened and identified: of the shards with one key here, one has a socket that waits."""
        async with self._opening[key]:
            yield

    async def wait(self, key: int) -> None:
        """Take a turn, at most PATIENCE seconds from now. Raises IdentifyBusy, StoreUnavailable.

        A turn counts from when it is stored. One whose answer was long in coming (a slow database, a process that was
        stopped meanwhile) is not used: the next process may have its own by the time that this packet arrives.
        """
        until = self._monotonic() + PATIENCE
        while True:
            asked = self._monotonic()
            taken = await self._take(key)
            now = self._monotonic()
            if taken and now - asked <= FRESH:
                return
            if now + LOOK_EVERY > until:
                raise IdentifyBusy
            await asyncio.sleep(LOOK_EVERY)


class OwnTurns:
    """The turns of a process that is the only one with its token."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._free_at: dict[int, float] = {}

    async def take(self, key: int) -> bool:
        """Take a turn if it is free."""
        now = self._monotonic()
        if now < self._free_at.get(key, now):
            return False
        self._free_at[key] = now + GAP
        return True


class SharedTurns:
    """The turns of all processes, in their database. clock: agrees with those of the others."""

    def __init__(self, store: ShardStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def take(self, key: int) -> bool:
        """Take a turn if it is free. Raises StoreUnavailable."""
        return await self._store.take_identify(key, gap=timedelta(seconds=GAP), now=self._clock.now())
