"""The queue of reserved jobs on their way to UniAll, and the jobs of which it is unknown whether they were sent."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.provider import Format, JobStatus
from bot.domain.queue.claims import Claim


class SubmitQueue(Protocol):
    """Jobs to submit, and jobs whose submit is in doubt."""

    async def claim_submit(
        self,
        claim: Claim,
        *,
        most: int,
        now: datetime,
        there: datetime | None = None,
        unsettled: Collection[str] = (),
    ) -> Generation | None:
        """Claim the next reserved job, in an order that is fair between members, and set it to `submitting`.

        None while `most` jobs are in flight; a job past its soft deadline is not in flight. there: the time by
        UniAll's own clock, if known. unsettled: jobs whose card may still be refused; they wait.
        """
        ...

    async def claim_withdrawn(
        self, claim: Claim, usable: Collection[str], *, now: datetime, unsettled: Collection[str] = ()
    ) -> Generation | None:
        """Claim the job that has been due longest of those whose model is none of the usable ids, and set it to `submitting`.

        Unlike `claim_submit` it takes a job that is not its turn, since nothing will be sent for it as it is.
        """
        ...

    async def move_submit(self, generation_id: str, claim: Claim, *, model: str, form: Format, now: datetime) -> None:
        """submitting → reserved with another model that makes the same: provably nothing was started with the old one."""
        ...

    async def record_submitted(
        self, generation_id: str, claim: Claim | None, status: JobStatus, *, due_at: datetime, now: datetime
    ) -> bool:
        """submitting or unknown → submitted: UniAll's id is stored before anything else happens.

        False, and the job becomes `unknown`, where another generation has this id already.
        """
        ...

    async def keep_job_id(self, generation_id: str, job_id: str) -> bool:
        """Store UniAll's id with a generation that ended before the id arrived; False where another generation has it."""
        ...

    async def release_submit(
        self,
        generation_id: str,
        claim: Claim,
        *,
        hold: str | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
        stops_all: bool = False,
    ) -> None:
        """submitting → reserved: provably nothing was started. The job waits until due_at; hold: what it waits for.

        tried: the time that this try adds to the generation's `tried`. stops_all: every other reserved job waits with
        it.
        """
        ...

    async def record_unclear(self, generation_id: str, claim: Claim, *, now: datetime) -> None:
        """submitting → unknown: there is no proof either way."""
        ...

    async def unclear(self) -> list[Generation]:
        """Every unknown generation, the oldest first."""
        ...

    async def submitting(self, *, now: datetime, leases_at: datetime | None = None) -> list[Generation]:
        """Every generation whose submit is in progress. One whose lease has expired becomes unknown instead.

        leases_at: the time by the clock of the claims, where that is another clock than that of `now`.
        """
        ...

    async def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """The ids, out of these UniAll ids, that belong to a generation already."""
        ...
