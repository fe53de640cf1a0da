"""The queue of messages that tell authors that their job has failed."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.messages.failure_notice import FailureNotice
from bot.domain.queue.claims import Claim


class FailureNoticeQueue(Protocol):
    """Notices, queued by `Generations.fail`."""

    async def claim_notice(self, claim: Claim, *, now: datetime) -> FailureNotice | None:
        """Claim the queued notice that has been due longest, and set it to `sending`."""
        ...

    async def end_notice(self, generation_id: str, claim: Claim, *, sent: bool) -> None:
        """sending → sent, or → dropped."""
        ...

    async def retry_notice(
        self, generation_id: str, claim: Claim, *, due_at: datetime, now: datetime, tried: timedelta
    ) -> None:
        """sending → queued. tried: see `PollQueue.retry_fetch`."""
        ...
