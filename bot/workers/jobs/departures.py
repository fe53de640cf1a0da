"""Gives back the waiting jobs of servers that removed the bot, or that are no longer in ALLOWED_GUILD_IDS.

Waiting jobs are given back at once. Jobs that UniAll already has are finished, and kept if they cannot be posted. A
server that is unavailable in an outage has not left: Discord still names it. After a crash in the middle, the next
start does the rest.
"""

from bot.domain.generation import Reason
from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

AT_ONCE = 100  # jobs in one transaction, so that other writes get their turn


class Departures:
    """Gives back the waiting jobs of servers that are gone, whenever the list of servers changes."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.loop = Periodic("departures", self.look, every=None, wake=context.servers.changed)

    async def look(self) -> None:
        """Give back every waiting job of a server that is gone.

        The first check needs no Discord: it finds servers that the operator no longer allows.
        """
        context = self._context
        for guild_id in await context.store.waiting_guilds():
            if await context.serves(guild_id) is not False:
                continue
            count = AT_ONCE
            while count:  # one that is claimed meanwhile is not given back, so that fewer do not mean the last
                count = await context.store.give_back_waiting(
                    guild_id, fault=Reason.SERVER_LEFT, most=AT_ONCE, now=context.clock.now()
                )
                log.info("given_back", guild=guild_id, jobs=count)
            context.wake_signals.send(Work.CARD)
        context.wake_signals.send(Work.SUBMIT)  # some jobs may only have waited to know that their server is there
