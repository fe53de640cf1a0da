"""The queue of submitted jobs, until their file is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.generation import Generation, Video
from bot.domain.queue.claims import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """What the polls of a job that is still running have found since its last record, under one claim.

    progress: None if UniAll named none. missing_since: since when UniAll does not know the job. due_at: when it is
    polled next, as planned at polled_at. tried: the generation's `tried`, these polls included. keep_until: the new end
    of the lease, by the clock of the claims; None ends the lease.
    """

    generation_id: str
    owner: str
    progress: int | None
    missing_since: datetime | None
    due_at: datetime
    polled_at: datetime
    tried: timedelta
    keep_until: datetime | None = None


class PollQueue(Protocol):
    """Jobs to poll, and finished ones to fetch."""

    async def claim_polls(
        self, claim: Claim, *, most: int, most_overdue: int, now: datetime, ahead: timedelta = timedelta(0)
    ) -> list[Generation]:
        """Claim the submitted jobs that have been due longest and are not yet rendered, under one claim.

        ahead: also those that are due within this time. A job past its soft deadline is marked as overdue. Such jobs
        come after all others, and at most `most_overdue` of the `most` jobs are of those.
        """
        ...

    async def record_polls(self, records: Sequence[PollRecord], *, now: datetime) -> list[Generation | None]:
        """Store in one transaction what the polls of several running jobs have found.

        Returns for each record the job as it is now, or None if its claim no longer holds it; then nothing of it is
        stored. A job past its soft deadline is marked as overdue.
        """
        ...

    async def record_rendered(self, generation_id: str, claim: Claim, *, video_url: str | None, now: datetime) -> None:
        """Record that UniAll reported the job done.

        The file is fetched next, from video_url or the API's own content address.
        """
        ...

    async def claim_fetch(self, claim: Claim, *, now: datetime, failed_too: bool = True) -> Generation | None:
        """Claim the rendered job whose file has been due longest.

        A job whose fetch failed before comes after all others; it is left out unless `failed_too`.
        """
        ...

    async def retry_fetch(
        self,
        generation_id: str,
        claim: Claim,
        *,
        video_url: str | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
        failed: bool = True,
    ) -> None:
        """The file could not be fetched for now. video_url: the link of this try.

        tried: the time that this try adds to the generation's `tried`. failed: whether the link was at fault; if not,
        the job counts as not tried.
        """
        ...

    async def succeed(self, generation_id: str, claim: Claim, video: Video, *, delivery_id: str, now: datetime) -> None:
        """submitted → succeeded, reservation posted, delivery queued, in one transaction."""
        ...
