"""Reports of results, and removed results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import Change
from bot.domain.moderation.reports import CaseEnd, Removal, RemovalStep, Report, ReportCase


class ReportStore(Protocol):
    """Reports by members, until they are settled, and the message on which moderators see them."""

    async def report(self, report: Report) -> bool:
        """Store a report; False where this member reported this result before. Its case is open, and due at once."""
        ...

    async def has_reported(self, generation_id: str, reporter_id: str) -> bool:
        """Whether this member has reported this result."""
        ...

    async def open_reports(self, guild_id: str, *, most: int = 25) -> list[Report]:
        """Reports that are not settled, oldest first: those of the results that were reported first, so many at most."""
        ...

    async def reported(self, guild_id: str) -> int:
        """How many results have reports that are not settled."""
        ...

    async def settle_reports(self, generation_id: str, settled_by: str, end: CaseEnd = CaseEnd.DISMISSED) -> bool:
        """Settle every report of this result; True where that changed something.

        settled_by: the moderator; empty where nobody had to. Of several ends the first counts, but a removal or
        deletion counts more than the others.
        """
        ...

    async def settle_gone(self, channel_id: str, message_ids: Sequence[str] = ()) -> list[str]:
        """Settle the open reports of results whose message was deleted; returns their generations.

        message_ids: the messages; none where the whole channel was deleted.
        """
        ...

    async def report_case(self, generation_id: str) -> ReportCase | None:
        """All reports of a result."""
        ...

    async def cases_due(self, *, now: datetime, limit: int) -> list[str]:
        """The generations whose case may have an outdated message, or has none in a server with a log channel."""
        ...

    async def open_cases(self, *, limit: int) -> list[ReportCase]:
        """Open cases."""
        ...

    async def record_case(self, case: ReportCase, message: PostedMessage | None, *, due_at: datetime | None) -> None:
        """Record the message of a case, and when to look at it again; at once where it has changed since it was read."""
        ...

    async def remove_result(self, generation_id: str, change: Change | None, *, now: datetime) -> bool:
        """Record that the posted message was deleted; the quota stays used. False where that was recorded before.

        change: a moderator's; it is recorded as a removal too.
        """
        ...

    async def remove_unposted(self, generation_id: str, change: Change, *, now: datetime) -> RemovalStep:
        """Cancel a job that was not sent, or record that its video must not be posted; with the audit entry.

        A job that was not sent gives everything back. One that was sent goes on: it is billed, and counts as used.
        """
        ...

    async def removal(self, generation_id: str) -> Removal | None:
        """A moderator's removal of this video."""
        ...

    async def removals_due(self, *, now: datetime, limit: int) -> list[str]:
        """Generations whose removal may not be done."""
        ...

    async def record_removal(self, generation_id: str, *, due_at: datetime | None) -> None:
        """Record when to look at a removal again; None once it is done, which also ends a delivery that was given up."""
        ...

    async def offer_log_channel(self, guild_id: str, about: str) -> bool:
        """Record the offer to set a log channel, after a "command" or a "report"; False where it was made before."""
        ...
