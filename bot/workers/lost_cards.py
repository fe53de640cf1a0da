"""Cards whose id was lost: a process that died between Discord's answer and `card_shown` left cards that nobody knows.

They are looked for in their channels, so that they do not say "waiting" for ever. A card counts as looked for once a look
has come to an end, never before: a second death, or a channel that cannot be read for now, leaves it to the next look. The
jobs themselves do not wait for that.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.errors import PostError
from bot.domain.generation import Generation
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.workers.periodic import Periodic

FIRST_GAP, LONGEST_GAP = 15.0, 3600.0  # seconds between two looks


class CardRecorder(Protocol):
    """What stores a card once it is known where it is: `bot.usecases.generate`."""

    async def card_shown(
        self, generation: Generation, message_id: str | None, *, image_url: str | None, shown: str
    ) -> None:
        """The card is in the channel under message_id, or was never answered (None)."""
        ...


class LostCards:
    """Looks for the cards that `unanswered` may have, once at the start and then again and again for the rest."""

    def __init__(self, context: ServiceContext, recorder: CardRecorder, unanswered: Sequence[Generation]) -> None:
        self._context = context
        self._recorder = recorder
        self._left = list(unanswered)
        self._gap = FIRST_GAP
        self.loop = Periodic("lost_cards", self.look, every=self._next_gap, at_once=False)

    async def look(self) -> None:
        """Once for each that is left."""
        for generation in list(self._left):
            if await self._find(generation):
                self._left.remove(generation)

    def _next_gap(self) -> float | None:
        """Twice as long each time; None once none is left."""
        gap, self._gap = self._gap, min(self._gap * 2, LONGEST_GAP)
        return gap if self._left else None

    async def _find(self, generation: Generation) -> bool:
        """Whether it is known now what became of this card."""
        try:
            found = await self._context.messenger.find_card(generation)
            message_id, url = found or (None, None)
            log.info("card_looked_for", generation=generation.id, message=message_id)
            url = url if generation.image else None
            await self._recorder.card_shown(generation, message_id, image_url=url, shown="")
        except PostError as error:
            log.warning("card_not_looked_for", generation=generation.id, error=error)
            return False
        return True
