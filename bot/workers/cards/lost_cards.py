"""Finds cards whose id was lost because their process ended between Discord's answer and `card_shown`.

Their channels are searched, so that no card says "waiting" for ever. A card counts as searched for once a search has
finished, never before: after another crash, or for a channel that cannot be read now, it is searched again. The jobs
themselves do not wait for that.

A reply that such a process had deferred is completed, so that nobody waits before "thinking…": with the card, or with a
sentence where the request was not accepted.
"""

import asyncio
from typing import Protocol

from bot.domain.errors import PostError, PostImpossible
from bot.domain.generation import Generation, Image
from bot.domain.messages.deferred_replies import DeferredReply
from bot.domain.messages.posts import CardPictures
from bot.runtime.context import ServiceContext
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

FIRST_GAP, LONGEST_GAP = 15.0, 3600.0  # seconds between two searches
GATEWAY_GAP = 60.0  # a gateway that stops may leave a card behind, and nobody tells this process


class CardRecorder(Protocol):
    """Stores a card once its message is known: `bot.usecases.requests.accept`."""

    async def card_shown(
        self, generation: Generation, message_id: str | None, *, pictures: CardPictures, shown: str
    ) -> None:
        """Record that the card is in the channel under message_id, or was never posted (None)."""
        ...


class LostCards:
    """Searches for every card that no living process answers for: once at the start, after each death of another process,
    and then repeatedly for the rest.
    """

    def __init__(self, context: ServiceContext, recorder: CardRecorder, deaths: asyncio.Event | None = None) -> None:
        """deaths: set when a process was declared dead; None where there are no others."""
        self._context = context
        self._recorder = recorder
        self._gap = FIRST_GAP
        self._left = 0
        # The start has just looked; who comes to lead later has not.
        at_once = not context.process.alone
        self.loop = Periodic("lost_cards", self.look, every=self._next_gap, wake=deaths, at_once=at_once)

    async def look(self) -> None:
        """Search once for each card. Raises StoreUnavailable."""
        store = self._context.store
        abandoned, lost = await store.abandoned_replies(), await store.cardless()
        replies = {one.reply.interaction_id: one.reply for one in abandoned}
        cardless = {generation.interaction_id for generation in lost}
        others = [one for one in abandoned if one.reply.interaction_id not in cardless]
        if len(lost) + len(others) > self._left:
            self._gap = FIRST_GAP
        self._left = len(lost) + len(others)
        for generation in lost:
            self._left -= await self._find(generation, replies.get(generation.interaction_id))
        for one in others:
            self._left -= await self._complete(one.reply, accepted=one.accepted)

    def _next_gap(self) -> float | None:
        """Return a gap twice as long as the last; once no card is left, None where there are no other processes."""
        gap, self._gap = self._gap, min(self._gap * 2, LONGEST_GAP)
        none_left = None if self._context.process.alone else GATEWAY_GAP
        return gap if self._left else none_left

    async def _find(self, generation: Generation, reply: DeferredReply | None) -> bool:
        """Return whether it is now known what became of this card. reply: where it is to stand."""
        messenger = self._context.messenger
        try:
            found = await self._completed(generation, reply) if reply else None
            found = found or await messenger.find_card(generation)
            message_id, pictures = found or (None, CardPictures())
            log.info("card_looked_for", generation=generation.id, message=message_id)
            await self._recorder.card_shown(generation, message_id, pictures=pictures, shown="")
            if reply:
                await self._context.store.drop_reply(reply.interaction_id)
        except (PostError, OSError) as error:
            log.warning("card_not_looked_for", generation=generation.id, error=error)
            return False
        return True

    async def _completed(self, generation: Generation, reply: DeferredReply) -> tuple[str, CardPictures] | None:
        """Put the card in the place of the reply. None where that cannot be. Raises PostError, and OSError without a picture."""
        context, pictures = self._context, list[tuple[Image, bytes]]()
        for image in (generation.image, generation.end_image):
            if image:
                pictures.append((image, await context.media.read(image.file)))
        [shown] = await context.store.card_contexts([generation])
        try:
            return await context.messenger.complete_with_card(reply, generation, shown, pictures)
        except PostImpossible as error:
            log.warning("reply_not_completed", generation=generation.id, error=error)
            return None

    async def _complete(self, reply: DeferredReply, *, accepted: bool) -> bool:
        """Complete a reply without a card, unless it has one. Return whether that is done, or cannot be done."""
        try:
            taken = not accepted and await self._context.messenger.complete_without_card(reply)
            log.info("reply_completed", interaction=reply.interaction_id, accepted=accepted, taken=taken)
        except PostImpossible as error:
            log.warning("reply_not_completed", interaction=reply.interaction_id, error=error)
        except PostError as error:
            log.warning("reply_not_completed", interaction=reply.interaction_id, error=error)
            return False
        await self._context.store.drop_reply(reply.interaction_id)
        return True
