"""Sends an answer to an interaction again whose connection broke, which discord.py does not do by itself.

It keeps to what may arrive twice. Discord takes one first answer of an interaction and refuses the second; a message that is
edited or deleted twice is the same as once; a follow-up that only its member sees is at worst shown twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import aiohttp
import discord
import structlog

log = structlog.stdlib.get_logger()

T = TypeVar("T")

FIRST = (0.1, 0.4)  # seconds before each further attempt: Discord waits three in all for a first answer
LATER = (0.2, 0.5, 1.0, 2.0)
_ENDED = (401, 404)  # statuses of a token, or of a message, that is no longer there
_EPHEMERAL = 64


def pauses(method: str, path: str, payload: dict[str, Any] | None) -> tuple[float, ...]:
    """Return the pauses before the further attempts of a request; none for what must not arrive twice."""
    if path.endswith("/callback"):
        return FIRST
    private = bool((payload or {}).get("flags", 0) & _EPHEMERAL)
    return LATER if method != "POST" or private else ()


async def through_breaks(send: Callable[[], Awaitable[T]], left: Sequence[float]) -> T:
    """Send, and again after each of the pauses that are left while the connection breaks.

    Raises the last error. Where that says only that the interaction can no longer be answered, the one before: that answer
    may have arrived.
    """
    broken: Exception | None = None
    pending = list(left)
    while True:
        try:
            return await send()
        except (aiohttp.ClientError, ConnectionError) as error:
            if not pending:
                raise
            log.info("answer_cut_off", error=error)
            broken = error
        except discord.HTTPException as error:
            if broken and error.status in _ENDED:
                raise broken from error
            raise
        await asyncio.sleep(pending.pop(0))
