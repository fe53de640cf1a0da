"""Reserved jobs on their way to UniAll, and those of which it is unknown whether they were sent."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.claims import Claim
from bot.domain.generation import Generation
from bot.domain.jobs import JobStatus


class SubmitQueue(Protocol):
    """Jobs to submit, and jobs in doubt."""

    async def claim_submit(
        self,
        claim: Claim,
        *,
        most: int,
        now: datetime,
        there: datetime | None = None,
        unsettled: Collection[str] = (),
    ) -> Generation | None:
        """The next reserved job in an order fair between members, now `submitting`; None while `most` are in flight.

        there: the time by UniAll's own clock, where it is known. A job past its soft deadline is not in flight.
        unsettled: those whose card may still be refused, which wait.
        """
        ...

    async def record_submitted(
        self, generation_id: str, claim: Claim | None, status: JobStatus, *, due_at: datetime, now: datetime
    ) -> bool:
        """submitting or unknown → submitted: UniAll's id is stored before anything else happens.

        False, and in doubt (`unknown`), where another generation has this id already.
        """
        ...

    async def keep_job_id(self, generation_id: str, job_id: str) -> bool:
        """UniAll's id came after the generation had ended: it is kept beside it, unless another one has it."""
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
        """submitting → reserved: provably nothing was started; it waits until due_at, `hold` says for what.

        tried: how much longer it will then have been tried; stops_all: and every other reserved job with it.
        """
        ...

    async def record_unclear(self, generation_id: str, claim: Claim, *, now: datetime) -> None:
        """submitting → unknown: there is no proof either way."""
        ...

    async def unclear(self) -> list[Generation]:
        """Every unknown generation, the oldest first."""
        ...

    async def submitting(self, *, now: datetime, leases_at: datetime | None = None) -> list[Generation]:
        """Every generation whose submit is under way; one whose lease has run out is nobody's and becomes unknown.

        leases_at: the time by the clock of the claims, where that is another than that of `now`.
        """
        ...

    async def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """Those of these UniAll ids that a generation owns already."""
        ...
