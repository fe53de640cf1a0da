"""Keeps status cards up to date: edits are coalesced, made only if the card's content has changed, and limited per
channel.

The store records which cards may be outdated, so a restart closes every card that a stop left open. A closing edit
waits for no budget. A progress edit comes at most every 5 s for one card and every second in one channel.

While the database takes no writes, the edited cards are remembered here, so that no edit is repeated; one card at a
time is tried until writes succeed again.
"""

import asyncio
from datetime import datetime, timedelta

from bot.domain.card import CardContext, DueCard
from bot.domain.claims import Work
from bot.domain.errors import PostClosed, PostError, PostForbidden, PostImpossible, StoreUnavailable
from bot.domain.expected_time import next_change
from bot.domain.generation import ENDED, Generation, State
from bot.runtime.card_contexts import card_context_of
from bot.runtime.context import ServiceContext
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.log import log

BATCH = 50
CHANNEL_GAP = timedelta(seconds=1)
QUEUE_GAP = timedelta(seconds=10)  # a waiting job's place in the queue changes without the job changing
PLACE_GAP = timedelta(seconds=1)  # until another card no longer shows the place that this one has now
RETRY_GAP = timedelta(seconds=15)
# If a permission is missing, or a thread is archived or locked, a moderator may restore it or somebody may open it.
CLOSED_GAPS = (timedelta(minutes=1), timedelta(hours=6))
CLOSED_FOR = timedelta(days=30)
LONGEST_GAP = timedelta(
    minutes=10
)  # for a running job: the store treats a longer gap as a sign that the clock was set back
FULL_GAP = 5.0  # seconds between two tries while the database takes no writes
IDLE = 5.0


class CardWorker:
    """Edits the cards that are due, one at a time in each channel."""

    name = str(Work.CARD)
    finishes = False

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._stopping = False
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._quiet_until: dict[str, datetime] = {}  # by channel, in monotonic time
        self._unrecorded: dict[str, str] = {}
        self._full = False

    async def run(self) -> None:
        """Run until `stop`, or until cancelled."""
        self._stopping = False
        try:
            while not self._stopping:
                if self._full:
                    await asyncio.sleep(FULL_GAP)
                started = await self._start_due()
                if not started:
                    await self._sleep()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def stop(self) -> None:
        """Start nothing new."""
        self._stopping = True
        self._context.wake_signals.send(Work.CARD)

    async def _start_due(self) -> int:
        now, steady = self._context.clock.now(), self._context.steady.now()
        self._quiet_until = {channel: until for channel, until in self._quiet_until.items() if until > steady}
        started = 0
        for card in await self._context.store.cards_due(now=now, limit=1 if self._full else BATCH):
            channel = card.generation.channel_id
            closing = card.generation.state in ENDED
            if channel in self._busy or (channel in self._quiet_until and not closing):
                continue
            task = asyncio.create_task(self._one(card), name="card")
            self._busy[channel] = task
            task.add_done_callback(lambda _, channel=channel: self._freed(channel))
            started += 1
        return started

    def _freed(self, channel: str) -> None:
        self._busy.pop(channel, None)
        self._context.wake_signals.send(Work.CARD)

    async def _one(self, card: DueCard) -> None:
        context, generation = self._context, self._context.with_hold_reason(card.generation)
        again, seen, begun = None, False, context.clock.now()
        before = shown = self._unrecorded.get(generation.id, card.shown)
        try:
            card_context = await card_context_of(context, generation)
            shown = await context.messenger.edit_card(generation, card_context, before)
            reach(Failpoint.CARD_EDITED)
            again, seen = _next_look(generation, card_context, begun), True
        except (PostForbidden, PostClosed) as error:
            again = _when_open(generation, context.clock.now())
            log.info("card_forbidden", generation=generation.id, error=error, again=str(again))
        except PostImpossible as error:
            log.info("card_gone", generation=generation.id, error=error)
            seen = True
        except StoreUnavailable as error:
            log.warning("card_not_read", generation=generation.id, error=error)
            again = context.clock.now() + RETRY_GAP
        except PostError as error:
            log.warning("card_not_edited", generation=generation.id, error=error)
            asked = timedelta(seconds=error.retry_after or 0)
            again = context.clock.now() + min(LONGEST_GAP, max(RETRY_GAP, asked))
        except Exception:  # noqa: BLE001 - one card must not end the loop; everything is logged
            log.exception("card_failed", generation=generation.id)
            again = context.clock.now() + RETRY_GAP
        if shown != before:
            self._quiet_until[generation.channel_id] = context.steady.now() + CHANNEL_GAP
        await self._record(card, shown, again, seen=seen)

    async def _record(self, card: DueCard, shown: str, again: datetime | None, *, seen: bool) -> None:
        generation_id = card.generation.id
        try:
            now = self._context.clock.now()
            await self._context.store.record_card(card, shown=shown, again_at=again, now=now, seen=seen)
            reach(Failpoint.CARD_RECORDED)
            self._unrecorded.pop(generation_id, None)
            self._full = False
        except StoreUnavailable as error:
            log.warning("card_not_recorded", generation=generation_id, error=error.code)
            self._unrecorded[generation_id] = shown
            self._full = True
        except Exception:  # noqa: BLE001 - it is still due, and is tried again
            log.exception("card_not_recorded", generation=generation_id)
            await asyncio.sleep(1)

    async def _sleep(self) -> None:
        due = await self._context.store.next_due(Work.CARD)
        seconds = IDLE
        if due is not None:
            seconds = min(IDLE, max(0.25, (due - self._context.clock.now()).total_seconds()))
        await self._context.wake_signals.wait(Work.CARD, seconds)


def _next_look(generation: Generation, card_context: CardContext, now: datetime) -> datetime | None:
    """Return when a card that was drawn at `now` may be outdated although its job has not changed.

    That may have passed when the edit has been made: a slow edit must not skip it.
    """
    if generation.state is not State.RESERVED:
        return next_change(generation, card_context.expected_seconds, now)
    blocked = generation.hold is None and card_context.queue_position is None
    return now + (PLACE_GAP if blocked else QUEUE_GAP)


def _when_open(generation: Generation, now: datetime) -> datetime | None:
    """Return when to retry an edit that somebody else has to make possible: at growing gaps, for a month after the
    job's end.

    Opening the thread, or a restart of the bot, brings it forward.
    """
    waited = now - (generation.finished_at or generation.accepted_at)
    if generation.finished_at and waited > CLOSED_FOR:
        return None
    shortest, longest = CLOSED_GAPS
    return now + min(max(waited / 4, shortest), longest if generation.finished_at else LONGEST_GAP)
