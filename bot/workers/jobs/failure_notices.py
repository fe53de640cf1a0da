"""Tells the author of a job that has failed after it was sent, in a message of its own, once.

See `bot.domain.messages.failure_notice`. A channel that is gone, or in which the bot may no longer post, ends the notice: nobody
could read it there.
"""

from datetime import timedelta

from bot.domain.errors import PostError, PostImpossible, StoreFault, StoreUnavailable
from bot.domain.generation import TRIED_FOR, Generation
from bot.domain.messages.failure_notice import FailureNotice
from bot.domain.queue.claims import Claim, Work
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.loops.claim_loop import ClaimLoop, one_by_one

LEASE = 600.0
WIDTH = 4
LONGEST_RETRY_AFTER = timedelta(hours=1)


class FailureNoticeWorker:
    """Posts the queued notices."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.loop = ClaimLoop(
            context, Work.TELL, one_by_one(self._claim), self._one, width=WIDTH, lease=LEASE, finishes=True
        )

    async def _claim(self, claim: Claim) -> FailureNotice | None:
        return await self._context.store.claim_notice(claim, now=self._context.clock.now())

    async def _one(self, notice: FailureNotice, claim: Claim) -> None:
        context, generation = self._context, notice.generation
        reach(Failpoint.NOTICE_CLAIMED)
        try:
            if notice.attempts == 1 or not await context.messenger.find_failure(generation):
                if not context.process.may_act():  # somebody else may post it
                    raise StoreUnavailable(StoreFault.UNAVAILABLE, "no heartbeat")
                await context.messenger.post_failure(notice)
        except PostImpossible as error:
            log.info("author_not_told", generation=generation.id, error=error)
            return await self._end(generation, claim, sent=False)
        except (PostError, StoreUnavailable) as error:
            return await self._again(notice, claim, error)
        reach(Failpoint.NOTICE_POSTED)
        return await self._end(generation, claim, sent=True)

    async def _end(self, generation: Generation, claim: Claim, *, sent: bool) -> None:
        await persist(lambda: self._context.store.end_notice(generation.id, claim, sent=sent))
        log.info("author_told" if sent else "notice_dropped", generation=generation.id)

    async def _again(self, notice: FailureNotice, claim: Claim, error: PostError | StoreUnavailable) -> None:
        context, generation = self._context, notice.generation
        asked = timedelta(seconds=error.retry_after or 0 if isinstance(error, PostError) else 0)
        gap = max(context.retry_gap(notice.attempts, first=0.5, most=300), min(asked, LONGEST_RETRY_AFTER))
        tried = timedelta(0) if isinstance(error, StoreUnavailable) else context.counted_gap(context.discord, gap)
        if notice.tried >= TRIED_FOR and tried:
            return await self._end(generation, claim, sent=False)
        log.warning("notice_failed", generation=generation.id, error=error, again_in=gap.total_seconds())
        now = context.clock.now()
        return await persist(
            lambda: context.store.retry_notice(generation.id, claim, due_at=now + gap, now=now, tried=tried)
        )
