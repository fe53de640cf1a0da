"""Reports of results: made by any member, seen by the moderators on one message, closed by them or with the video."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.generation import Generation
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import Actor
from bot.domain.moderation.reports import LONGEST_REPORT, CaseEnd, Report, ReportReason
from bot.domain.moderation.server_log import LogEvent
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.runtime.context import ServiceContext
from bot.runtime.report_messages import case_event, refresh
from bot.system.background import spawn_background
from bot.system.log import log
from bot.usecases.moderation.removals import PostedResult, Results, posted_result

COMPLAINTS = 25  # as many as a menu holds
LOG_POST_SECONDS = 1.5  # of the three seconds that Discord waits for the response to the reporter


class ReportTold(StrEnum):
    """Where moderators see a report."""

    LOG = "log"  # in the log channel
    KEPT = "kept"  # in `/config show`, until the log channel takes it
    NO_LOG = "no_log"  # in `/config show`: there is no log channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """The open reports of one result, the oldest first. posted: None once the result is gone."""

    generation: Generation
    reports: tuple[Report, ...]
    posted: PostedResult | None

    @property
    def reporter_ids(self) -> tuple[str, ...]:
        """Who made them."""
        return tuple(report.reporter_id for report in self.reports)


class Reports:
    """The use cases behind Report, and what moderators do about one."""

    def __init__(self, context: ServiceContext, results: Results) -> None:
        self._context = context
        self._results = results

    async def check(
        self, guild_id: str, generation_id: str, reporter_id: str, seen: PostedMessage | None
    ) -> PostedResult:
        """The result that a member may report. Raises Refusal `reported_already`, or as `Results.posted` does."""
        posted = await self._results.posted(guild_id, generation_id, seen)
        if await self._context.store.has_reported(generation_id, reporter_id):
            raise Refusal(RefusalCode.REPORTED_ALREADY)
        return posted

    async def report(
        self,
        actor: Actor,
        generation_id: str,
        reason: ReportReason,
        words: str,
        seen: PostedMessage | None = None,
    ) -> ReportTold:
        """Store a report and show it in the log channel; returns where moderators see it now.

        Raises Refusal `reported_already`, or as `Results.posted` does.
        """
        context, guild_id = self._context, actor.guild_id
        posted = await self._results.posted(guild_id, generation_id, seen)
        report = Report(
            generation_id=posted.generation.id,
            guild_id=guild_id,
            reporter_id=actor.actor_id,
            at=context.clock.now(),
            reason=reason,
            words=" ".join(words.split())[:LONGEST_REPORT],
        )
        if not await context.store.report(report):
            raise Refusal(RefusalCode.REPORTED_ALREADY)
        log.info("reported", generation=generation_id, reporter=actor.actor_id, reason=reason)
        if (await context.store.guild(guild_id)).log_channel_id is None:
            return ReportTold.NO_LOG
        try:
            async with asyncio.timeout(LOG_POST_SECONDS):
                shown = await refresh(context, generation_id)
        except TimeoutError:  # it is still due, and the nonce is the same
            shown = False
        return ReportTold.LOG if shown else ReportTold.KEPT

    async def dismiss(self, actor: Actor, generation_id: str) -> None:
        """Settle all reports of a result, because a moderator sees nothing wrong. Raises Refusal `result_gone`."""
        await self._results.author_of(actor.guild_id, generation_id)
        await self._context.store.settle_reports(generation_id, actor.actor_id)
        log.info("report_dismissed", generation=generation_id, actor=actor.actor_id)

    async def close_gone(self, actor: Actor, generation_id: str) -> None:
        """Settle all reports of a result that is no longer there. Raises Refusal `result_gone` in another server."""
        await self._results.author_of(actor.guild_id, generation_id)
        await self._context.store.settle_reports(generation_id, actor.actor_id, CaseEnd.GONE)

    async def messages_gone(self, channel_id: str, message_ids: Sequence[str] = ()) -> None:
        """Close the reports of results whose messages, or whose whole channel, were deleted on Discord."""
        gone = await self._context.store.settle_gone(channel_id, message_ids)
        for generation_id in gone:
            log.info("report_closed", generation=generation_id, why="gone")
        if gone:
            self._context.moderation.set()

    async def event(self, guild_id: str, generation_id: str) -> LogEvent:
        """What the message of a reported result shows now. Raises Refusal `report_settled`."""
        case = await self._context.store.report_case(generation_id)
        event = await case_event(self._context, case) if case and case.guild_id == guild_id else None
        if event is None:
            raise Refusal(RefusalCode.REPORT_SETTLED)
        return event

    async def is_shown_on(self, generation_id: str, message_id: str) -> bool:
        """Whether this is the message on which moderators see the reports of a result."""
        case = await self._context.store.report_case(generation_id)
        return case is not None and case.message is not None and case.message.message_id == message_id

    def show(self, generation_id: str) -> None:
        """Bring the message of a reported result up to date, in the background."""

        async def work() -> None:
            await refresh(self._context, generation_id)

        spawn_background(work(), "report-message")

    async def complaints(self, guild_id: str) -> list[Complaint]:
        """The results of this server with open reports, the longest open first, `COMPLAINTS` at most."""
        store = self._context.store
        by_result: dict[str, list[Report]] = {}
        for report in await store.open_reports(guild_id, most=COMPLAINTS):
            by_result.setdefault(report.generation_id, []).append(report)
        found: list[Complaint] = []
        for generation_id, reports in by_result.items():
            if generation := await store.generation(generation_id):
                there = posted_result(generation, await store.delivery_of(generation_id))
                found.append(Complaint(generation=generation, reports=tuple(reports), posted=there))
        return found

    async def waiting(self, guild_id: str) -> int:
        """How many results of this server have open reports."""
        return await self._context.store.reported(guild_id)

    async def offer_log_channel(self, guild_id: str, *, after_report: bool = False) -> bool:
        """Whether to offer a moderator now to set a log channel: once after a command, and once after a report."""
        store = self._context.store
        if (await store.guild(guild_id)).log_channel_id is not None:
            return False
        if after_report or await store.reported(guild_id):
            return await store.offer_log_channel(guild_id, "report")
        return await store.offer_log_channel(guild_id, "command")
