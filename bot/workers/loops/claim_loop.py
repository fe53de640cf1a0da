"""A loop that claims one kind of work by due time, and handles several items at once, each in its own task."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from bot.domain.errors import LostLease, StoreUnavailable
from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery
from bot.domain.messages.failure_notice import FailureNotice
from bot.domain.queue.claims import Claim, Work
from bot.domain.versions.joins import Join
from bot.runtime.context import ServiceContext
from bot.system.log import log

T = TypeVar("T", bound=Generation | FailureNotice | tuple[Delivery, Generation] | Join)

LONGEST_SLEEP = 5.0
SHORTEST_SLEEP = 0.05
PAUSE = 2.0  # seconds after a failed claim
UNSTORED_PAUSE = 10.0  # seconds after an item whose outcome the database did not store
BREATH = 0.05  # seconds between two claims if the first took all: what comes meanwhile, or wakes in vain, is one claim
BLOCKED_SLEEP = 0.25  # seconds, if work is due but not available: no free slot, or leased
STUCK = 60.0  # seconds after which a claim counts as hanging


def one_by_one(claim: Callable[[Claim], Awaitable[T | None]]) -> Callable[[Claim, int], Awaitable[Sequence[T]]]:
    """Return a claim of a `ClaimLoop` that takes one item at a time."""

    async def claim_one(lease: Claim, _most: int) -> Sequence[T]:
        item = await claim(lease)
        return () if item is None else (item,)

    return claim_one


class ClaimLoop(Generic[T]):
    """Claims with `claim` and passes each item to `handle`, at most `width` at the same time.

    `claim` gets a new claim and how many items it may take under it, at most `batch`. If it takes fewer, no more are
    available for now.

    `handle` deals with every expected error itself. An unexpected one is logged with its traceback and ends this item,
    not the loop: its lease expires, and it is claimed again (a submit is put in doubt instead). A failed claim does not
    affect the items in progress. Every log line of an item carries its generation's id. An unavailable database is an
    expected error: one line without a traceback, and the loop waits. If the outcome of an item could not be stored, the
    item is treated as after a crash: its lease is ended, and it is claimed again. on_claim, for metrics: receives the
    kind of work, and how many seconds after its due time an item was claimed.
    """

    def __init__(
        self,
        context: ServiceContext,
        work: Work,
        claim: Callable[[Claim, int], Awaitable[Sequence[T]]],
        handle: Callable[[T, Claim], Awaitable[None]],
        *,
        width: int,
        lease: float,
        batch: int = 1,
        finishes: bool = False,
    ) -> None:
        self.name = str(work)
        self.finishes = finishes
        self._context = context
        self._work = work
        self._claim = claim
        self._handle = handle
        self._width = width
        self._lease = lease
        self._batch = batch
        self._took_all = False
        self._stopping = False
        self._items: dict[asyncio.Task[None], T] = {}
        self._claiming_since: float | None = None
        self._refused = False
        self._unstored: list[str] = []
        self._unstored_until = 0.0
        self.on_claim: Callable[[Work, float], None] | None = None

    @property
    def stuck(self) -> bool:
        """Return whether the current claim hangs. A loop that waits for work, or for a free slot, does not."""
        since = self._claiming_since
        return since is not None and asyncio.get_running_loop().time() - since > STUCK

    async def run(self) -> None:
        """Claim and handle until `stop`. If cancelled, cancel the items in progress too."""
        self._stopping = self._took_all = False
        try:
            while not self._stopping:
                if len(self._items) >= self._width:
                    await asyncio.wait(self._items, return_when=asyncio.FIRST_COMPLETED)
                    continue
                claim, items = await self._next()
                for item in items:
                    task = asyncio.create_task(self._one(item, claim), name=f"{self.name}-item")
                    self._items[task] = item
                    task.add_done_callback(self._items.pop)
            if self._items:
                await asyncio.wait(self._items)
        finally:
            for task in self._items:
                task.cancel()
            await asyncio.gather(*self._items, return_exceptions=True)

    @property
    def has_room(self) -> bool:
        """Return whether the loop would take another item now: an item that can wait need not make room for it."""
        return not self._stopping and len(self._items) < self._width

    def observe(self, due_at: datetime) -> None:
        """Report to `on_claim` that an item starts, or is started again by its handler."""
        if self.on_claim:
            self.on_claim(self._work, (self._context.clock.now() - due_at).total_seconds())

    def under_way(self, kind: Callable[[T], bool]) -> int:
        """Return how many items of a kind are in progress."""
        return sum(kind(item) for item in self._items.values())

    def stop(self) -> None:
        """Claim no more; `run` returns once the items in progress are done."""
        self._stopping = True
        self._context.wake_signals.wake(self._work)

    async def _next(self) -> tuple[Claim, Sequence[T]]:
        """Return claimed items, with their claim. If the database is unavailable, wait and return none.

        If the claim before took all that was due, wait first.
        """
        claim = self._context.claim(self._lease)
        try:
            if self._took_all:
                self._took_all = False
                await self._sleep()
                claim = self._context.claim(self._lease)
            if self._stopping:
                return claim, ()
            if not self._context.process.may_act():  # it may have been declared dead: nothing would be its own
                await asyncio.sleep(PAUSE)
                return claim, ()
            await self._end_unstored()
            most = min(self._batch, self._width - len(self._items))
            items = await self._claim_some(claim, most)
            self._refused = False
            self._took_all = len(items) < most
            return claim, items
        except StoreUnavailable as error:
            if not self._refused:
                log.warning("claim_refused", loop=self.name, error=error.code)
            self._refused = True
        except Exception:  # noqa: BLE001 - items in progress must not be cancelled
            log.exception("claim_failed", loop=self.name, again_in=PAUSE)
        await asyncio.sleep(PAUSE)
        return claim, ()

    async def _end_unstored(self) -> None:
        """Release the items whose outcome could not be stored."""
        owners = list(self._unstored)
        if owners and asyncio.get_running_loop().time() >= self._unstored_until:
            await self._context.store.end_leases(owners, now=self._context.steady.now())
            del self._unstored[: len(owners)]

    async def _claim_some(self, claim: Claim, most: int) -> Sequence[T]:
        self._claiming_since = asyncio.get_running_loop().time()
        try:
            return await self._claim(claim, most)
        finally:
            self._claiming_since = None

    async def _one(self, item: T, claim: Claim) -> None:
        generation_id, due_at = _of(item)
        with structlog.contextvars.bound_contextvars(generation=generation_id):
            try:
                if due_at:
                    self.observe(due_at)
                await self._handle(item, claim)
            except LostLease:
                log.warning("lease_lost", loop=self.name)
            except StoreUnavailable as error:
                log.warning("item_not_stored", loop=self.name, error=error.code)
                self._unstored.append(claim.owner)
                self._unstored_until = asyncio.get_running_loop().time() + UNSTORED_PAUSE
            except Exception:  # noqa: BLE001 - one item must not end the loop; everything is logged
                log.exception("item_failed", loop=self.name)
                await asyncio.sleep(1)
            finally:
                self._context.wake_signals.wake(self._work)  # its lease has ended: recalculate when it is due again

    async def _sleep(self) -> None:
        await asyncio.sleep(BREATH)
        due = await self._context.store.next_due(self._work)
        seconds = LONGEST_SLEEP
        if due is not None:
            ahead = (due - self._context.clock.now()).total_seconds()
            seconds = BLOCKED_SLEEP if ahead <= 0 else min(LONGEST_SLEEP, max(SHORTEST_SLEEP, ahead))
        await self._context.wake_signals.wait(self._work, seconds)


def _of(item: Generation | FailureNotice | tuple[Delivery, Generation] | Join) -> tuple[str, datetime | None]:
    """Return the id of the item's generation, and since when it was due, if the item states it."""
    match item:
        case Generation():
            return item.id, item.due_at
        case FailureNotice():
            return item.generation.id, None
        case Join():
            return item.id, None
        case (_, generation):
            return generation.id, None
