"""Status cards: what each one shows, and which may be out of date."""

from datetime import datetime
from typing import Protocol

from bot.domain.card import CardContext, DueCard
from bot.domain.generation import Generation


class CardStore(Protocol):
    """What each card shows, and which cards may be out of date."""

    async def set_card(
        self,
        generation_id: str,
        *,
        message_id: str | None,
        image_url: str | None,
        image_until: datetime | None,
        end_image_url: str | None = None,
        end_image_until: datetime | None = None,
        shown: str,
        now: datetime,
    ) -> None:
        """Record that the card is in the channel (message_id None: the interaction got no response).

        The job may then be submitted. The addresses are those of its pictures on the card, until when each works.
        """
        ...

    async def cardless(self) -> list[Generation]:
        """Every generation whose card may or may not exist. Called at start, before anything is accepted."""
        ...

    async def card_context(
        self, generation: Generation, *, most: int | None = None, now: datetime | None = None
    ) -> CardContext:
        """What the card of this generation shows beside the generation itself.

        The usual time is the median of the last twenty of its model and length. most: how many jobs run at once; without
        it and the time, nothing is said about when a waiting job will start.
        """
        ...

    async def take_place(self, generation_id: str, guild_id: str, place: int | None, *, now: datetime) -> bool:
        """Reserve the place that a card is about to show; None: it shows none.

        False, and it shows none, where another card of the server shows that place or is about to.
        """
        ...

    async def cards_due(self, *, now: datetime, limit: int) -> list[DueCard]:
        """Cards that may be out of date, one for each channel: those of ended jobs first, then those due longest."""
        ...

    async def record_card(
        self, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime, seen: bool = True
    ) -> None:
        """Record that the card shows the digest `shown`. It is due again at again_at, or when the generation changes.

        seen: the place that it has taken is the one that it shows now, so its former place is free.
        """
        ...

    async def cards_due_now(self, channel_id: str, *, now: datetime) -> int:
        """Make the waiting cards of a channel due at once; returns how many there were."""
        ...
