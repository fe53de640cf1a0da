"""What the card of a job shows that is about to be accepted: its context as stored, and its place in the queue."""

from collections.abc import Callable
from dataclasses import replace

from bot.domain.generation import Generation
from bot.domain.messages.card import CardContext
from bot.runtime.context import ServiceContext


async def card_context_of(
    context: ServiceContext, new: Generation, *, most_running: int | None
) -> tuple[CardContext, Callable[[], None]]:
    """Return the context of the first card of a job, as it will be once the job is accepted. Raises StoreUnavailable.

    Read before, so that nothing but the accept itself lies between a command and its answer. most_running: how many of a
    member's jobs the server lets run at once. The place is to be reserved with the accept: another card of the server may
    show it. Also returns what to call if the job is not accepted.
    """
    view, place = await context.queue.place(
        new,
        context.store,
        most=context.policy.max_in_flight,
        most_running=most_running,
        clock=context.clock,
        steady=context.steady,
    )

    def leave() -> None:
        view.left(new.member_id, place)

    kind = (new.model, new.seconds)
    if kind not in view.kinds or new.parent_id is not None:
        try:
            [found] = await context.store.card_contexts([new])
        except BaseException:
            leave()
            raise
    else:
        found = CardContext(expected_seconds=view.usual.get(kind))
    shown = None if context.with_hold_reason(new).hold else place.shown
    return replace(found, queue_position=shown, starts_in=place.starts_in), leave
