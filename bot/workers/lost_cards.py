"""Cards whose id was lost: a process that died between Discord's answer and `card_shown` left cards that nobody knows.

They are looked for in their channels, so that they do not say "waiting" for ever. A card counts as looked for once a look
has come to an end, never before: a second death, or a channel that cannot be read for now, leaves it to the next look. The
jobs themselves do not wait for that.
"""

import asyncio
from collections.abc import Sequence

from bot.domain.errors import PostError, Refusal
from bot.domain.generation import Generation
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.usecases.generate import Requests

FIRST_GAP, LONGEST_GAP = 15.0, 3600.0  # seconds between two looks


class LostCards:
    """Looks for the cards that `unanswered` may have, once at the start and then again and again for the rest."""

    name = "lost_cards"
    finishes = False

    def __init__(self, context: ServiceContext, requests: Requests, unanswered: Sequence[Generation]) -> None:
        self._context = context
        self._requests = requests
        self._left = list(unanswered)

    async def look(self) -> None:
        """Once for each that is left."""
        for generation in list(self._left):
            if await self._find(generation):
                self._left.remove(generation)

    async def run(self) -> None:
        """Until none is left; then it waits for its end."""
        gap = FIRST_GAP
        while self._left:
            await asyncio.sleep(gap)
            await self.look()
            gap = min(gap * 2, LONGEST_GAP)
        await asyncio.Event().wait()

    def stop(self) -> None:
        """What is left is looked for at the next start."""

    async def _find(self, generation: Generation) -> bool:
        """Whether it is known now what became of this card."""
        try:
            found = await self._context.messenger.find_card(generation)
            message_id, url = found or (None, None)
            log.info("card_looked_for", generation=generation.id, message=message_id)
            url = url if generation.image else None
            await self._requests.card_shown(generation, message_id, image_url=url, shown="")
        except PostError as error:
            log.warning("card_not_looked_for", generation=generation.id, error=error)
            return False
        except Refusal as error:  # the disk of the database is full
            log.warning("card_not_recorded", generation=generation.id, error=error.code)
            return False
        return True
