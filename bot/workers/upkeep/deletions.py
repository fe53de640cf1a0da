"""Erases what members have deleted, and their unfinished drafts.

A deletion that a crash has interrupted is finished here. Running jobs are erased when they end: then their files are on
the store's list, and are deleted here, as are files that a crash or a full disk has left. Drafts of forms, and open
confirmations of moderators, expire here.
"""

from datetime import timedelta

from bot.domain.errors import StoreUnavailable
from bot.domain.moderation.confirmation import CONFIRMATIONS_KEPT
from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.runtime.deletion_list import list_deletions
from bot.runtime.discarding import discard_listed
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 60.0
FORMS_KEPT = timedelta(days=7)


class Deletions:
    """Erases once a minute."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.loop = Periodic("privacy", self.look, every=EVERY)

    async def look(self) -> None:
        """Finish deletions, delete the files of erased jobs, and expire drafts."""
        await self._finish()
        await list_deletions(self._context)
        await discard_listed(self._context)
        await self._expire()

    async def _finish(self) -> None:
        try:
            if await self._context.store.finish_forgetting():
                log.info("forgetting_finished")
                self._context.wake_signals.send(Work.JOIN)  # joined videos with an erased part go too
        except StoreUnavailable as error:  # the next attempt is in a minute
            log.warning("not_forgotten", error=error.code)

    async def _expire(self) -> None:
        """Expire forms and confirmations that were left open: they hold text that members wrote."""
        context, now = self._context, self._context.clock.now()
        try:
            await context.store.forget_drafts(made_before=now - FORMS_KEPT)
            await context.store.forget_queries(made_before=now - FORMS_KEPT)
            await context.store.forget_confirmations(made_before=now - CONFIRMATIONS_KEPT)
        except StoreUnavailable as error:  # the next attempt is in a minute
            log.warning("drafts_not_forgotten", error=error.code)
