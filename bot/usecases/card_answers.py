"""What became of a card: shown, refused by Discord, or editable again.

Until it is known, the generation is in `ServiceContext.unsettled` and is not sent.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from bot.domain.claims import Work
from bot.domain.errors import StoreUnavailable
from bot.domain.generation import Generation
from bot.runtime.background import spawn_background
from bot.runtime.context import ServiceContext
from bot.runtime.failpoints import Failpoint, reach
from bot.runtime.log import log
from bot.runtime.persist import persist


class CardAnswers:
    """Stores what Discord did with the cards of accepted generations."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def card_shown(
        self, generation: Generation, message_id: str | None, *, image_url: str | None, shown: str
    ) -> None:
        """The card is in the channel under message_id, or could not be answered (None): the job may go on either way.

        image_url: the address of the reference image as attached to the card; shown: the digest of what it shows.
        Where the database does not take it for now, it is kept, and the job waits; a crash before that leaves a card to be
        found, as one before this.
        """
        context, now = self._context, self._context.clock.now()

        async def keep() -> None:
            await context.store.set_card(
                generation.id,
                message_id=message_id,
                image_url=image_url,
                image_until=expiry(image_url),
                shown=shown,
                now=now,
            )
            reach(Failpoint.CARD_SHOWN)
            context.unsettled.discard(generation.id)
            context.wake_signals.send(Work.SUBMIT, Work.CARD)

        await self._kept(keep, "card")

    async def give_back(self, generation: Generation, why: str) -> None:
        """Discord has refused the card: nothing is sent, and everything is given back.

        Where the database does not take it for now, it is kept, and the job waits. A crash before that lets it go on.
        """
        context, now = self._context, self._context.clock.now()

        async def keep() -> None:
            withdrawn = await context.store.withdraw(generation.id, now=now)
            context.unsettled.discard(generation.id)
            if withdrawn and generation.image:
                try:
                    await context.media.discard(generation.image.file)
                except OSError as error:  # it is nobody's now: it goes when room is needed
                    log.warning("not_discarded", file=generation.image.file, error=error.strerror)
            log.info("withdrawn", generation=generation.id, why=why, before=not withdrawn)

        await self._kept(keep, "withdrawal")

    async def _kept(self, write: Callable[[], Awaitable[None]], name: str) -> None:
        """Write now, or aside as soon as the database takes it."""
        try:
            await write()
        except StoreUnavailable as error:
            log.warning("not_stored", what=name, error=error)
            spawn_background(persist(write), name)

    async def thread_opened(self, thread_id: str) -> None:
        """Somebody has opened a thread: its cards that could not be edited are edited now."""
        if await self._context.store.cards_due_now(thread_id, now=self._context.clock.now()):
            self._context.wake_signals.send(Work.CARD)


def expiry(url: str | None) -> datetime | None:
    """When a signed attachment address stops working: its `ex`, seconds since the epoch in hex; None where unsaid."""
    for value in parse_qs(urlsplit(url or "").query).get("ex", []):
        try:
            return datetime.fromtimestamp(int(value, 16), UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return None
