"""Makes the paid call. The intent is stored before it, so a job is sent at most once, whatever happens.

A crash anywhere in `_one` leaves `submitting`, which the next start turns into unknown. `bot.workers.jobs.submit_outcomes`
handles each outcome.
"""

import asyncio
from collections import Counter
from datetime import timedelta

from bot.domain.errors import ProviderError, StoreUnavailable
from bot.domain.generation import Generation, Reason
from bot.domain.provider import Fault, JobState, JobStatus
from bot.domain.queue.claims import Claim, Work
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import HOLD, NO_ROOM, PICTURES
from bot.runtime.persist import persist
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.jobs.earlier_submit import look_for_started
from bot.workers.jobs.submit_order import prepare_order
from bot.workers.jobs.submit_outcomes import KEY_ALERTS, SubmitOutcomes
from bot.workers.loops.claim_loop import ClaimLoop, one_by_one

LEASE = 600.0
TRIES_OF_LIST = 3
CONTESTED_GAP = timedelta(seconds=5)  # a doubt is settled within half a minute
UNKNOWN_SERVER = timedelta(seconds=1)  # until Discord has named all servers
NO_HEARTBEAT = timedelta(seconds=1)  # until the database has confirmed one, or has declared this process dead


class SubmitWorker:
    """Submits reserved jobs while fewer than `max_in_flight` are at UniAll."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._unlisted: Counter[str] = Counter()  # by generation: failed searches for an earlier start
        self._swept: frozenset[str] | None = None  # the models that could be ordered when no job waited for another
        self._outcomes = SubmitOutcomes(context)
        self.loop = ClaimLoop(
            context,
            Work.SUBMIT,
            one_by_one(self._claim),
            self._one,
            width=context.policy.max_in_flight,
            lease=LEASE,
            finishes=True,
        )

    async def _claim(self, claim: Claim) -> Generation | None:
        context = self._context
        if context.disk.full or context.backoff.holds(context.steady.now()) or not context.servers.named:
            return None
        usable = context.catalog.usable_models()
        if usable != self._swept:  # what waits for a model that is gone does not wait for its turn
            unsettled = frozenset(context.unsettled)
            found = await context.store.claim_withdrawn(claim, usable, now=context.clock.now(), unsettled=unsettled)
            if found:
                return found
            self._swept = usable
        claimed = await context.store.claim_submit(
            claim,
            most=context.policy.max_in_flight,
            now=context.clock.now(),
            there=context.uniall.now(),
            unsettled=frozenset(context.unsettled),
        )
        if claimed:
            context.wake_signals.send(Work.CARD)  # the others move up
        return claimed

    async def _one(self, generation: Generation, claim: Claim) -> None:
        self._context.sending.add(generation.id)
        try:
            await self._send(generation, claim)
        finally:
            self._context.sending.discard(generation.id)

    async def _send(self, generation: Generation, claim: Claim) -> None:
        context = self._context
        # Checked after the claim: the bot may have left the server since its waiting jobs were given back.
        serves = await context.serves(generation.guild_id)
        if serves is False:
            return await self._outcomes.fail(generation, claim, Reason.SERVER_LEFT)
        if serves is None:
            return await self._outcomes.release(generation, claim, hold=None, gap=UNKNOWN_SERVER)
        if not context.catalog.offers_still(generation):
            return await self._move(generation, claim)
        try:
            order = await prepare_order(context, generation)
        except asyncio.CancelledError:
            await self._release_unsent(generation, claim)
            raise
        except Exception as error:  # noqa: BLE001 - nothing was sent; a bug must not keep a member's quota and a slot
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                return await self._no_room(generation, claim, error)
            log.exception("no_order", generation=generation.id)
            order = Reason.IMAGE_GONE if generation.image else Reason.MODEL_WITHDRAWN
        if isinstance(order, Reason):
            return await self._outcomes.fail(generation, claim, order)
        if order is None:
            return await self._outcomes.release(
                generation, claim, hold="image", gap=context.retry_gap(generation.attempts, first=2, most=60)
            )
        reach(Failpoint.SUBMIT_CLAIMED)
        if generation.attempts > 1 and await self._was_started(generation, claim):
            return None
        if not context.process.may_act():  # it may have been given back meanwhile: the lease says whether it was
            log.warning("not_sent", generation=generation.id, why="no heartbeat")
            return await self._outcomes.release(generation, claim, hold=None, gap=NO_HEARTBEAT)
        try:
            outcome = await context.provider.submit(order)
        except OSError:  # the image file is gone; it is read before anything is sent
            return await self._outcomes.fail(generation, claim, Reason.IMAGE_GONE)
        except BaseException:
            # A stop, or a bug of our own, somewhere in the call: it is unknown whether the request was read.
            try:
                await context.store.record_unclear(generation.id, claim, now=context.clock.now())
            except StoreUnavailable as error:  # the next start doubts it too, and before that, the end of its lease
                log.warning("not_stored", error=error)
            raise
        reach(Failpoint.SUBMIT_ANSWERED)
        log.info("submit_outcome", generation=generation.id, outcome=type(outcome).__name__.lower())
        return await self._outcomes.record(generation, claim, outcome)

    async def _move(self, generation: Generation, claim: Claim) -> None:
        """Give a job whose model is gone to the next offer that makes the same for no more, else give it back.

        An earlier attempt with the old model may have started it, although it was refused.
        """
        context = self._context
        if generation.attempts and await self._was_started(generation, claim):
            return
        offer = context.catalog.replacement(generation)
        if offer is None:
            await self._outcomes.fail(generation, claim, Reason.MODEL_WITHDRAWN)
            return
        log.warning("moved", generation=generation.id, model=generation.model, to=offer.model)
        now = context.clock.now()
        await persist(
            lambda: context.store.move_submit(generation.id, claim, model=offer.model, form=offer.format, now=now)
        )
        reach(Failpoint.SUBMIT_MOVED)
        context.wake_signals.send(Work.SUBMIT, Work.CARD)

    async def _release_unsent(self, generation: Generation, claim: Claim) -> None:
        """Release a job that was stopped before the call: provably nothing was sent."""
        now = self._context.clock.now()
        try:
            await self._context.store.release_submit(generation.id, claim, hold=None, due_at=now, now=now)
        except StoreUnavailable as error:  # the next start doubts it
            log.warning("not_stored", error=error)

    async def _was_started(self, generation: Generation, claim: Claim) -> bool:
        """Return whether nothing may be sent now: an earlier attempt started the job, or this is not known yet.

        After a list has failed three times in a row, the job no longer waits for it.
        """
        context = self._context
        try:
            started = await look_for_started(context, generation)
        except ProviderError as error:
            self._unlisted[generation.id] += 1
            if self._unlisted[generation.id] > TRIES_OF_LIST:
                return False
            log.info("list_failed", generation=generation.id, fault=error.fault)
            hold = error.fault if error.fault in (*KEY_ALERTS, Fault.RATE_LIMITED) else "unreachable"
            bounds = context.policy
            gap = context.retry_gap(self._unlisted[generation.id], first=bounds.poll_min, most=bounds.poll_max)
            await self._outcomes.release(generation, claim, hold=hold, gap=gap)
            return True
        except StoreUnavailable as error:
            log.warning("not_looked_up", generation=generation.id, error=error)
            await self._outcomes.release(generation, claim, hold="unreachable", gap=CONTESTED_GAP)
            return True
        except asyncio.CancelledError:
            await self._release_unsent(generation, claim)
            raise
        self._unlisted.pop(generation.id, None)
        if started.contested:
            await self._outcomes.release(generation, claim, hold="unreachable", gap=CONTESTED_GAP)
            return True
        if not started.jobs:
            return False
        first, *more = started.jobs
        log.warning("started_before", generation=generation.id, job=first.job_id)
        await self._outcomes.submitted(generation, claim, JobStatus(job_id=first.job_id, state=JobState.QUEUED))
        if more:
            context.alerts.tell(
                f"started twice {generation.id}",
                f"UniAll lists {len(started.jobs)} jobs for {generation.id}, although it refused each try; one is followed,"
                " the others may have been billed.",
            )
        return True

    async def _no_room(self, generation: Generation, claim: Claim, error: OSError) -> None:
        """Wait for as long as it takes: the picture cannot be resized on a full disk, and nothing was sent."""
        context = self._context
        log.error("disk", generation=generation.id, error=error)
        context.local_disk.write_refused(PICTURES)
        now = context.clock.now()
        due = now + context.retry_gap(generation.attempts, first=2, most=60)
        await persist(lambda: context.store.release_submit(generation.id, claim, hold=HOLD, due_at=due, now=now))
        context.wake_signals.send(Work.CARD)
