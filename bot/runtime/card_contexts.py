"""What a card is about to show: its context as stored, with a place in the queue that no other card of the server shows."""

from dataclasses import replace

from bot.domain.card import CardContext
from bot.domain.generation import Generation, State
from bot.runtime.context import ServiceContext


async def card_context_of(context: ServiceContext, generation: Generation) -> CardContext:
    """Return the context of a card that is about to be shown. Raises StoreUnavailable.

    generation: as its card shows it (`ServiceContext.with_hold_reason`). A place that another card still shows is left
    out, until that card has been edited.
    """
    now = context.clock.now()
    found = await context.store.card_context(generation, most=context.policy.max_in_flight, now=now)
    if generation.state is not State.RESERVED:
        return found
    place = None if generation.hold else found.queue_position
    free = await context.store.take_place(generation.id, generation.guild_id, place or None, now=now)
    return replace(found, queue_position=place if free else None)
