"""Posted results: deleting, reporting, and what moderators do about a report. None of it gives quota back."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from structlog.contextvars import bind_contextvars

from bot.domain.card import CardContext
from bot.domain.claims import Work
from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.errors import PostClosed, PostError, PostImpossible
from bot.domain.generation import Generation
from bot.domain.moderation.audit import Actor, AuditAction, Change
from bot.domain.moderation.audit_facts import ResultFact
from bot.domain.moderation.reports import Report
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.posts import PostedMessage
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal
from bot.domain.result_status import posted_message
from bot.runtime.background import spawn_background
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.runtime.persist import persist
from bot.runtime.server_log import announce

RECORD_SECONDS = 1.0  # how long a response waits for a removal to be recorded
LOG_POST_SECONDS = 1.5  # of the three seconds that Discord waits for the response to the reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedResult:
    """A generation and the message that shows its video."""

    generation: Generation
    channel_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """The open reports of one result, and who made them. posted: None once the result is gone."""

    generation: Generation
    reporter_ids: tuple[str, ...]
    posted: PostedResult | None


class Results:
    """The use cases behind Delete and Report."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def posted(self, guild_id: str | None, generation_id: str, seen: PostedMessage | None = None) -> PostedResult:
        """A result of this server whose message still exists. Raises Refusal `result_gone`, or `not_recorded_yet`.

        seen: the message whose button was pressed: it exists, whatever the database says. A post that was never
        confirmed is recorded this way.
        """
        context = self._context
        bind_contextvars(generation=generation_id)
        generation = await context.store.generation(generation_id)
        delivery = await context.store.delivery_of(generation_id)
        if generation is None or generation.guild_id != guild_id or delivery is None:
            raise Refusal(RefusalCode.RESULT_GONE)
        if seen is None:
            posted = _there(generation, delivery)
            if posted is None:
                raise Refusal(RefusalCode.RESULT_GONE)
            return posted
        if delivery.state is DeliveryState.SENDING:
            raise Refusal(RefusalCode.NOT_RECORDED_YET)
        if delivery.state is not DeliveryState.SENT and await context.store.adopt_post(
            generation_id, seen, now=context.clock.now()
        ):
            log.info("post_seen", generation=generation_id, message=seen.message_id)
            context.wake_signals.send(Work.CARD)
        return PostedResult(generation=generation, channel_id=seen.channel_id, message_id=seen.message_id)

    async def check_delete(
        self, actor: Actor, generation_id: str, *, moderates: bool, seen: PostedMessage | None = None
    ) -> PostedResult:
        """Whether the actor may delete it: its author or a moderator may. Raises Refusal `not_yours_to_delete`."""
        generation = await self._context.store.generation(generation_id)
        if (
            generation
            and generation.guild_id == actor.guild_id
            and generation.member_id != actor.actor_id
            and not moderates
        ):
            raise Refusal(RefusalCode.NOT_YOURS_TO_DELETE)
        return await self.posted(actor.guild_id, generation_id, seen)

    async def delete(
        self, actor: Actor, generation_id: str, *, moderates: bool, seen: PostedMessage | None = None
    ) -> PostedResult:
        """Delete the message and the stored file. Raises Refusal, also `delete_failed` where Discord does not do it now.

        A crash between Discord and the database only leaves a card that links to a deleted message.
        """
        context = self._context
        posted = await self.check_delete(actor, generation_id, moderates=moderates, seen=seen)
        generation, now = posted.generation, context.clock.now()
        try:
            await context.messenger.delete_message(posted.channel_id, generation.guild_id, posted.message_id)
        except PostClosed as error:
            log.warning("not_deleted", generation=generation.id, error=error)
            raise Refusal(RefusalCode.DELETE_CLOSED) from error
        except PostImpossible as error:
            log.warning("not_deleted", generation=generation.id, error=error)
            raise Refusal(RefusalCode.DELETE_IMPOSSIBLE) from error
        except PostError as error:
            log.warning("not_deleted", generation=generation.id, error=error)
            raise Refusal(RefusalCode.DELETE_FAILED) from error
        if not await self._recorded(posted):
            log.info("second_post_removed", generation=generation.id, message=posted.message_id)
            return posted
        change = None
        if generation.member_id != actor.actor_id:
            removed = ResultFact(generation_id=generation.id)
            change = Change.by(actor, now, AuditAction.RESULT_REMOVED, generation.member_id, removed)
        # The message is deleted, so this write is repeated until it succeeds. A crash before it leaves a card with a dead link.
        recording = spawn_background(self._removed(generation, change, actor, now), "removed")
        await asyncio.wait([recording], timeout=RECORD_SECONDS)
        log.info("result_removed", generation=generation.id, by_moderator=change is not None)
        spawn_background(self._clear_up(generation), "clear-up")
        return posted

    async def _removed(self, generation: Generation, change: Change | None, actor: Actor, now: datetime) -> None:
        """Record the removal. If two moderators delete the same result, the log channel names the first, as the audit
        log does.
        """
        context = self._context
        first = await persist(lambda: context.store.remove_result(generation.id, change, now=now))
        context.wake_signals.send(Work.JOIN)  # a joined video goes with any of its parts
        if change:
            await persist(lambda: context.store.settle_reports(generation.id, actor.actor_id))
        if change and first:
            event = LogEvent(
                kind=LogEventKind.CHANGED,
                guild_id=actor.guild_id,
                member_id=actor.actor_id,
                generation=generation,
                change=change,
            )
            announce(context, event)

    async def _recorded(self, posted: PostedResult) -> bool:
        """Whether this is the message that the card links to; another message of the same video may still exist."""
        delivery = await self._context.store.delivery_of(posted.generation.id)
        return delivery is None or delivery.message_id in (None, posted.message_id)

    async def _clear_up(self, generation: Generation) -> None:
        """Update the card and delete the file. A failure here is only logged: the video is off Discord."""
        context = self._context
        if generation.video:
            await context.media.discard(generation.video.file)
        card_context = await context.store.card_context(generation)
        if card_context.delivery:
            card_context = CardContext(delivery=replace(card_context.delivery, message_id=None))
        try:
            await context.messenger.edit_card(generation, card_context, "")
        except PostError as error:
            log.info("card_gone", generation=generation.id, error=error)

    async def report(
        self, guild_id: str, generation_id: str, reporter_id: str, seen: PostedMessage | None = None
    ) -> bool:
        """Store a report and post it to the log channel; returns whether it is known to be there.

        Raises Refusal `reported_already`.
        """
        context = self._context
        posted = await self.posted(guild_id, generation_id, seen)
        generation = posted.generation
        report = Report(generation_id=generation.id, guild_id=guild_id, reporter_id=reporter_id, at=context.clock.now())
        if not await context.store.report(report):
            raise Refusal(RefusalCode.REPORTED_ALREADY)
        log.info("reported", generation=generation.id, reporter=reporter_id)
        channel_id = (await context.store.guild(guild_id)).log_channel_id
        return channel_id is not None and await self._posted_in_time(channel_id, reported(posted, reporter_id))

    async def _posted_in_time(self, channel_id: str, event: LogEvent) -> bool:
        """Whether the log channel accepted the event in time; a slower post goes on in the background."""
        posted: list[bool] = []

        async def post() -> None:
            posted.append(await self._context.notices.post_log(channel_id, event))

        await asyncio.wait([spawn_background(post(), "log-channel")], timeout=LOG_POST_SECONDS)
        return posted == [True]

    async def dismiss(self, actor: Actor, generation_id: str) -> None:
        """Settle all reports of a result, because a moderator sees nothing wrong. Raises Refusal `result_gone`."""
        generation = await self._context.store.generation(generation_id)
        if generation is None or generation.guild_id != actor.guild_id:
            raise Refusal(RefusalCode.RESULT_GONE)
        await self._context.store.settle_reports(generation_id, actor.actor_id)
        log.info("report_dismissed", generation=generation_id, actor=actor.actor_id)

    async def complaints(self, guild_id: str) -> list[Complaint]:
        """Every result of this server with open reports, the longest open first."""
        by_result: dict[str, list[str]] = {}
        for report in await self._context.store.open_reports(guild_id):
            by_result.setdefault(report.generation_id, []).append(report.reporter_id)
        found: list[Complaint] = []
        for generation_id, reporters in by_result.items():
            if generation := await self._context.store.generation(generation_id):
                delivery = await self._context.store.delivery_of(generation_id)
                found.append(
                    Complaint(generation=generation, reporter_ids=tuple(reporters), posted=_there(generation, delivery))
                )
        return found

    async def complaint(self, guild_id: str, generation_id: str) -> Complaint:
        """The open reports of one result. Raises Refusal `report_settled`."""
        for complaint in await self.complaints(guild_id):
            if complaint.generation.id == generation_id:
                return complaint
        raise Refusal(RefusalCode.REPORT_SETTLED)

    async def author_of(self, guild_id: str, generation_id: str) -> str:
        """The member who requested a video of this server. Raises Refusal `result_gone`."""
        generation = await self._context.store.generation(generation_id)
        if generation is None or generation.guild_id != guild_id:
            raise Refusal(RefusalCode.RESULT_GONE)
        return generation.member_id


def reported(posted: PostedResult, reporter_id: str) -> LogEvent:
    """The event that moderators read of a report."""
    return LogEvent(
        kind=LogEventKind.REPORTED,
        guild_id=posted.generation.guild_id,
        member_id=reporter_id,
        generation=posted.generation,
        message_id=posted.message_id,
    )


def _there(generation: Generation, delivery: Delivery | None) -> PostedResult | None:
    posted = posted_message(generation, delivery)
    if posted is None:
        return None
    return PostedResult(generation=generation, channel_id=posted.channel_id, message_id=posted.message_id)
