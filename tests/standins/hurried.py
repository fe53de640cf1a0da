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
from types import SimpleNamespace
from typing import Any

from discord import http
from discord.webhook import async_

from bot.runtime.context import ServiceContext

TENTH = 0.1
SHORTEST = timedelta(seconds=0.1)
_RETRY_GAP = "retry_gap"
_BETWEEN_TRIES = (1, 3, 5, 7, 9)  # seconds, as discord.py computes them

PAUSES: dict[str, tuple[str, ...]] = {
    "bot.gateway.connection": ("LOGIN_PAUSE", "LONGEST_PAUSE"),
    "bot.runtime.persist": ("GAPS",),
    "bot.runtime.server_log": ("GAP",),
    "bot.workers.cards": ("RETRY_GAP", "FULL_GAP"),
    "bot.workers.claim_loop": ("PAUSE", "UNSTORED_PAUSE"),
    "bot.workers.database_health": ("CALM", "LOOK"),
    "bot.workers.family_news": ("EVERY",),
    "bot.workers.media_retention": ("EVERY", "EVERY_WHILE_FULL"),
    "bot.workers.moderation": ("EVERY",),
    "bot.workers.questions": ("EVERY",),
    "bot.workers.reachability": ("LOOK_EVERY",),
    "bot.workers.reconcile": ("LOOK_EVERY", "LOOK_FOR"),
    "bot.workers.submit": ("CONTESTED_GAP", "UNKNOWN_SERVER"),
    "bot.workers.supervisor": ("PAUSE", "TRUSTED_AFTER"),
}
"""The constants, by module. Each is read when the pause begins, or by what the bot makes at its start."""


def _shorter(pause: Any) -> Any:
    """A tenth of a number of seconds, of a duration, or of each of several."""
    return tuple(map(_shorter, pause)) if isinstance(pause, tuple) else pause * TENTH


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
    for name, constants in PAUSES.items():
        module = importlib.import_module(name)
        for constant in constants:
            setattr(module, constant, _shorter(getattr(module, constant)))
    for module in (http, async_):
        module.asyncio = SimpleNamespace(**{**vars(asyncio), "sleep": _sleep})
