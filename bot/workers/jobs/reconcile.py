"""Settles jobs in doubt, whose submit got no answer: they are searched for in UniAll's own list, if there is one, else
failed.

A job is found if exactly one listed job that no generation owns has the same prompt, model, length and time. Times are
compared by UniAll's own clock, so a wrong clock here finds the same job. A job that is not found is failed: the member
gets everything back, and the amount stays counted against the operator's budget, since UniAll may have billed it. Every
job is found or failed within 30 s of the doubt, or of the start. A job of an earlier process whose submit is long past
is decided at the first check, so that a crash loop does not keep it. It is never sent again.
"""

import asyncio
from datetime import datetime, timedelta

from structlog.contextvars import bound_contextvars

from bot.domain.errors import LostLease, ProviderError
from bot.domain.generation import Generation, Reason
from bot.domain.provider import JobState, JobStatus, ListedJob
from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.runtime.server_log import announce_started
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.jobs.failing import Failure, fail_job
from bot.workers.loops.periodic import Periodic

LOOK_EVERY = 2.0
LOOK_FOR = timedelta(seconds=15)  # a relay inserts the job's row after its answer: it may appear slightly later
# And where another process may hold UniAll's answer, which it stores once it reaches the database again.
LOOK_FOR_SHARED = timedelta(seconds=60)
LOOK_TIMEOUT = 8.0
# How much earlier and later than the submit its job may be dated. A `Date` has whole seconds, UniAll has more than one
# machine, and a submit may take two minutes; more if UniAll's clock was not known at the submit.
AROUND = (timedelta(seconds=30), timedelta(minutes=5))
AROUND_A_GUESS = (timedelta(minutes=2), timedelta(minutes=10))


class Reconciliation:
    """Finds or fails every unknown generation."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._since: dict[str, datetime] = {}  # when this process came to doubt it, in monotonic time
        self._inherited: frozenset[str] | None = None  # what was in doubt before its first check
        self.loop = Periodic("reconcile", self.look, every=LOOK_EVERY)

    async def look(self) -> None:
        """Check everything in doubt once."""
        steady = self._context.steady.now()
        sending = await self._context.store.submitting(now=self._context.clock.now(), leases_at=steady)
        # If an answer is still being stored, that ends the doubt by itself.
        doubtful = [job for job in await self._context.store.unclear() if job.id not in self._context.sending]
        self._since = {job.id: self._since.get(job.id, steady) for job in doubtful}
        if self._inherited is None:
            self._inherited = frozenset(self._since)
        if not doubtful:
            return
        try:
            async with asyncio.timeout(LOOK_TIMEOUT):
                listed = await self._context.provider.recent()
        except (ProviderError, TimeoutError) as error:
            log.info("list_failed", error=error)
            for job in doubtful:
                await self._fail_after(self._doubted(job), job)
            return
        reach(Failpoint.RECONCILE_LISTED)
        if listed is None:  # this API cannot list its jobs
            for job in doubtful:
                await self._fail_after(LOOK_FOR if self._context.process.alone else self._waited(job), job)
            return
        owned = await self._context.store.known_jobs([entry.job_id for entry in listed])
        free = [entry for entry in listed if entry.job_id not in owned]
        sent = {job.id: self._sent(job) for job in (*doubtful, *sending)}
        for job in doubtful:
            found = [entry for entry in free if matches(job, entry, sent[job.id])]
            # Another job that fits may be the rightful owner, even one whose answer is still being stored.
            rivals = [
                other
                for other in (*doubtful, *sending)
                if any(matches(other, entry, sent[other.id]) for entry in found)
            ]
            if len(found) == 1 and rivals == [job]:
                with bound_contextvars(generation=job.id):
                    await self._adopt(job, found[0])
            else:
                await self._fail_after(self._waited(job), job)

    async def _adopt(self, job: Generation, entry: ListedJob) -> None:
        now = self._context.clock.now()
        status = JobStatus(job_id=entry.job_id, state=JobState.QUEUED)
        try:
            await self._context.store.record_submitted(job.id, None, status, due_at=now, now=now)
        except LostLease:
            return
        reach(Failpoint.RECONCILE_FOUND)
        log.info("found", generation=job.id, job=entry.job_id)
        announce_started(self._context, job)
        self._context.wake_signals.send(Work.POLL, Work.CARD)

    def _doubted(self, job: Generation) -> timedelta:
        """Return how long this process has doubted it."""
        return self._context.steady.now() - self._since[job.id]

    def _waited(self, job: Generation) -> timedelta:
        """Return how long it has been in doubt: what this process has found in doubt, maybe for longer than it knows."""
        return max(self._age(job) if job.id in (self._inherited or ()) else timedelta(0), self._doubted(job))

    def _age(self, job: Generation) -> timedelta:
        """Return for how long a job has been in doubt that another process came to doubt.

        Where that is not stored, the doubt began at some time after its submit. It is never older than that, whatever
        clock has been set since.
        """
        submitted = self._since_submit(job)
        return submitted if job.doubted_at is None else min(submitted, self._context.clock.now() - job.doubted_at)

    def _since_submit(self, job: Generation) -> timedelta:
        """Return how long ago its submit began."""
        there = self._context.uniall.now()
        if job.sent_there and there:
            return there - job.sent_there
        return self._context.clock.now() - job.submitting_at if job.submitting_at else timedelta(0)

    def _sent(self, job: Generation) -> tuple[datetime, datetime] | None:
        """Return the times, by UniAll's clock, between which its job must have been made.

        If UniAll's clock was not known at the submit, the age is taken from the clock here. If it is never known,
        UniAll's clock is assumed to be the same as ours.
        """
        if job.sent_there:
            return job.sent_there - AROUND[0], job.sent_there + AROUND[1]
        if job.submitting_at is None:
            return None
        now = self._context.clock.now()
        sent = (self._context.uniall.now() or now) - (now - job.submitting_at)
        return sent - AROUND_A_GUESS[0], sent + AROUND_A_GUESS[1]

    async def _fail_after(self, waited: timedelta, job: Generation) -> None:
        if waited >= (LOOK_FOR if self._context.process.alone else LOOK_FOR_SHARED):
            with bound_contextvars(generation=job.id):
                await self._fail(job)

    async def _fail(self, job: Generation) -> None:
        alert = (
            f"UniAll never answered the submit of {job.id} and does not list such a job. It was not sent again; the member"
            " got their quota back. UniAll may have billed it."
        )
        unclear = Failure(fault=Reason.UNCLEAR, billed=True, alert=alert)
        try:
            await fail_job(self._context, job, None, unclear, failpoint=Failpoint.RECONCILE_FAILED)
        except LostLease:
            return
        log.warning("not_found", generation=job.id, micros=job.price_micros)


def same_order(job: Generation, entry: ListedJob) -> bool:
    """Return whether a listed job has the same prompt, model and length, as far as the list states them."""
    if not job.prompt:  # erased in a database that was restored
        return False
    if entry.prompt is None or entry.prompt.strip() != job.sent_prompt.strip():
        return False
    if entry.model is not None and entry.model != job.model:
        return False
    return entry.seconds is None or entry.seconds == job.seconds


def matches(job: Generation, entry: ListedJob, sent: tuple[datetime, datetime] | None) -> bool:
    """Return whether a listed job may be this one. A field that the list omits decides nothing, except the prompt,
    which is required.

    sent: the times, by UniAll's clock, between which it must have been made.
    """
    if not same_order(job, entry):
        return False
    if entry.created_at is None or sent is None:
        return True
    return (
        int(sent[0].timestamp()) <= entry.created_at <= int(sent[1].timestamp())
    )  # a foreign number may be of any size
