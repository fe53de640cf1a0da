"""Handles and stores each outcome of the paid call.

Why each is safe: `docs/decisions.md`, decision 3. An answer that the database does not take is kept and stored as soon as it
does, whatever became of the lease meanwhile: only a crash loses it.
"""

from datetime import datetime, timedelta

from bot.domain.errors import LostLease
from bot.domain.generation import TRIED_FOR, Generation, Reason
from bot.domain.provider import Accepted, Fault, JobStatus, NeverLeft, Outcome, Refused, RetryLater, Unclear
from bot.domain.queue.claims import Claim, Work
from bot.runtime.context import ServiceContext
from bot.runtime.persist import persist
from bot.runtime.server_log import announce_started
from bot.runtime.shared_facts import pause_submits
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.jobs.failing import Failure, fail_job
from bot.workers.models.refused_models import ModelRefusals

PAUSE = 60.0  # seconds between two attempts while UniAll refuses the key or has no funds
# Faults that concern the key and not one job, and the text for the operator.
KEY_ALERTS = {
    Fault.AUTH: "UniAll does not accept UNIALL_API_KEY (or it has run out of quota). Jobs wait; nothing is lost.",
    Fault.INSUFFICIENT_FUNDS: "The UniAll account has no funds left. Jobs wait; nothing is lost.",
}


class SubmitOutcomes:
    """Records the outcomes of claimed jobs. All but `submitted` raise LostLease if the claim is over."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._models = ModelRefusals(context)

    async def record(self, generation: Generation, claim: Claim, outcome: Outcome) -> None:
        """Store UniAll's answer."""
        context = self._context
        match outcome:
            case Accepted(status=status):
                await self.submitted(generation, claim, status)
            case Refused(fault=fault, detail=detail):
                self._models.refused(generation, outcome)
                await self._fail_or_move(generation, claim, fault, detail)
            case RetryLater():
                await self._wait(generation, claim, outcome)
            case NeverLeft():
                log.warning("uniall_unreachable", generation=generation.id)
                gap = context.retry_gap(generation.attempts, first=1, most=60)
                await self.release(generation, claim, hold="unreachable", gap=gap)
            case Unclear():
                log.warning("submit_unclear", generation=generation.id)
                now = context.clock.now()
                await persist(lambda: context.store.record_unclear(generation.id, claim, now=now))
                reach(Failpoint.SUBMIT_UNCLEAR)
                context.wake_signals.send(Work.CARD)

    async def submitted(self, generation: Generation, claim: Claim, status: JobStatus) -> None:
        """Store the job's id at UniAll before anything else happens, even if the lease is over."""
        context = self._context
        now = context.clock.now()
        gap = min(context.policy.poll_max, max(context.policy.poll_min, status.poll_after or 0))
        due = now + timedelta(seconds=gap)
        for fault in KEY_ALERTS:  # now, and not once this is stored: a poll may be refused meanwhile
            context.alerts.clear(fault)
        try:
            fresh = await persist(
                lambda: context.store.record_submitted(generation.id, claim, status, due_at=due, now=now)
            )
        except LostLease:
            fresh = await self._submitted_late(generation, status, due, now)
            if fresh is None:
                return
        reach(Failpoint.SUBMIT_RECORDED)
        announce_started(context, generation)
        self._models.accepted(generation.model)
        context.wake_signals.send(Work.POLL, Work.CARD)
        if not fresh:
            context.alerts.tell(
                f"id {status.job_id}",
                f"UniAll answered the submit of {generation.id} with {status.job_id}, which is another job's id.",
            )

    async def _submitted_late(
        self, generation: Generation, status: JobStatus, due: datetime, now: datetime
    ) -> bool | None:
        """Store UniAll's id after the lease has ended: this machine slept, or the database was unavailable for as long.

        Returns as `SubmitQueue.record_submitted`; None if the job has been given up meanwhile.
        """
        context, store = self._context, self._context.store
        log.warning("submitted_late", generation=generation.id, job=status.job_id)
        try:
            return await persist(lambda: store.record_submitted(generation.id, None, status, due_at=due, now=now))
        except LostLease:
            kept = await persist(lambda: store.keep_job_id(generation.id, status.job_id))
            log.warning("submitted_too_late", generation=generation.id, job=status.job_id, kept=kept)
            context.alerts.tell(
                f"late {generation.id}",
                f"UniAll answered the submit of {generation.id} with {status.job_id} after it had been given up. The member"
                " got their quota back; UniAll bills that job.",
            )
            return None

    async def _wait(self, generation: Generation, claim: Claim, outcome: RetryLater) -> None:
        """Keep a job that is refused for now: nothing was started, and it keeps its place and its quota."""
        context = self._context
        fault = outcome.fault
        if fault is Fault.MODEL_UNAVAILABLE and self._models.no_channel(generation.model):
            return await self._fail_or_move(generation, claim, fault, outcome.detail)
        gap = max(context.retry_gap(generation.attempts, first=2, most=60), timedelta(seconds=outcome.after or 0))
        of_key = outcome.coded and fault in KEY_ALERTS
        if of_key:
            gap = max(gap, timedelta(seconds=min(PAUSE, context.policy.poll_max)))
        of_all = of_key or fault is Fault.RATE_LIMITED
        begins = of_all and not context.backoff.holds(context.steady.now())
        if of_all:
            # It is the key's fault, not this job's.
            pause_submits(context, gap, str(fault))
        log.info("submit_waits", generation=generation.id, fault=fault, seconds=gap.total_seconds())
        hold = "unreachable" if fault in KEY_ALERTS and not of_key else fault
        await self.release(generation, claim, hold=hold, gap=gap, stops_all=begins)
        if of_key:
            context.alerts.tell(fault, KEY_ALERTS[fault])
        return None

    async def release(
        self, generation: Generation, claim: Claim, *, hold: str | None, gap: timedelta, stops_all: bool = False
    ) -> None:
        """Put a job back into the queue, until it was tried for long enough. An attempt that reached nobody does not
        count.

        hold: what it waits for; stops_all: this answer applies to all waiting jobs.
        """
        context = self._context
        asked = context.discord if hold == "image" else context.uniall
        tried = timedelta(0) if hold in (None, "unreachable") else context.counted_gap(asked, gap)
        if generation.tried >= TRIED_FOR and tried:
            return await self.fail(generation, claim, Reason.WAITED_TOO_LONG, hold or "")
        now = context.clock.now()
        await persist(
            lambda: context.store.release_submit(
                generation.id, claim, hold=hold, due_at=now + gap, now=now, tried=tried, stops_all=stops_all
            )
        )
        reach(Failpoint.SUBMIT_RELEASED)
        return context.wake_signals.send(Work.CARD)

    async def _fail_or_move(self, generation: Generation, claim: Claim, fault: str, detail: str) -> None:
        """Fail a refused job; but where its model has just been switched off and another offer makes the same, it waits on.

        The submit loop then moves it, as all others that wait for this model.
        """
        catalog = self._context.catalog
        if not catalog.offers_still(generation) and catalog.replacement(generation):
            await self.release(generation, claim, hold=None, gap=timedelta(0))
            self._context.wake_signals.send(Work.SUBMIT)
        else:
            await self.fail(generation, claim, fault, detail)

    async def fail(self, generation: Generation, claim: Claim, fault: str, detail: str = "") -> None:
        """Fail a job that will not be sent, and give everything back."""
        failure = Failure(fault=fault, detail=detail)
        await fail_job(self._context, generation, claim, failure, failpoint=Failpoint.SUBMIT_FAILED, until_stored=True)
