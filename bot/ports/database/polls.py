"""The queue of submitted jobs, until their file is stored."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.claims import Claim
from bot.domain.generation import Generation, Video


class PollQueue(Protocol):
    """Jobs to poll, and finished ones to fetch."""

    async def claim_poll(self, claim: Claim, *, now: datetime, overdue_too: bool = True) -> Generation | None:
        """Claim the submitted job that has been due longest and is not yet rendered.

        A job past its soft deadline is marked as overdue and comes after all others; it is left out unless
        `overdue_too`.
        """
        ...

    async def record_poll(
        self,
        generation_id: str,
        claim: Claim,
        *,
        progress: int | None,
        missing_since: datetime | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
    ) -> None:
        """Store the progress of a job that is still running, and poll it again at due_at.

        missing_since: since when UniAll does not know the job. tried: the time that this try adds to the generation's
        `tried`.
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
        """The file could not be fetched for now. video_url: the link of this try. tried: see `record_poll`.

        failed: whether the link was at fault; if not, the job counts as not tried.
        """
        ...

    async def succeed(self, generation_id: str, claim: Claim, video: Video, *, delivery_id: str, now: datetime) -> None:
        """submitted → succeeded, reservation posted, delivery queued, in one transaction."""
        ...
