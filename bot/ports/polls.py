"""Submitted jobs until their file is kept."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.claims import Claim
from bot.domain.generation import Generation, Video


class PollQueue(Protocol):
    """Jobs to poll, and finished ones to fetch."""

    async def claim_poll(self, claim: Claim, *, now: datetime, overdue_too: bool = True) -> Generation | None:
        """The submitted job that has been due longest and that UniAll has not called done; one past its soft deadline is
        marked as overdue, comes after all others, and without overdue_too not at all."""
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
        """Still going: keep the progress and poll again at due_at. tried: how much longer it will then have been tried."""
        ...

    async def record_rendered(self, generation_id: str, claim: Claim, *, video_url: str | None, now: datetime) -> None:
        """UniAll says done; the file is still to be fetched, from video_url or the API's own content address."""
        ...

    async def claim_fetch(self, claim: Claim, *, now: datetime, failed_too: bool = True) -> Generation | None:
        """The rendered job whose file has been due longest; one that was tried before comes after all others, and without
        failed_too not at all."""
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
        """The file could not be had for now. video_url: the link of this try. tried: see `record_poll`.

        failed: whether it was the link's fault; otherwise the job is as before.
        """
        ...

    async def succeed(self, generation_id: str, claim: Claim, video: Video, *, delivery_id: str, now: datetime) -> None:
        """submitted → succeeded, reservation posted, delivery queued, in one transaction."""
        ...
