"""The pauses of a forked bot: it does the same in the same order as any other, but waits a tenth as long in between.

Imported by `preloaded` only, before its first fork. A pause is here if tests wait for its end again and again, and nothing
that they look at depends on its length. Left as they are: the time limits of requests and of a stop, since a busy machine
needs them in full, and what a member sees on a clock. The real lengths are the tests' of each loop, on a clock of their own
(`tests/clock`, `tests/workers`, `tests/gateway`).
"""

import asyncio
import importlib
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType, SimpleNamespace
from typing import Any, cast

from discord import http
from discord.webhook import async_

from bot.runtime.context import ServiceContext

TENTH = 0.1
SHORTEST = timedelta(seconds=0.1)
_RETRY_GAP, _ASYNCIO = "retry_gap", "asyncio"
_BETWEEN_TRIES = (1, 3, 5, 7, 9)  # seconds, as discord.py computes them

PAUSES = {
    "bot.gateway.connection.LOGIN_PAUSE": TENTH,
    "bot.gateway.identify.GAP": TENTH,
    "bot.gateway.identify.LOOK_EVERY": TENTH,
    "bot.gateway.shard_connection.LONGEST_PAUSE": TENTH,
    "bot.runtime.persist.GAPS": TENTH,
    "bot.runtime.server_log.GAP": TENTH,
    "bot.storage.metrics.SETTLED": TENTH,
    "bot.workers.cards.card_edits.BREATH": TENTH,
    "bot.workers.cards.card_edits.FULL_GAP": TENTH,
    "bot.workers.cards.card_edits.RETRY_GAP": TENTH,
    "bot.workers.loops.claim_loop.PAUSE": TENTH,
    "bot.workers.loops.claim_loop.UNSTORED_PAUSE": TENTH,
    "bot.workers.watchers.database_health.CALM": TENTH,
    "bot.workers.watchers.database_health.LOOK": TENTH,
    "bot.workers.models.family_news.EVERY": TENTH,
    "bot.workers.processes.heartbeat.BEAT": TENTH,
    "bot.workers.upkeep.media_retention.EVERY": TENTH,
    "bot.workers.upkeep.media_retention.EVERY_WHILE_FULL": TENTH,
    "bot.workers.upkeep.moderation.EVERY": TENTH,
    "bot.workers.cards.questions.EVERY": TENTH,
    "bot.workers.watchers.reachability.LOOK_EVERY": TENTH,
    "bot.workers.jobs.reconcile.LOOK_EVERY": 0.2,
    "bot.workers.jobs.reconcile.LOOK_FOR": 0.2,  # several looks must fit into it, also on a busy machine
    "bot.workers.jobs.submit.CONTESTED_GAP": TENTH,
    "bot.workers.jobs.submit.UNKNOWN_SERVER": TENTH,
    "bot.workers.processes.shard_ownership.LOOK_EVERY": TENTH,
    "bot.workers.loops.supervisor.PAUSE": TENTH,
    "bot.workers.loops.supervisor.TRUSTED_AFTER": TENTH,
}
"""The constants, and the share of each that is left. Each is read when the pause begins, or by what the bot makes at its
start."""

FIFTH = 0.2
LIVES = {
    "bot.runtime.own_process.ACTS_FOR": FIFTH,
    "bot.runtime.own_process.MARGIN": FIFTH,
    "bot.runtime.own_process.TERM": FIFTH,
    "bot.workers.processes.heartbeat.ACTS_FOR": FIFTH,
    "bot.workers.processes.heartbeat.ANSWERED_IN": FIFTH,
    "bot.workers.processes.heartbeat.DEAD_AFTER": FIFTH,
    "bot.workers.processes.heartbeat.TERM": FIFTH,
    "bot.workers.jobs.reconcile.LOOK_FOR_SHARED": FIFTH,
}
"""What follows from how long a process may be silent: a fifth, for a test that lets processes die again and again. All of it
together, so that each still fits into the next; no shorter, so that a busy machine makes nobody dead."""


def constant(name: str) -> tuple[ModuleType, str, Any]:
    """The module of a constant, its name there, and its value."""
    place, _, there = name.rpartition(".")
    module = importlib.import_module(place)
    return module, there, getattr(module, there)


def _shorter(pause: Any, share: float) -> Any:
    """A share of a number of seconds, of a duration, or of each of several."""
    if isinstance(pause, tuple):
        return tuple(_shorter(part, share) for part in cast("tuple[Any, ...]", pause))
    return pause * share


async def _sleep(seconds: float) -> None:
    """discord.py's sleep: shorter between two tries, but whatever Discord asks for in full."""
    await asyncio.sleep(seconds * TENTH if isinstance(seconds, int) and seconds in _BETWEEN_TRIES else seconds)


def _growing(gap: Callable[..., timedelta]) -> Callable[..., timedelta]:
    """The gap before the next attempt at a call: a tenth, but none that was longer becomes shorter than SHORTEST."""

    def shorter(*given: Any, **more: Any) -> timedelta:
        whole = gap(*given, **more)
        return max(min(whole, SHORTEST), whole * TENTH)

    return shorter


def hurry() -> None:
    """From now on, in this process and those that are forked from it."""
    setattr(ServiceContext, _RETRY_GAP, _growing(ServiceContext.retry_gap))
    for name, share in PAUSES.items():
        module, there, pause = constant(name)
        setattr(module, there, _shorter(pause, share))
    for module in (http, async_):
        setattr(module, _ASYNCIO, SimpleNamespace(**{**vars(asyncio), "sleep": _sleep}))


def hurry_lives() -> None:
    """From now on, in this process: a silent process may act no longer, and is dead, after a fifth of the time."""
    for name, share in LIVES.items():
        module, there, pause = constant(name)
        setattr(module, there, _shorter(pause, share))
