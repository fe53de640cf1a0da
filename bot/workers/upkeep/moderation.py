"""Finishes what moderators and reporters have begun: a removed video is not seen, and each report has its message.

A removed video that is still made is not posted (`bot.workers.jobs.posting`). Where its post was under way already, it is
deleted here; then the file goes. The messages of reports that a crash or an outage left behind are brought up to date
(`bot.runtime.report_messages`), and reports of a video that was deleted while the bot did not run are closed.
"""

import asyncio
from datetime import datetime, timedelta

from bot.domain.errors import PostError, StoreUnavailable
from bot.domain.generation import Generation, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.messages.posts import MessageStatus
from bot.domain.messages.result_status import posted_message
from bot.domain.moderation.reports import CaseEnd
from bot.runtime.context import ServiceContext
from bot.runtime.discarding import discard_or_list
from bot.runtime.report_messages import refresh
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 30.0  # seconds between two looks
EVERY_SHARED = 5.0  # where other processes leave something to do without waking this one
BATCH = 20
CHECKED = 50  # open cases whose video is looked for
CHECK_EVERY = timedelta(hours=1)
RETRY_GAPS = (timedelta(minutes=1), timedelta(hours=6))


class ModerationWorker:
    """Looks for removals and reports that are not done."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._check_at: datetime | None = None  # in monotonic time
        every = EVERY if context.process.alone else EVERY_SHARED
        self.loop = Periodic("moderation", self.look, every=every, wake=context.moderation)

    async def look(self) -> None:
        """Do everything that is due."""
        context = self._context
        try:
            now = context.clock.now()
            for generation_id in await context.store.removals_due(now=now, limit=BATCH):
                await self._finish_removal(generation_id, now)
            await self._check_cases()
            for generation_id in await context.store.cases_due(now=now, limit=BATCH):
                await refresh(context, generation_id)
        except StoreUnavailable as error:  # all of it is still due
            log.warning("moderation_postponed", error=error)

    async def _finish_removal(self, generation_id: str, now: datetime) -> None:
        """Delete the post of a removed video, if there is one, and its file. A crash in between repeats it."""
        context, store = self._context, self._context.store
        generation, delivery = await store.generation(generation_id), await store.delivery_of(generation_id)
        if generation is None:
            return
        if generation.state is State.SUCCEEDED and (
            delivery is None or delivery.state in (DeliveryState.QUEUED, DeliveryState.SENDING)
        ):
            return  # the end of its delivery wakes this worker
        posted = posted_message(generation, delivery)
        if posted:
            try:
                await context.messenger.delete_message(posted.channel_id, generation.guild_id, posted.message_id)
            except PostError as error:
                removal = await store.removal(generation_id)
                gap = min(max((now - removal.at) / 4 if removal else RETRY_GAPS[0], RETRY_GAPS[0]), RETRY_GAPS[1])
                log.warning("not_removed", generation=generation_id, error=error, again_in=gap.total_seconds())
                await store.record_removal(generation_id, due_at=now + gap)
                return
            await store.remove_result(generation_id, None, now=now)
        if generation.video:
            await discard_or_list(context, [generation.video.file])
        await store.record_removal(generation_id, due_at=None)
        log.info("removed", generation=generation_id, posted=posted is not None)
        await self._show(generation)

    async def _show(self, generation: Generation) -> None:
        """Bring the card up to date."""
        context = self._context
        try:
            await context.messenger.edit_card(generation, await context.store.card_context(generation), "")
        except PostError as error:
            log.info("card_gone", generation=generation.id, error=error)

    async def _check_cases(self) -> None:
        """Close the open reports whose video is no longer there. A channel that may not be read proves nothing."""
        context, steady = self._context, self._context.steady.now()
        if self._check_at is not None and steady < self._check_at:
            return
        self._check_at = steady + CHECK_EVERY
        for case in await context.store.open_cases(limit=CHECKED):
            generation = await context.store.generation(case.generation_id)
            delivery = await context.store.delivery_of(case.generation_id)
            posted = posted_message(generation, delivery) if generation else None
            try:
                if posted and await context.messenger.message_status(posted.channel_id, posted.message_id) is (
                    MessageStatus.THERE
                ):
                    continue
            except PostError as error:
                log.info("report_not_checked", generation=case.generation_id, error=error)
                continue
            await context.store.settle_reports(case.generation_id, "", CaseEnd.GONE)
            await asyncio.sleep(0)
