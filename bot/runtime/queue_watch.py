"""The last view of the queue, so that each card need not read all of it."""

import asyncio
from datetime import datetime, timedelta

from bot.domain.generation import Generation
from bot.domain.queue_order import QueuePlace
from bot.domain.queue_view import QueueView
from bot.ports.database.cards import CardStore
from bot.ports.system import Clock

FEW = 10  # waiting jobs: the queue is read anew for each accepted job, so that its place is exact
AGE, LONGEST_AGE = timedelta(seconds=1), timedelta(seconds=10)  # of a view that is used again
MANY = 500  # waiting jobs: a view of more is used for longer, because it takes longer to make


class QueueWatch:
    """Reads the queue, at most once a second where it is long, and more seldom where it is very long."""

    def __init__(self) -> None:
        self._view: QueueView | None = None
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    def age_due(self, view: QueueView) -> timedelta:
        """Return for how long a view is used."""
        return min(LONGEST_AGE, AGE * max(1.0, len(view.cards) / MANY))

    async def read(self, store: CardStore, *, most: int, clock: Clock, steady: Clock) -> QueueView:
        """Return the queue as it is now. Raises StoreUnavailable. steady: measures the age of the view."""
        read_at = steady.now()
        self._view = await store.queue(most=most, now=clock.now())
        self._read_at = read_at
        return self._view

    async def place(
        self, generation: Generation, store: CardStore, *, most: int, clock: Clock, steady: Clock
    ) -> QueuePlace | None:
        """Return where a job stands that has just been accepted; None where it no longer waits. Raises StoreUnavailable."""
        async with self._reading:
            view = self._view
            if view is None or len(view.cards) <= FEW or not self._fresh(view, steady.now()):
                view = await self.read(store, most=most, clock=clock, steady=steady)
                card = view.cards.get(generation.id)
                return card.place if card else None
        if generation.id in view.cards:
            return view.cards[generation.id].place
        return view.joined(generation.member_id, (generation.model, generation.seconds))

    def _fresh(self, view: QueueView, now: datetime) -> bool:
        return self._read_at is not None and now - self._read_at < self.age_due(view)
