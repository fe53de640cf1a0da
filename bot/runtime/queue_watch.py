"""The last view of the queue, so that each card need not read all of it; and what the first cards of jobs have shown of it."""

import asyncio
from datetime import datetime, timedelta

from bot.domain.generation import Generation
from bot.domain.queue.order import QueuePlace
from bot.domain.queue.view import CardLook, QueueView
from bot.ports.database.jobs.cards import CardStore
from bot.ports.system import Clock

FEW = 10  # waiting jobs: the queue is read anew for each job, so that its place is exact
AGE, LONGEST_AGE = timedelta(seconds=1), timedelta(seconds=10)  # until the cards that wait are looked at again
OLDEST = timedelta(
    seconds=30
)  # a view that an accepted job is counted into; the loop of the cards reads a new one before
SHOWN = 2_000  # first cards that are remembered until the loop of the cards takes note of them; the oldest go first
MANY = 100  # waiting jobs: a view of more is used for longer, because it takes longer to make


class QueueWatch:
    """Reads the queue, at most once a second where it is long, and more seldom where it is very long."""

    def __init__(self) -> None:
        self._view: QueueView | None = None
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()
        self._shown: dict[str, CardLook] = {}

    def shown(self, generation_id: str, look: CardLook) -> None:
        """Remember what the first card of a job shows, so that nobody draws it again only to find that out."""
        self._shown[generation_id] = look
        if len(self._shown) > SHOWN:
            del self._shown[next(iter(self._shown))]

    def take_shown(self) -> dict[str, CardLook]:
        """Return what first cards have shown since the last call, by generation."""
        found, self._shown = self._shown, {}
        return found

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
        self,
        new: Generation,
        store: CardStore,
        *,
        most: int,
        most_running: int | None,
        clock: Clock,
        steady: Clock,
    ) -> tuple[QueueView, QueuePlace]:
        """Return where a job will stand that is about to be accepted, counted in the view that is returned with it: if it
        is not accepted, it is to be counted out there (`QueueView.left`). Raises StoreUnavailable.

        most_running: see `QueueView.joined`.
        """
        async with self._reading:
            view = self._view
            if view is None or len(view.cards) <= FEW or not self._usable(steady.now()):
                view = await self.read(store, most=most, clock=clock, steady=steady)
            return view, view.joined(new.member_id, (new.model, new.seconds), most_running=most_running)

    def _usable(self, now: datetime) -> bool:
        return self._read_at is not None and now - self._read_at < OLDEST
