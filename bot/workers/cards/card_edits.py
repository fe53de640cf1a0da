"""Keeps status cards up to date: edits are coalesced, made only if the card's content has changed, and limited per
channel.

The store records which cards may be outdated, so a restart closes every card that a stop left open. A closing edit
waits for no budget. A progress edit comes at most every 5 s for one card and every second in one channel.

While the database takes no writes, the edited cards are remembered here, so that no edit is repeated; one card at a
time is tried until writes succeed again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import PostClosed, PostError, PostForbidden, PostImpossible, StoreUnavailable
from bot.domain.generation import ENDED, Generation
from bot.domain.messages.card import CardContext, CardRecord, DueCard
from bot.domain.queue.claims import Work
from bot.domain.queue.expected_time import next_change
from bot.runtime.context import ServiceContext
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log
from bot.workers.cards.waiting_cards import ChosenCard, WaitingCards

BATCH = 50
CHANNEL_GAP = timedelta(seconds=1)
RETRY_GAP = timedelta(seconds=15)
# If a permission is missing, or a thread is archived or locked, a moderator may restore it or somebody may open it.
CLOSED_GAPS = (timedelta(minutes=1), timedelta(hours=6))
CLOSED_FOR = timedelta(days=30)
LONGEST_GAP = timedelta(
    minutes=10
)  # for a running job: the store treats a longer gap as a sign that the clock was set back
SPREAD = 0.005  # seconds between the first draws of two channels: what a member asks meanwhile is answered in between
BREATH = 0.2  # seconds between two looks: what comes meanwhile is one look
FULL_GAP = 5.0  # seconds between two tries while the database takes no writes
IDLE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """A card to draw. waiting: as chosen, where its job waits to be sent."""

    card: DueCard
    context: CardContext
    waiting: ChosenCard | None = None


class CardWorker:
    """Edits the cards that are due, one at a time in each channel."""

    name = str(Work.CARD)
    finishes = False

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._waiting = WaitingCards(context)
        self._stopping = False
        self._busy: dict[str, asyncio.Task[None]] = {}  # by channel, until what became of its cards is recorded
        self._drawn: list[tuple[_Drawing, CardRecord]] = []
        self._recording = asyncio.Lock()
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
                await self._record()
                if not await self._start_due() and not self._drawn:
                    await self._sleep()
            await self._record()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            self._busy.clear()

    def stop(self) -> None:
        """Start nothing new."""
        self._stopping = True
        self._context.wake_signals.wake(Work.CARD)

    async def _start_due(self) -> int:
        context, steady = self._context, self._context.steady.now()
        self._quiet_until = {channel: until for channel, until in self._quiet_until.items() if until > steady}
        most = 1 if self._full else BATCH
        due = [
            card
            for card in await context.store.cards_due(now=context.clock.now(), limit=most, waiting=False)
            if card.generation.channel_id not in self._busy
            and (card.generation.state in ENDED or card.generation.channel_id not in self._quiet_until)
        ]
        contexts = await context.store.card_contexts([card.generation for card in due]) if due else []
        self._start([_Drawing(card=card, context=found) for card, found in zip(due, contexts, strict=True)])
        try:
            waiting = await self._waiting.choose({*self._busy, *self._quiet_until}, most - len(due))
        except StoreUnavailable as error:  # places are taken by a write; the cards of what has ended need none
            log.warning("waiting_cards_not_read", error=error)
            self._waiting.moved()
            waiting = []
        self._start([_Drawing(card=one.card, context=one.context, waiting=one) for one in waiting])
        return len(due) + len(waiting)

    def _start(self, drawings: list[_Drawing]) -> None:
        """Draw the cards of each channel in a task of its own."""
        by_channel: defaultdict[str, list[_Drawing]] = defaultdict(list)
        for drawing in drawings:
            by_channel[drawing.card.generation.channel_id].append(drawing)
        for number, (channel, mine) in enumerate(by_channel.items()):
            self._busy[channel] = task = asyncio.create_task(self._draw(mine, after=number * SPREAD), name="card")
            task.add_done_callback(lambda _: self._context.wake_signals.wake(Work.CARD))

    async def _draw(self, drawings: list[_Drawing], *, after: float) -> None:
        """Edit the first card of a channel that differs from what it shows; those before it are only compared.

        after: seconds to wait first. What became of those of waiting jobs is recorded together, in `run`.
        """
        await asyncio.sleep(after)
        for drawing in drawings:
            await asyncio.sleep(0)  # one that is only compared waits for nothing
            edited = await self._one(drawing)
            if drawing.waiting is None:
                await self._record()
            if edited:
                return

    async def _one(self, drawing: _Drawing) -> bool:
        """Return whether the card was edited."""
        context, card = self._context, drawing.card
        generation = card.generation
        again, seen, waits, begun = None, False, drawing.waiting is not None, context.clock.now()
        before = shown = self._unrecorded.get(generation.id, card.shown)
        try:
            shown = await context.messenger.edit_card(generation, drawing.context, before)
            reach(Failpoint.CARD_EDITED)
            seen = True
            if not waits:
                again = next_change(generation, drawing.context.expected_seconds, begun)
        except (PostForbidden, PostClosed) as error:
            again = _when_open(generation, context.clock.now())
            log.info("card_forbidden", generation=generation.id, error=error, again=str(again))
        except PostImpossible as error:
            log.info("card_gone", generation=generation.id, error=error)
            seen, waits = True, False
        except PostError as error:
            log.warning("card_not_edited", generation=generation.id, error=error)
            asked = timedelta(seconds=error.retry_after or 0)
            again = context.clock.now() + min(LONGEST_GAP, max(RETRY_GAP, asked))
        except Exception:  # noqa: BLE001 - one card must not end the loop; everything is logged
            log.exception("card_failed", generation=generation.id)
            again = context.clock.now() + RETRY_GAP
        if shown != before:
            self._quiet_until[generation.channel_id] = context.steady.now() + CHANNEL_GAP
        record = CardRecord(card=card, shown=shown, again_at=again, seen=seen, waits=waits)
        self._drawn.append((drawing, record))
        return shown != before

    async def _record(self) -> None:
        """Record what became of all cards that have been drawn since, in one write; then their channels are free."""
        async with self._recording:
            drawn, self._drawn = self._drawn, []
            if drawn:
                await self._record_these(drawn)
            left = {record.card.generation.channel_id for _, record in self._drawn}
            for channel in [channel for channel, task in self._busy.items() if task.done() and channel not in left]:
                del self._busy[channel]

    async def _record_these(self, drawn: Sequence[tuple[_Drawing, CardRecord]]) -> None:
        try:
            await self._context.store.record_cards([record for _, record in drawn], now=self._context.clock.now())
            reach(Failpoint.CARD_RECORDED)
            self._full = False
        except StoreUnavailable as error:
            log.warning("card_not_recorded", cards=len(drawn), error=error.code)
            self._unrecorded |= {record.card.generation.id: record.shown for _, record in drawn}
            self._full = True
        except Exception:  # noqa: BLE001 - they are still due, and are tried again
            log.exception("card_not_recorded", cards=len(drawn))
            await asyncio.sleep(1)
        else:
            for drawing, record in drawn:
                self._unrecorded.pop(record.card.generation.id, None)
                if drawing.waiting:
                    self._waiting.recorded(drawing.waiting, seen=record.seen)

    async def _sleep(self) -> None:
        await asyncio.sleep(BREATH)
        due = await self._context.store.next_due(Work.CARD)
        seconds = IDLE
        if due is not None:
            seconds = min(IDLE, max(0.25, (due - self._context.clock.now()).total_seconds()))
        if (tick := self._waiting.next_tick()) is not None:
            seconds = min(seconds, max(0.05, tick))
        if await self._context.wake_signals.wait(Work.CARD, seconds):
            self._waiting.moved()


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
