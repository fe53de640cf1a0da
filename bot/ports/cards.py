"""Status cards."""

from datetime import datetime
from typing import Protocol

from bot.domain.card import CardContext, DueCard
from bot.domain.generation import Generation


class CardStore(Protocol):
    """Which card shows what, and which may be out of date."""

    async def set_card(
        self,
        generation_id: str,
        *,
        message_id: str | None,
        image_url: str | None,
        image_until: datetime | None,
        shown: str,
        now: datetime,
    ) -> None:
        """The card is in the channel (or, with message_id None, could not be answered); the job may be submitted."""
        ...

    async def cardless(self) -> list[Generation]:
        """Every generation of which nobody knows whether its card was answered: at a start, before anything is accepted."""
        ...

    async def card_context(self, generation: Generation) -> CardContext:
        """What the card of this generation shows beside it."""
        ...

    async def cards_due(self, *, now: datetime, limit: int) -> list[DueCard]:
        """Cards that may show something old: one for each channel, those of ended jobs first, then the longest due."""
        ...

    async def record_card(self, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime) -> None:
        """The card shows the digest `shown`. It is looked at again at again_at, or when the generation changes."""
        ...

    async def cards_due_now(self, channel_id: str, *, now: datetime) -> int:
        """The cards of a channel that wait for another look get it now; how many do."""
        ...
