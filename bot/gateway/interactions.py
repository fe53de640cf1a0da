"""What Discord's answers tell of interactions beside their content: how old one is, and whether an answer may have arrived.

An interaction must be answered within three seconds; one that the gateway replays after an outage is older, and whoever sent
it was told that the bot did not respond. Its id says when it was made, by Discord's clock; the `Date` of Discord's answers
says what that clock shows now. A proxy in between may set another `Date`: where every interaction seems old, it is the clocks
that disagree, and how old one is remains unknown.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from statistics import median_low

import aiohttp
import yarl
from discord.http import Route

from bot.domain.contact import dated

TOO_OLD = 5.0  # seconds
EVIDENCE = 5  # interactions before this one: where none of them was young, the clocks disagree
EVIDENCE_SECONDS = 3600.0
OFFSETS = 20  # answers
OFFSET_SECONDS = 600.0
DOUBTS = 1000  # answers that may have arrived, until the oldest are forgotten
_EPOCH = 1_420_070_400.0
_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback")


class SeenInteractions:
    """Discord's clock, and the fate of answers. clock: seconds that no change of the host's time moves."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # What must be added to our clock, or a little less: `Date` is cut to a second, and the answer was on its way.
        self._offsets: deque[tuple[float, float]] = deque(maxlen=OFFSETS)
        self._young: deque[tuple[float, bool]] = deque(maxlen=EVIDENCE)
        self._doubtful: deque[str] = deque(maxlen=DOUBTS)

    def trace(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Hear of every request that is made under this trace."""

        async def ended(_: object, __: object, said: aiohttp.TraceRequestEndParams) -> None:
            self.answered(said.url, said.response.status, said.response.headers.get("Date"))

        async def failed(_: object, __: object, said: aiohttp.TraceRequestExceptionParams) -> None:
            self.answered(said.url, None, None)

        trace.on_request_end.append(ended)
        trace.on_request_exception.append(failed)
        return trace

    def answered(self, url: yarl.URL, status: int | None, date: str | None) -> None:
        """An answer of the API, with its `Date`; status None: the connection was lost."""
        base = yarl.URL(Route.BASE)
        if url.origin() != base.origin():
            return
        if (status is None or status >= 500) and (match := _CALLBACK.search(url.path)):
            self._doubtful.append(match[1])
        if (there := dated(date)) is not None:
            self._offsets.append((self._clock(), there.timestamp() - self._clock()))

    def in_doubt(self, interaction_id: int) -> bool:
        """Whether an answer of ours to this interaction may have been taken though Discord did not say so."""
        return str(interaction_id) in self._doubtful

    def age(self, interaction_id: int) -> float | None:
        """How many seconds old it is at least, by Discord's clock alone; None while that is not known."""
        now = self._clock()
        offsets = [offset for at, offset in self._offsets if now - at <= OFFSET_SECONDS]
        if not offsets and self._offsets:
            offsets = [self._offsets[-1][1]]
        return now + median_low(offsets) - ((interaction_id >> 22) / 1000 + _EPOCH) if offsets else None

    def too_old(self, interaction_id: int) -> bool:
        """Whether it cannot be answered any more. Asked once of each, since each is evidence for the next."""
        age = self.age(interaction_id)
        if age is None:
            return False
        now = self._clock()
        agree = any(young for at, young in self._young if now - at <= EVIDENCE_SECONDS)
        self._young.append((now, age <= TOO_OLD))
        return age > TOO_OLD and agree
