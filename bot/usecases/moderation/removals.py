"""Removing videos: by their author once they are posted, by a moderator at any time.

Only a job that was not sent yet gives its quota back.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from structlog.contextvars import bind_contextvars

from bot.domain.errors import PostClosed, PostError, PostImpossible
from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext
from bot.domain.messages.delivery import Delivery, DeliveryState
from bot.domain.messages.posts import PostedMessage
from bot.domain.messages.result_status import posted_message
from bot.domain.moderation.audit import Actor, AuditAction, Change
from bot.domain.moderation.audit_facts import ResultFact
from bot.domain.moderation.reports import CaseEnd, RemovalStep
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.queue.claims import Work
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.runtime.context import ServiceContext
from bot.runtime.discarding import discard_files
from bot.runtime.persist import persist
from bot.runtime.server_log import announce, started
from bot.system.background import spawn_background
from bot.system.log import log

RECORD_SECONDS = 1.0  # how long a response waits for a removal to be recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedResult:
    """A generation and the message that shows its video."""

    generation: Generation
    channel_id: str
    message_id: str


class Results:
    """The use cases behind Delete, and Remove for moderators."""

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
            posted = posted_result(generation, delivery)
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
            removed = ResultFact(generation_id=generation.id, link=card_link(generation))
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
        end, by = (CaseEnd.REMOVED, actor.actor_id) if change else (CaseEnd.DELETED, "")
        if await persist(lambda: context.store.settle_reports(generation.id, by, end)):
            context.moderation.set()
        if change and first:
            self._announce(generation, change)

    def _announce(self, generation: Generation, change: Change) -> None:
        event = LogEvent(
            kind=LogEventKind.CHANGED,
            guild_id=change.guild_id,
            member_id=change.actor_id,
            generation=generation,
            change=change,
        )
        announce(self._context, event)

    async def _recorded(self, posted: PostedResult) -> bool:
        """Whether this is the message that the card links to; another message of the same video may still exist."""
        delivery = await self._context.store.delivery_of(posted.generation.id)
        return delivery is None or delivery.message_id in (None, posted.message_id)

    async def _clear_up(self, generation: Generation) -> None:
        """Update the card and delete the file. A failure here is only logged: the video is off Discord."""
        context = self._context
        if generation.video:
            await discard_files(context, [generation.video.file])
        card_context = await context.store.card_context(generation)
        if card_context.delivery:
            card_context = CardContext(delivery=replace(card_context.delivery, message_id=None))
        try:
            await context.messenger.edit_card(generation, card_context, "")
        except PostError as error:
            log.info("card_gone", generation=generation.id, error=error)

    async def take_down(self, actor: Actor, generation_id: str) -> RemovalStep:
        """Remove a video of any member, for moderators, whatever has become of it; returns what was found.

        A job that was not sent is cancelled and given back. One that was sent goes on, counts as used, and is not
        posted. A posted one is deleted. Raises Refusal, `result_gone` where there is nothing to remove.
        """
        context = self._context
        generation = await self._of(actor.guild_id, generation_id)
        removed = ResultFact(generation_id=generation.id, link=card_link(generation))
        change = Change.by(actor, context.clock.now(), AuditAction.RESULT_REMOVED, generation.member_id, removed)
        done = await context.store.remove_unposted(generation_id, change, now=change.at)
        if done is RemovalStep.POSTED:
            await self.delete(actor, generation_id, moderates=True)
        elif done is RemovalStep.STOPPED:
            log.info("removed_unposted", generation=generation_id, actor=actor.actor_id)
            await context.store.settle_reports(generation_id, actor.actor_id, CaseEnd.REMOVED)
            self._announce(generation, change)
            context.wake_signals.send(Work.CARD, Work.SUBMIT, Work.JOIN)
            context.moderation.set()
        elif done is RemovalStep.NOTHING:
            raise Refusal(RefusalCode.RESULT_GONE)
        return done

    async def author_of(self, guild_id: str, generation_id: str) -> str:
        """The member who requested a video of this server. Raises Refusal `result_gone`."""
        return (await self._of(guild_id, generation_id)).member_id

    async def started(self, guild_id: str, generation_id: str) -> LogEvent:
        """The line of a started video as it stands now. Raises Refusal `result_gone`."""
        return await started(self._context, await self._of(guild_id, generation_id))

    async def _of(self, guild_id: str, generation_id: str) -> Generation:
        generation = await self._context.store.generation(generation_id)
        if generation is None or generation.guild_id != guild_id:
            raise Refusal(RefusalCode.RESULT_GONE)
        return generation


def card_link(generation: Generation) -> str:
    """The address of the card of a generation; empty where it is not known."""
    if generation.card_message_id is None:
        return ""
    return f"https://discord.com/channels/{generation.guild_id}/{generation.channel_id}/{generation.card_message_id}"


def posted_result(generation: Generation, delivery: Delivery | None) -> PostedResult | None:
    posted = posted_message(generation, delivery)
    if posted is None:
        return None
    return PostedResult(generation=generation, channel_id=posted.channel_id, message_id=posted.message_id)
