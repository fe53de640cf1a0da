"""One card at a time, for tests: the store takes many."""

from datetime import datetime

from bot.domain.generation import State
from bot.domain.messages.card import CardRecord, DueCard, WantedPlace
from bot.ports.database.jobs.cards import CardStore


async def take_place(store: CardStore, generation_id: str, guild_id: str, place: int | None, *, now: datetime) -> bool:
    """Reserve the place that a card is about to show; False where another of its server has it."""
    wanted = WantedPlace(generation_id=generation_id, guild_id=guild_id, place=place)
    return generation_id in await store.take_places([wanted], now=now)


async def record_card(
    store: CardStore, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime, seen: bool = True
) -> None:
    """Record what a card shows. A waiting one that is not due again is gone."""
    waits = card.generation.state is State.RESERVED and again_at is not None
    await store.record_cards([CardRecord(card=card, shown=shown, again_at=again_at, seen=seen, waits=waits)], now=now)
