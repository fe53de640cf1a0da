"""Status cards: what each one shows, and which may be out of date."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext, CardRecord, DueCard, WantedPlace
from bot.domain.queue.view import QueueView


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

    async def card_contexts(self, generations: Sequence[Generation]) -> list[CardContext]:
        """What each of these cards shows, in the same order, without anything about the queue."""
        ...

    async def queue(self, *, most: int, now: datetime) -> QueueView:
        """The whole queue as it is now, with the cards of its jobs. most: how many jobs run at once."""
        ...

    async def waiting_cards(self, generation_ids: Sequence[str]) -> list[DueCard]:
        """The cards of these generations, as far as they still wait and have one."""
        ...

    async def take_places(self, wanted: Sequence[WantedPlace], *, now: datetime) -> set[str]:
        """Reserve the places that cards are about to show, in this order; returns the generations that got theirs.

        Another shows none: some other card of the server shows that place or is about to.
        """
        ...

    async def cards_due(self, *, now: datetime, limit: int, waiting: bool = True) -> list[DueCard]:
        """Cards that may be out of date, one for each channel: those of ended jobs first, then those due longest.

        waiting: those of waiting jobs too. What a change of the queue makes of their cards is in `queue` alone.
        """
        ...

    async def record_cards(self, records: Sequence[CardRecord], *, now: datetime) -> None:
        """Record what cards show. Each is due again when its generation changes, or at `again_at`.

        The former place of one that was seen is free.
        """
        ...

    async def cards_due_now(self, channel_id: str, *, now: datetime) -> int:
        """Make the waiting cards of a channel due at once; returns how many there were."""
        ...
