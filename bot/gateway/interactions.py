"""What Discord's answers tell of interactions beside their content: how old one is, and whether an answer may have arrived.

An interaction must be answered within three seconds; one that the gateway replays after an outage is older, and whoever sent
it was told that the bot did not respond. How old one is, Discord's clock says. A proxy in between may set another `Date`:
where every interaction seems old, it is the clocks that disagree, and how old one is remains unknown.
"""

import re
import time
from collections import deque
from collections.abc import Callable

import aiohttp
import yarl
from discord.http import Route

from bot.messenger.clock import DiscordClock

TOO_OLD = 5.0  # seconds
EVIDENCE = 5  # interactions before this one: where none of them was young, the clocks disagree
EVIDENCE_SECONDS = 3600.0
DOUBTS = 1000  # answers that may have arrived, until the oldest are forgotten
_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback")


class SeenInteractions:
    """Tells Discord's clock of each answer, and judges interactions. monotonic: seconds by a clock that nobody sets."""

    def __init__(self, clock: DiscordClock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._young: deque[tuple[float, bool]] = deque(maxlen=EVIDENCE)
        self._doubtful: deque[str] = deque(maxlen=DOUBTS)

    def trace(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Hear of every request that is made under this trace."""

        async def ended(_: object, __: object, params: aiohttp.TraceRequestEndParams) -> None:
            self.answered(params.url, params.response.status, params.response.headers.get("Date"))

        async def failed(_: object, __: object, params: aiohttp.TraceRequestExceptionParams) -> None:
            self.answered(params.url, None, None)

        trace.on_request_end.append(ended)
        trace.on_request_exception.append(failed)
        return trace

    def answered(self, url: yarl.URL, status: int | None, date: str | None) -> None:
        """An answer of the API, with its `Date`; status None: the connection was lost."""
        if url.origin() != yarl.URL(Route.BASE).origin():
            return
        if (status is None or status >= 500) and (match := _CALLBACK.search(url.path)):
            self._doubtful.append(match[1])
        self._clock.heard(date)

    def in_doubt(self, interaction_id: int) -> bool:
        """Whether an answer of ours to this interaction may have been taken though Discord did not say so."""
        return str(interaction_id) in self._doubtful

    def too_old(self, interaction_id: int) -> bool:
        """Whether it cannot be answered any more. Asked once of each, since each is evidence for the next."""
        age = self._clock.age(interaction_id)
        if age is None:
            return False
        now = self._monotonic()
        agree = any(young for at, young in self._young if now - at <= EVIDENCE_SECONDS)
        self._young.append((now, age <= TOO_OLD))
        return age > TOO_OLD and agree
