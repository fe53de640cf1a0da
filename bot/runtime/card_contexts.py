"""What a card is about to show: its context as stored, with a place in the queue that no other card of the server shows."""

from dataclasses import replace

from bot.domain.card import CardContext
from bot.domain.generation import Generation, State
from bot.runtime.context import ServiceContext


async def card_context_of(context: ServiceContext, generation: Generation) -> CardContext:
    """Return the context of a card that is about to be shown for the first time. Raises StoreUnavailable.

    generation: as its card shows it (`ServiceContext.with_hold_reason`). A place that another card still shows is left
    out, until that card has been edited.
    """
    [found] = await context.store.card_contexts([generation])
    if generation.state is not State.RESERVED:
        return found
    place = await context.queue.place(
        generation, context.store, most=context.policy.max_in_flight, clock=context.clock, steady=context.steady
    )
    if place is None:
        return found
    shown = None if generation.hold else place.shown
    if shown and not await context.store.take_place(generation.id, generation.guild_id, shown, now=context.clock.now()):
        shown = None
    return replace(found, queue_position=shown, starts_in=place.starts_in)
