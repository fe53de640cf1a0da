"""Tracks which interactions were received, how old they are, and whether a reply may have arrived, from the headers of
Discord's answers.

An interaction must be answered within three seconds. One that the gateway replays after an outage is older, and its
member was already told that the bot did not respond. Discord's clock determines the age. A proxy may set another `Date`
header: if every interaction seems old, the clocks disagree, and the age remains unknown.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache

import aiohttp
import yarl
from discord.http import Route

from bot.messenger.clock import DiscordClock

TOO_OLD = 5.0  # seconds
EVIDENCE = 5  # interactions before this one: if none of them was young, the clocks disagree
EVIDENCE_SECONDS = 3600.0
RECEIVED = 10_000  # interactions that are told from new ones; the oldest are forgotten first
DOUBTS = 1000  # replies that may have arrived; the oldest are forgotten first
_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback")


@lru_cache(maxsize=1)
def _origin(base: str) -> yarl.URL:
    return yarl.URL(base).origin()


class SeenInteractions:
    """Tracks Discord's clock and judges the age of interactions. monotonic: seconds of a clock that nobody sets."""

    def __init__(self, clock: DiscordClock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._young: deque[tuple[float, bool]] = deque(maxlen=EVIDENCE)
        self._doubtful: deque[str] = deque(maxlen=DOUBTS)
        self._received: dict[str, None] = {}  # in the order of their arrival

    def trace(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Observe every request that is made under this trace."""

        async def ended(_: object, __: object, params: aiohttp.TraceRequestEndParams) -> None:
            self.answered(params.url, params.response.status, params.response.headers.get("Date"))

        async def failed(_: object, __: object, params: aiohttp.TraceRequestExceptionParams) -> None:
            self.answered(params.url, None, None)

        trace.on_request_end.append(ended)
        trace.on_request_exception.append(failed)
        return trace

    def answered(self, url: yarl.URL, status: int | None, date: str | None) -> None:
        """Record an answer of the API, with its `Date` header. A status of None means that the connection was lost."""
        if url.origin() != _origin(Route.BASE):
            return
        if (status is None or status >= 500) and (match := _CALLBACK.search(url.path)):
            self._doubtful.append(match[1])
        self._clock.record(date)

    def is_new(self, interaction_id: str) -> bool:
        """Record an interaction as received. Return whether it is the first time."""
        if interaction_id in self._received:
            return False
        self._received[interaction_id] = None
        if len(self._received) > RECEIVED:
            del self._received[next(iter(self._received))]
        return True

    def in_doubt(self, interaction_id: int) -> bool:
        """Return whether Discord may have taken our reply to this interaction, although it did not confirm it."""
        return str(interaction_id) in self._doubtful

    def too_old(self, interaction_id: int) -> bool:
        """Return whether it can no longer be answered.

        Call it once for each interaction, since each is evidence for the next.
        """
        age = self._clock.age(interaction_id)
        if age is None:
            return False
        now = self._monotonic()
        agree = any(young for at, young in self._young if now - at <= EVIDENCE_SECONDS)
        self._young.append((now, age <= TOO_OLD))
        return age > TOO_OLD and agree
