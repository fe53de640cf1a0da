"""Holds this process's shards of the gateway, so that no other process receives the same events.

A second process for the same shards is a hot standby: it waits, and takes over once the holder has stopped or is dead. It
looks for itself whether the holder is dead, because without a worker nobody leads.
"""

import asyncio

from bot.domain.errors import StoreUnavailable, Unusable
from bot.domain.processes.shards import HeldShards, Shards
from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.runtime.own_process import uptime
from bot.system.log import log
from bot.workers.processes.heartbeat import Unseen

LOOK_EVERY = 2.0  # seconds


class ShardOwnership:
    """Shards are held for as long as the process has a row."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._unseen = Unseen()
        self.waits_for: str | None = None
        """The shards that another process holds, while this one waits for them."""

    async def take(self, shards: Shards) -> None:
        """Wait until all of these shards are free, and hold them. Raises Unusable where their number is another one."""
        try:
            while (held := await self._try(shards)) is not None:
                if held.total != shards.of:
                    raise Unusable(
                        f"another process holds shards of {held.total}, and this one is to hold {shards}; stop every"
                        " gateway before their number changes"
                    )
                if self.waits_for is None:
                    self.waits_for = f"shards {shards}"
                    log.info("standby", shards=str(shards), held_by=",".join(held.by))
                await self._look_at(held)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            self.waits_for = None
        log.info("shards_taken", shards=str(shards))

    async def _try(self, shards: Shards) -> HeldShards | None:
        """Raises StoreUnavailable only where it is the operator's to mend."""
        while True:
            try:
                return await self._context.store.take_shards(self._context.process.id, shards)
            except StoreUnavailable as error:
                log.warning("shards_not_taken", error=error)
                await asyncio.sleep(LOOK_EVERY)

    async def _look_at(self, held: HeldShards) -> None:
        """Declare the holders dead that nobody has seen for thirty seconds."""
        context = self._context
        try:
            holders = [one for one in await context.store.processes() if one.id in held.by]
            if unseen := self._unseen.look(holders, uptime()):
                dead = await context.store.declare_dead(unseen, now=context.clock.now())
                log.warning("holders_dead", processes=",".join(dead))
                context.wake_signals.send(*Work)  # for what they had claimed
        except StoreUnavailable as error:
            log.warning("holders_not_looked_at", error=error)
