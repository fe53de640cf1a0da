"""Keeps the database small: folds quota windows that are over, and blanks prompts that are older than KEEP_PROMPTS.

What is blanked cannot be had back, so it is decided by this machine's clock only where Discord's or UniAll's says the same or
later: a clock that is ahead blanks nothing too early.
"""

from datetime import datetime, timedelta

from bot.domain.errors import StoreUnavailable
from bot.runtime.context import ServiceContext
from bot.runtime.deletion_list import list_deletions
from bot.runtime.discarding import discard_listed
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 600.0
FOLD_EVERY = timedelta(days=1)
# The longest window is a month; a change of time zone makes one longer by a day at most.
WINDOWS_KEPT = timedelta(days=40)


class DataRetention:
    """Looks for what is old every ten minutes; folds once a day."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._folded_at: datetime | None = None  # by the steady clock
        self.loop = Periodic("growth", self.look, every=EVERY, at_once=False)

    async def look(self) -> None:
        """Check once, and do what is due. What the database refuses now is done the next time."""
        now = self._agreed()
        if now is None:
            return
        try:
            await self._blank(now)
            await self._fold(now)
        except StoreUnavailable as error:
            log.warning("not_folded", error=error.code)

    def _agreed(self) -> datetime | None:
        """Return the earliest of the clocks; None while only this machine's is known."""
        context = self._context
        others = [there for contact in (context.discord, context.uniall) if (there := contact.now()) is not None]
        return min(context.clock.now(), *others) if others else None

    async def _blank(self, now: datetime) -> None:
        context = self._context
        # What was blanked once is blanked again in an older database that is restored, whatever the setting is by then.
        until = await context.store.prompts_blanked_until()
        if keep := context.policy.keep_prompts:
            kept_since = (now - keep).replace(minute=0, second=0, microsecond=0)
            until = max(until, kept_since) if until else kept_since
        if until and await context.store.blank_prompts(until=until):
            log.info("prompts_blanked", until=until)
            await list_deletions(context)
            await discard_listed(context)

    async def _fold(self, now: datetime) -> None:
        steady = self._context.steady.now()
        if self._folded_at and steady - self._folded_at < FOLD_EVERY:
            return
        if folded := await self._context.store.fold_windows(before=now - WINDOWS_KEPT):
            log.info("windows_folded", windows=folded)
        self._folded_at = steady
