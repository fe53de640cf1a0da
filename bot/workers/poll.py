"""Polls all jobs in one loop, by due time. A failed poll never fails a job.

The gap grows with a job's age (a tenth of it) between the operator's bounds, with jitter; a `Retry-After` of the API
counts within them. A job that does not end frees its slot after its soft deadline, and is given up after `TRIED_FOR`.
Only the gaps between its polls count, so time in which the bot did not run or UniAll was unavailable does not. Sources:
`docs/sources.md`, the video API.
"""

from datetime import datetime, timedelta

from bot.domain.claims import Claim, Work
from bot.domain.errors import ProviderError
from bot.domain.generation import TRIED_FOR, Generation, Reason
from bot.domain.jobs import Fault, JobState, JobStatus
from bot.runtime.context import ServiceContext
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.log import log
from bot.workers.claim_loop import ClaimLoop
from bot.workers.failing import Failure, fail_job

LEASE = 120.0
WIDTH = 64
OVERDUE_WIDTH = (
    WIDTH // 2
)  # of jobs past their soft deadline, whose polls may hang too, so that the others get their turn
FORGOTTEN_AFTER = timedelta(minutes=2)


class PollWorker:
    """Polls the status of submitted jobs."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.loop = ClaimLoop(context, Work.POLL, self._claim, self._one, width=WIDTH, lease=LEASE)

    async def _claim(self, claim: Claim) -> Generation | None:
        room = self.loop.under_way(lambda job: job.overdue) < OVERDUE_WIDTH
        return await self._context.store.claim_poll(claim, now=self._context.clock.now(), overdue_too=room)

    async def _one(self, generation: Generation, claim: Claim) -> None:
        context = self._context
        if generation.job_id is None:
            raise AssertionError("a submitted job has UniAll's id; the schema holds it")
        reach(Failpoint.POLL_CLAIMED)
        try:
            status = await context.provider.status(generation.job_id, format=generation.format)
        except ProviderError as error:
            return await self._unanswered(generation, claim, error)
        reach(Failpoint.POLL_ANSWERED)
        now = context.clock.now()
        match status.state:
            case JobState.SUCCEEDED:
                log.info("rendered", generation=generation.id, seconds=_age(generation, now))
                await context.store.record_rendered(generation.id, claim, video_url=status.video_url, now=now)
                reach(Failpoint.POLL_RENDERED)
                context.wake_signals.send(Work.FETCH, Work.SUBMIT)
            case JobState.FAILED:
                fault = status.fault or Fault.UPSTREAM_FAILED
                await self._fail(generation, claim, Failure(fault=fault, detail=status.detail))
            case JobState.EXPIRED:
                await self._fail(generation, claim, Failure(fault=Fault.EXPIRED, detail=status.detail))
            case JobState.QUEUED | JobState.RUNNING:
                await self._again(generation, claim, status, now)

    async def _again(self, generation: Generation, claim: Claim, status: JobStatus, now: datetime) -> None:
        if generation.tried >= TRIED_FOR:
            return await self._fail(generation, claim, Failure(fault=Reason.TIMED_OUT, billed=True))
        gap = self._gap(generation, now, status.poll_after)
        await self._context.store.record_poll(
            generation.id,
            claim,
            progress=status.progress,
            missing_since=None,
            due_at=now + gap,
            now=now,
            tried=gap,
        )
        reach(Failpoint.POLL_RECORDED)
        self._context.wake_signals.send(Work.CARD)
        return None

    async def _unanswered(self, generation: Generation, claim: Claim, error: ProviderError) -> None:
        """Keep the job: a failed poll says nothing about it.

        Only UniAll's own "no such job", for minutes, means that it is lost.
        """
        context = self._context
        now = context.clock.now()
        log.info("poll_failed", generation=generation.id, fault=error.fault)
        missing = generation.missing_since
        if error.fault is Fault.NOT_FOUND:
            # The time between the due time and now does not count: the bot did not run, or the clock was changed.
            late = max(timedelta(0), now - generation.due_at)
            missing = min(now, (missing or now) + late)
            if now - missing > FORGOTTEN_AFTER:
                alert = f"UniAll no longer knows job {generation.job_id} ({generation.id}); it may have been billed."
                lost = Failure(fault=Reason.LOST, detail=error.detail, billed=True, alert=alert)
                return await self._fail(generation, claim, lost)
        elif error.fault is Fault.AUTH:
            context.alerts.tell(error.fault, "UniAll does not accept UNIALL_API_KEY while polling. Jobs are kept.")
        gap = self._gap(generation, now, error.retry_after)
        tried = context.counted_gap(context.uniall, gap)
        if generation.tried >= TRIED_FOR and tried:
            timed_out = Failure(fault=Reason.TIMED_OUT, detail=error.detail, billed=True)
            return await self._fail(generation, claim, timed_out)
        await context.store.record_poll(
            generation.id,
            claim,
            progress=None,
            missing_since=missing,
            due_at=now + gap,
            now=now,
            tried=tried,
        )
        return None

    def _gap(self, generation: Generation, now: datetime, asked: float | None) -> timedelta:
        policy = self._context.policy
        gap = _age(generation, now) / 10 * self._context.random.uniform(0.8, 1.2)
        return timedelta(seconds=min(policy.poll_max, max(policy.poll_min, gap, asked or 0)))

    async def _fail(self, generation: Generation, claim: Claim, failure: Failure) -> None:
        await fail_job(self._context, generation, claim, failure, failpoint=Failpoint.POLL_FAILED)


def _age(generation: Generation, now: datetime) -> float:
    return max(0.0, (now - (generation.submitted_at or now)).total_seconds())
