"""Facts that one process learns and all are to know: which models there are, that submits are paused, that there is no
room.

Each is told to the others by a row, in the background; they read the rows with their heartbeat, so at most some seconds
later. A process that has its database to itself keeps them in memory alone: a restart finds them out again.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.processes.process import Beat
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import HOLD
from bot.runtime.persist import persist
from bot.system.background import spawn_background

SUBMITS = "submits"  # the name of the pause in which UniAll accepts no jobs from this key
ROOM = "room"  # of the pause in which there is no room for more files
ROOM_LASTS = timedelta(seconds=20)  # the leader says so again every few seconds
LONGEST_PAUSE = timedelta(hours=1)  # a row that says more was stored before a clock was set back


def take_over(context: ServiceContext, beat: Beat, *, asked_at: int | None = None) -> None:
    """Know from now on what the rows say. What this process has found out about models, and not stored yet, stays.

    asked_at: `Availability.told` when the rows were asked for.
    """
    context.alerts.told = beat.shared.told
    if context.process.leads:  # it finds out itself whether there is room
        context.disk.elsewhere = False
    else:
        context.disk.short = False
        context.disk.elsewhere = any(pause.name == ROOM for pause in beat.shared.pauses)
    for pause in beat.shared.pauses:
        left = min(pause.until - beat.at, LONGEST_PAUSE)
        until = context.steady.now() + left
        if pause.name == SUBMITS and (context.backoff.until is None or context.backoff.until < until):
            context.backoff.until, context.backoff.fault = until, pause.fault
    context.catalog.know(
        listed={state.model: state.listed for state in beat.shared.models if state.listed is not None},
        refused={state.model for state in beat.shared.models if state.refused},
        asked_at=asked_at,
    )


def pause_submits(context: ServiceContext, gap: timedelta, fault: str) -> None:
    """Send no job for a while, in no process."""
    context.backoff.until, context.backoff.fault = context.steady.now() + gap, fault
    _tell(context, lambda: context.store.set_pause(SUBMITS, lasts=gap, fault=fault, now=context.clock.now()))


def tell_no_room(context: ServiceContext) -> None:
    """Accept and send nothing new for some seconds, in no process. The leader says so; the others hear of it."""
    lasts = ROOM_LASTS
    _tell(context, lambda: context.store.set_pause(ROOM, lasts=lasts, fault=HOLD, now=context.clock.now()))


def refuse_model(context: ServiceContext, model: str) -> None:
    """The API has refused this model: it is offered nowhere until the key's list has it again."""
    context.catalog.refuse(model)
    _tell(context, lambda: context.store.refuse_model(model), over=context.catalog.telling())


async def list_models(context: ServiceContext, listed: frozenset[str]) -> None:
    """Take over the key's own list of models, in every process. Raises StoreUnavailable; then this process alone knows it.

    A list that names no model of the catalogue is that of another API, and changes nothing.
    """
    context.catalog.listed(listed)
    models = {offer.model for offer in context.catalog.offers}
    if models & listed and not context.process.alone:
        over = context.catalog.telling()
        try:
            await context.store.set_listed(listed & models, models)
        finally:
            over()


def _tell(
    context: ServiceContext, store: Callable[[], Awaitable[None]], *, over: Callable[[], None] = lambda: None
) -> None:
    """Store it for the other processes in the background, where there are any. over: is called when that has ended."""

    async def telling() -> None:
        try:
            await persist(store)
        finally:
            over()

    if context.process.alone:
        over()
    else:
        spawn_background(telling(), "shared-fact")
