"""Stores what the polls of running jobs have found: many jobs in one transaction, at most once a second.

A job that is polled again within that second stays under its lease, and its next poll does not wait for the record.
Until the record is stored, what was found is in memory only: a crash repeats at most the polls of one second, and
loses no state. Each record names the claim, extends or ends the lease, and returns the job as it is now.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from bot.domain.errors import LostLease, StoreUnavailable
from bot.domain.generation import Generation
from bot.domain.queue.claims import Claim, Work
from bot.ports.database.jobs.polls import PollRecord
from bot.runtime.context import ServiceContext
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log

EVERY = 1.0  # seconds between two transactions
MOST = 256  # records in one transaction: more waiting ones do not wait for their second
PAUSE = 2.0  # seconds after a transaction that the database refused


@dataclass(slots=True, kw_only=True, eq=False)
class PolledJob:
    """A job under a lease of this process. generation: as last stored; the rest is what its polls have found since.

    polled_at: when due_at was planned. kept: whether it stays under the lease once its record is stored. fault: of the
    last poll, if that failed. ended: nothing more is stored of it here. lost: another claim has the job.
    """

    generation: Generation
    claim: Claim
    due_at: datetime
    polled_at: datetime
    tried: timedelta
    missing_since: datetime | None
    progress: int | None = None
    kept: bool = True
    fault: str | None = None
    ended: bool = False
    lost: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(cls, generation: Generation, claim: Claim, now: datetime) -> "PolledJob":
        """Return a job that has just been claimed."""
        return cls(
            generation=generation,
            claim=claim,
            due_at=generation.due_at,
            polled_at=now,
            tried=generation.tried,
            missing_since=generation.missing_since,
        )


class PollRecords:
    """Gathers the records of jobs, and stores them together. lease: seconds by which a record extends a lease."""

    def __init__(self, context: ServiceContext, *, lease: float) -> None:
        self.every = EVERY
        self._context = context
        self._lease = timedelta(seconds=lease)
        self._waiting: dict[PolledJob, None] = {}
        self._early = asyncio.Event()
        self._stored_at = 0.0
        self._storing: asyncio.Task[None] | None = None

    def add(self, job: PolledJob, *, at_once: bool = False) -> None:
        """Store what was found with the next transaction; the job stays under its lease.

        at_once: do not wait for the second to pass.
        """
        self._waiting[job] = None
        if at_once or len(self._waiting) >= MOST:
            self._early.set()
        if self._storing is None:
            # Without the caller's context: the log lines concern many jobs.
            self._storing = asyncio.create_task(self._store_all(), name="poll-records", context=Context())

    async def release(self, job: PolledJob, *, at_once: bool = False) -> None:
        """Store what was found, and end the lease. Raises LostLease if the claim no longer holds."""
        job.kept = False
        self.add(job, at_once=at_once)
        await job.released.wait()
        if job.lost:
            raise LostLease(job.generation.id)

    def drop(self, job: PolledJob) -> None:
        """Store nothing more of a job: it has ended, or its task has."""
        job.ended = True
        self._waiting.pop(job, None)
        if self._storing and not self._waiting:
            self._early.set()

    async def _store_all(self) -> None:
        """Store until nothing waits."""
        try:
            while self._waiting:
                await self._turn()
                if self._waiting:
                    await self._store()
        finally:
            self._storing = None
            self._early.clear()

    async def _turn(self) -> None:
        """Wait until a second has passed since the last transaction, or until there is a reason not to."""
        seconds = self._stored_at + self.every - asyncio.get_running_loop().time()
        if seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._early.wait()
        self._early.clear()

    async def _store(self) -> None:
        jobs = list(islice(self._waiting, MOST))
        keep_until = self._context.steady.now() + self._lease
        records = [_record(job, keep_until) for job in jobs]
        for job in jobs:  # a poll that ends meanwhile adds its job again
            del self._waiting[job]
        try:
            stored = await self._context.store.record_polls(records, now=self._context.clock.now())
        except StoreUnavailable as error:
            log.warning("polls_not_stored", jobs=len(jobs), error=error.code, again_in=PAUSE)
            again = {job: None for job in jobs if not job.ended}
            self._waiting = again | self._waiting
            await asyncio.sleep(PAUSE)
            return
        except Exception:  # noqa: BLE001 - a bug must not end all polls: these jobs are claimed again after their lease
            log.exception("polls_not_stored", jobs=len(jobs))
            stored = [None] * len(jobs)
        self._stored_at = asyncio.get_running_loop().time()
        self._note(jobs, records, stored)

    def _note(
        self, jobs: Sequence[PolledJob], records: Sequence[PollRecord], stored: Sequence[Generation | None]
    ) -> None:
        """Give the jobs their stored rows, and wake the cards if what they show has changed."""
        changed = False
        for job, record, row in zip(jobs, records, stored, strict=True):
            if row is None:
                job.lost = True
            else:
                reach(Failpoint.POLL_RECORDED)
                old = job.generation
                changed = changed or (row.progress, row.overdue) != (old.progress, old.overdue)
                job.generation = row
            if row is None or record.keep_until is None:
                job.released.set()
        if changed:
            self._context.wake_signals.send(Work.CARD)


def _record(job: PolledJob, keep_until: datetime) -> PollRecord:
    return PollRecord(
        generation_id=job.generation.id,
        owner=job.claim.owner,
        progress=job.progress,
        missing_since=job.missing_since,
        due_at=job.due_at,
        polled_at=job.polled_at,
        tried=job.tried,
        keep_until=keep_until if job.kept else None,
    )
