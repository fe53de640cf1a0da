"""Chooses the cards of waiting jobs that may be outdated, although their jobs have not changed.

The whole queue is read once for all of them, at most once a second (`QueueWatch.age_due`), when something may have moved
it, and every ten seconds. What each card showed of it is remembered here, from its first answer on where this process gave
that, so that nothing is drawn or written while it is the same. A restart forgets it: then each card is drawn once, and
compared with the digest of what it shows.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.messages.card import CardContext, DueCard, WantedPlace
from bot.domain.queue.view import CardLook, QueueView, WaitingCard
from bot.runtime.context import ServiceContext

EDIT_GAP = timedelta(seconds=5)  # between two edits of one card
QUEUE_GAP = timedelta(seconds=10)  # expected times change although nothing moves
LONGEST_GAP = timedelta(minutes=10)  # a card that is due later was scheduled before the clock was set back
BLOCKED_FOR = timedelta(seconds=3)  # how long a card keeps its former place because another still shows the new one
DRAWN_AT_ONCE = 10  # cards of one channel that are only compared: what they show is not known here


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCard:
    """A card that is to be compared, and edited if it differs. look: what it is going to show."""

    card: DueCard
    context: CardContext
    look: CardLook


class WaitingCards:
    """Remembers what the cards of waiting jobs show."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._looks: dict[str, CardLook] = {}
        self._blocked: dict[str, datetime] = {}
        self._stale: list[WaitingCard] = []
        self._view: QueueView | None = None
        self._read_at: datetime | None = None
        self._moved = True

    def moved(self) -> None:
        """The queue may have moved: it is read again at the next tick."""
        self._moved = True

    def next_tick(self) -> float | None:
        """Return in how many seconds `choose` has something to do again; None if it waits for `moved` only."""
        if self._view is None or self._read_at is None:
            return 0.0 if self._moved else None
        age = self._context.steady.now() - self._read_at
        if self._moved or self._stale:
            return max(0.0, (self._context.queue.age_due(self._view) - age).total_seconds())
        return max(0.0, (QUEUE_GAP - age).total_seconds()) if self._view.cards else None

    async def choose(self, closed: Collection[str], most: int) -> list[ChosenCard]:
        """Return the cards to compare and edit now, with their places taken. Raises StoreUnavailable.

        closed: channels in which nothing may be edited now. Of each channel, at most one card comes of which it is known
        that it differs. Those with the lowest places come first, since they free the places of the others.
        """
        if (tick := self.next_tick()) is None or tick > 0:
            return []
        await self._refresh()
        chosen = self._picked(closed, most)
        self._moved = bool(chosen)  # also where their places cannot be taken now
        return await self._drawn(chosen) if chosen else []

    def recorded(self, chosen: ChosenCard, *, seen: bool) -> None:
        """What became of a card is recorded. seen: it shows what it was to show, or is gone."""
        self._moved = True
        if seen:
            self._looks[chosen.card.generation.id] = chosen.look

    async def _refresh(self) -> None:
        context = self._context
        self._moved, self._read_at = False, context.steady.now()
        self._looks |= context.queue.take_shown()  # of cards that the read below finds if they still wait
        self._view = await context.queue.read(
            context.store, most=context.policy.max_in_flight, clock=context.clock, steady=context.steady
        )
        cards = self._view.cards
        self._looks = {key: look for key, look in self._looks.items() if key in cards}
        self._blocked = {key: since for key, since in self._blocked.items() if key in cards}
        self._stale = [
            card for card in cards.values() if card.posted and self._looks.get(card.generation_id) != self._look(card)
        ]

    def _picked(self, closed: Collection[str], most: int) -> list[WaitingCard]:
        now, found, left = self._context.clock.now(), list[WaitingCard](), list[WaitingCard]()
        count, full = Counter[str](), set(closed)
        for card in self._stale:
            channel = card.channel_id
            if len(found) >= most or channel in full or not _may_be_edited(card, now):
                left.append(card)
                continue
            found.append(card)
            count[channel] += 1
            if card.generation_id in self._looks or count[channel] >= DRAWN_AT_ONCE:
                full.add(channel)
        self._stale = left
        return found

    async def _drawn(self, chosen: list[WaitingCard]) -> list[ChosenCard]:
        store, now = self._context.store, self._context.clock.now()
        due = {card.generation.id: card for card in await store.waiting_cards([one.generation_id for one in chosen])}
        chosen = [one for one in chosen if one.generation_id in due]
        looks = {one.generation_id: self._look(one) for one in chosen}
        wanted = [
            WantedPlace(generation_id=one.generation_id, guild_id=one.guild_id, place=place)
            for one, place in ((one, looks[one.generation_id].place or None) for one in chosen)
            if not one.takes == one.shows == place
        ]
        taken = await store.take_places(wanted, now=now) if wanted else set[str]()
        for one in wanted:
            if one.generation_id not in taken:
                looks[one.generation_id] = replace(looks[one.generation_id], place=None)
            else:
                self._blocked.pop(one.generation_id, None)
        chosen = [one for one in chosen if looks[one.generation_id].place is not None or self._shows_none(one, looks)]
        generations = [self._context.with_hold_reason(due[one.generation_id].generation) for one in chosen]
        contexts = await store.card_contexts(generations) if chosen else []
        return [
            ChosenCard(
                card=replace(due[one.generation_id], generation=generation),
                context=replace(found, queue_position=looks[one.generation_id].place, starts_in=one.place.starts_in),
                look=looks[one.generation_id],
            )
            for one, generation, found in zip(chosen, generations, contexts, strict=True)
        ]

    def _shows_none(self, card: WaitingCard, looks: Mapping[str, CardLook]) -> bool:
        """Return whether a card shows no place now: it is held, or its new place has not been free for a while.

        Until then it keeps its former one.
        """
        look, now = looks[card.generation_id], self._context.steady.now()
        if look.hold:
            return True
        if look == self._looks.get(card.generation_id):
            return False
        return card.shows is None or now - self._blocked.setdefault(card.generation_id, now) >= BLOCKED_FOR

    def _look(self, card: WaitingCard) -> CardLook:
        context = self._context
        hold = card.hold or (context.backoff.fault if context.backoff.holds(context.steady.now()) else None)
        if hold:
            return CardLook(card.revision, hold, card.until, None, None)
        usual = self._view.usual.get(card.kind) if self._view else None
        place = card.place
        return CardLook.in_line(card.revision, place.shown, starts_in=place.starts_in, usual=usual)


def _may_be_edited(card: WaitingCard, now: datetime) -> bool:
    if card.due_at is not None and now < card.due_at <= now + LONGEST_GAP:
        return False
    return card.edited_at > now or card.edited_at + EDIT_GAP <= now
