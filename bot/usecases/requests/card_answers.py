"""Records what Discord did with a card: accepted or refused it, or opened its thread so that it can be edited again.

Until that is known, the generation is in `ServiceContext.unsettled` and is not sent.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from bot.domain.errors import StoreUnavailable
from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext
from bot.domain.messages.deferred_replies import DeferredReply
from bot.domain.messages.posts import CardPictures
from bot.domain.queue.claims import Work
from bot.domain.queue.view import CardLook
from bot.runtime.context import ServiceContext
from bot.runtime.discarding import discard_or_list
from bot.runtime.persist import persist
from bot.system.background import spawn_background
from bot.system.failpoints import Failpoint, reach
from bot.system.log import log

FIRST_REVISION = 0  # of a job as it is accepted; whatever changes it later counts on


class CardAnswers:
    """Records what Discord did with the cards of accepted generations."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def card_shown(
        self,
        generation: Generation,
        message_id: str | None,
        *,
        pictures: CardPictures,
        shown: str,
        card_context: CardContext | None = None,
    ) -> None:
        """Record that the card is in the channel as message_id, or could not be sent (None). The job goes on either way.

        pictures: the addresses of the pictures as attached to the card. shown: the digest of what the card shows;
        card_context: what that was drawn from, where the job was accepted just now. If the database is not available for
        now, the write is repeated, and the job waits. A crash before it leaves a card that the next start searches for,
        as a crash before this call does.
        """
        context, now = self._context, self._context.clock.now()

        async def keep() -> None:
            await context.store.set_card(
                generation.id,
                message_id=message_id,
                image_url=pictures.image,
                image_until=expiry(pictures.image),
                end_image_url=pictures.end_image,
                end_image_until=expiry(pictures.end_image),
                shown=shown,
                now=now,
            )
            reach(Failpoint.CARD_SHOWN)
            context.unsettled.discard(generation.id)
            if card_context and message_id:
                self._remember(generation, card_context)
            context.wake_signals.send(Work.SUBMIT, Work.CARD)

        await self._kept(keep, "card")

    def _remember(self, generation: Generation, shown: CardContext) -> None:
        """Tell the loop of the cards what a first card shows of the queue, where it shows a place."""
        if generation.hold is None and shown.queue_position is not None:
            look = CardLook.in_line(
                FIRST_REVISION, shown.queue_position, starts_in=shown.starts_in, usual=shown.expected_seconds
            )
            self._context.queue.shown(generation.id, look)

    async def give_back(self, generation: Generation, why: str) -> None:
        """Discord refused the card: the job is not sent, and everything is given back.

        If the database is not available for now, the write is repeated, and the job waits. After a crash before it,
        the job goes on.
        """
        context, now = self._context, self._context.clock.now()

        async def keep() -> None:
            withdrawn = await context.store.withdraw(generation.id, now=now)
            context.unsettled.discard(generation.id)
            pictures = (generation.image, generation.end_image) if withdrawn else ()
            await discard_or_list(context, [picture.file for picture in pictures if picture])
            log.info("withdrawn", generation=generation.id, why=why, before=not withdrawn)

        await self._kept(keep, "withdrawal")

    async def _kept(self, write: Callable[[], Awaitable[None]], name: str) -> None:
        """Write now; if the database is not available, repeat the write in the background."""
        try:
            await write()
        except StoreUnavailable as error:
            log.warning("not_stored", what=name, error=error)
            spawn_background(persist(write), name)

    def reply_deferred(self, interaction_id: str, token: str, locale: str) -> Callable[[], None]:
        """Note that a reply is being deferred, so that another process can complete it if this one dies.

        Returns what to call once the member has their reply, or cannot have it. Neither is waited for.
        """
        store = self._context.store
        reply = DeferredReply(
            interaction_id=interaction_id,
            sealed_token=self._context.messenger.seal(interaction_id, token),
            process_id=self._context.process.id,
            locale=locale,
        )
        keeping = spawn_background(store.keep_reply(reply), "deferred-reply")

        async def drop() -> None:
            await keeping  # also if that failed: its commit may have taken place
            await persist(lambda: store.drop_reply(interaction_id))

        def end() -> None:
            spawn_background(drop(), "deferred-reply")

        return end

    async def thread_opened(self, thread_id: str) -> None:
        """A thread was opened: its cards that could not be edited become due now."""
        if await self._context.store.cards_due_now(thread_id, now=self._context.clock.now()):
            self._context.wake_signals.send(Work.CARD)


def expiry(url: str | None) -> datetime | None:
    """When a signed attachment address expires: its `ex`, seconds since the epoch in hex. None where it has none."""
    for value in parse_qs(urlsplit(url).query).get("ex", []) if url else ():
        try:
            return datetime.fromtimestamp(int(value, 16), UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return None
