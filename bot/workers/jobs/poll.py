"""Polls all jobs in one loop, by due time. A failed poll never fails a job.

The gap grows with a job's age (a tenth of it) between the operator's bounds, with jitter; a `Retry-After` of the API
counts within them. A job that does not end frees its slot after its soft deadline, and is given up after `TRIED_FOR`.
Only the gaps between its polls count, so time in which the bot did not run or UniAll was unavailable does not. Sources:
`docs/sources.md`, the video API.

Jobs are claimed many at a time, up to a second ahead. What a restart must know about the end of a job is stored at
once; that it is still running is stored with others (`bot.workers.jobs.poll_records`).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.errors import LostLease, ProviderError
from bot.domain.generation import TRIED_FOR, Generation, Reason
from bot.domain.provider import Fault, JobState, JobStatus
from bot.domain.queue.claims import Claim, Work
from bot.runtime.context import ServiceContext
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.jobs.failing import Failure, fail_job
from bot.workers.jobs.poll_records import PolledJob, PollRecords
from bot.workers.loops.claim_loop import ClaimLoop

LEASE = 120.0
WIDTH = 256  # with answers that take 200 ms, 1,280 polls a second
OVERDUE_WIDTH = (
    WIDTH // 2
)  # of jobs past their soft deadline, whose polls may hang too, so that the others get their turn
AHEAD = timedelta(seconds=1)  # jobs that are due within this are claimed together, and each waits for its time
FORGOTTEN_AFTER = timedelta(minutes=2)


class PollWorker:
    """Polls the status of submitted jobs."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.records = PollRecords(context, lease=LEASE)
        self.loop = ClaimLoop(context, Work.POLL, self._claim, self._one, width=WIDTH, batch=WIDTH, lease=LEASE)

    async def _claim(self, claim: Claim, most: int) -> Sequence[Generation]:
        overdue = self.loop.under_way(lambda job: job.overdue)
        return await self._context.store.claim_polls(
            claim, most=most, most_overdue=max(0, OVERDUE_WIDTH - overdue), now=self._context.clock.now(), ahead=AHEAD
        )

    async def _one(self, generation: Generation, claim: Claim) -> None:
        """Poll a job until it has ended, or is not due again before its record is stored, or others wait."""
        now = self._context.clock.now()
        job = PolledJob.of(generation, claim, now)
        if now < job.due_at <= now + AHEAD:
            await asyncio.sleep((job.due_at - now).total_seconds())
        try:
            while await self._poll(job):
                gap = (job.due_at - job.polled_at).total_seconds()
                news = (job.missing_since is None) is not (job.generation.missing_since is None)
                if gap > self.records.every or job.generation.overdue or not self.loop.has_room:
                    return await self.records.release(job, at_once=news)
                self.records.add(job, at_once=news)
                await asyncio.sleep(gap)
                if job.lost:
                    raise LostLease(job.generation.id)
                self.loop.observe(job.due_at)
        finally:
            self.records.drop(job)

    async def _poll(self, job: PolledJob) -> bool:
        """Ask once how a job is doing. Returns whether it goes on; if not, its end is stored."""
        context, generation = self._context, job.generation
        if generation.job_id is None:
            raise AssertionError("a submitted job has UniAll's id; the schema holds it")
        reach(Failpoint.POLL_CLAIMED)
        try:
            status = await context.provider.status(generation.job_id, format=generation.format)
        except ProviderError as error:
            return await self._unanswered(job, error)
        reach(Failpoint.POLL_ANSWERED)
        job.fault = None
        now = context.clock.now()
        match status.state:
            case JobState.SUCCEEDED:
                log.info("rendered", generation=generation.id, seconds=_age(generation, now))
                await context.store.record_rendered(generation.id, job.claim, video_url=status.video_url, now=now)
                reach(Failpoint.POLL_RENDERED)
                context.wake_signals.send(Work.FETCH, Work.SUBMIT)
            case JobState.FAILED:
                fault = status.fault or Fault.UPSTREAM_FAILED
                await self._fail(job, Failure(fault=fault, detail=status.detail))
            case JobState.EXPIRED:
                await self._fail(job, Failure(fault=Fault.EXPIRED, detail=status.detail))
            case JobState.QUEUED | JobState.RUNNING:
                return await self._again(job, status, now)
        return False

    async def _again(self, job: PolledJob, status: JobStatus, now: datetime) -> bool:
        if job.tried >= TRIED_FOR:
            await self._fail(job, Failure(fault=Reason.TIMED_OUT, billed=True))
            return False
        gap = self._gap(job.generation, now, status.poll_after)
        if status.progress is not None:
            job.progress = max(status.progress, job.progress or 0)
        job.missing_since = None
        job.polled_at, job.due_at, job.tried = now, now + gap, job.tried + gap
        return True

    async def _unanswered(self, job: PolledJob, error: ProviderError) -> bool:
        """Keep the job: a failed poll says nothing about it.

        Only UniAll's own "no such job", for minutes, means that it is lost.
        """
        context, generation = self._context, job.generation
        now = context.clock.now()
        if error.fault != job.fault:  # once, however often a job is polled in vain
            log.info("poll_failed", generation=generation.id, fault=error.fault)
        job.fault = error.fault
        missing = job.missing_since
        if error.fault is Fault.NOT_FOUND:
            # The time between the due time and now does not count: the bot did not run, or the clock was changed.
            late = max(timedelta(0), now - job.due_at)
            missing = min(now, (missing or now) + late)
            if now - missing > FORGOTTEN_AFTER:
                alert = f"UniAll no longer knows job {generation.job_id} ({generation.id}); it may have been billed."
                await self._fail(job, Failure(fault=Reason.LOST, detail=error.detail, billed=True, alert=alert))
                return False
        elif error.fault is Fault.AUTH:
            context.alerts.tell(error.fault, "UniAll does not accept UNIALL_API_KEY while polling. Jobs are kept.")
        gap = self._gap(generation, now, error.retry_after)
        tried = context.counted_gap(context.uniall, gap)
        if job.tried >= TRIED_FOR and tried:
            await self._fail(job, Failure(fault=Reason.TIMED_OUT, detail=error.detail, billed=True))
            return False
        job.missing_since = missing
        job.polled_at, job.due_at, job.tried = now, now + gap, job.tried + tried
        return True

    def _gap(self, generation: Generation, now: datetime, asked: float | None) -> timedelta:
        policy = self._context.policy
        gap = _age(generation, now) / 10 * self._context.random.uniform(0.8, 1.2)
        return timedelta(seconds=min(policy.poll_max, max(policy.poll_min, gap, asked or 0)))

    async def _fail(self, job: PolledJob, failure: Failure) -> None:
        await fail_job(self._context, job.generation, job.claim, failure, failpoint=Failpoint.POLL_FAILED)


def _age(generation: Generation, now: datetime) -> float:
    return max(0.0, (now - (generation.submitted_at or now)).total_seconds())
