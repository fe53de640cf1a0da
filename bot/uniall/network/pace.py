"""Waiting times: what an answer asks for, and the gap between two polls.

Promised: `retry-after-ms`, `Retry-After` (seconds or a date) and `openai-poll-after-ms` are read in this order and
capped at one hour. Nothing in them makes this raise. Source: `docs/sources.md`, the video API.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import AsyncRetrying, RetryCallState, wait_exponential_jitter

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault, JobState, JobStatus
from bot.uniall.network.shapes import as_number

LONGEST_HINT = 3600.0
ENDS = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.EXPIRED})

# In wait(): how many answers of this kind in a row end the wait. Any other fault may pass, and polling goes on.
_PATIENCE: Mapping[Fault, int] = {
    Fault.AUTH: 3,
    Fault.FORBIDDEN: 3,
    Fault.BAD_REQUEST: 3,
    Fault.WRONG_FORMAT: 3,
}
# A job can be unknown for a while after its submit (section 6); after this time it is lost.
_UNKNOWN_FOR = 120.0


def asked_wait(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return how many seconds an answer asks to wait, or None."""
    milliseconds = _seconds(headers.get("retry-after-ms"), scale=1000)
    if milliseconds is not None:
        return milliseconds
    plain = headers.get("retry-after")
    seconds = _seconds(plain)
    if seconds is None and plain is not None:
        seconds = _until(plain, now or datetime.now(UTC))
    return seconds if seconds is not None else _seconds(headers.get("openai-poll-after-ms"), scale=1000)


def _seconds(text: str | None, *, scale: float = 1) -> float | None:
    number = as_number(text)
    return None if number is None or number < 0 else min(number / scale, LONGEST_HINT)


def _until(text: str, now: datetime) -> float | None:
    try:
        when = parsedate_to_datetime(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return min(max((when - now).total_seconds(), 0.0), LONGEST_HINT)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


class _Watch:
    """Decides after each poll whether to go on, and how long to wait."""

    def __init__(self, poll_min: float, poll_max: float, clock: Callable[[], float]) -> None:
        self._rhythm = wait_exponential_jitter(
            multiplier=poll_min, exp_base=1.25, max=poll_max, jitter=poll_min * 0.4, min=poll_min
        )
        self._clock = clock
        self._denials = 0
        self._unknown_since: float | None = None

    def go_on(self, state: RetryCallState) -> bool:
        """Return whether to poll again. False returns the status, or raises the error, to the caller."""
        outcome = state.outcome
        if outcome is None:
            return True
        error = outcome.exception()
        if error is None:
            self._denials, self._unknown_since = 0, None
            return outcome.result().state not in ENDS
        if not isinstance(error, ProviderError):
            return False
        if error.fault is Fault.NOT_FOUND:
            self._unknown_since = self._clock() if self._unknown_since is None else self._unknown_since
            return self._clock() - self._unknown_since < _UNKNOWN_FOR
        self._denials = self._denials + 1 if error.fault in _PATIENCE else 0
        return self._denials < _PATIENCE.get(error.fault, self._denials + 1)

    def gap(self, state: RetryCallState) -> float:
        """Return the seconds to the next poll: growing, with jitter, and never shorter than the answer asked for."""
        requested = None
        if state.outcome is not None:
            error = state.outcome.exception()
            if isinstance(error, ProviderError):
                requested = error.retry_after
            elif error is None:
                requested = state.outcome.result().poll_after
        return max(self._rhythm(state), requested or 0.0)


async def wait_for_end(
    poll: Callable[[], Awaitable[JobStatus]],
    *,
    on_status: Callable[[JobStatus], object] | None,
    poll_min: float,
    poll_max: float,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
) -> JobStatus:
    """Poll until the job has ended. Raises the ProviderError that ended the wait."""
    watch = _Watch(poll_min, max(poll_min, poll_max), clock)

    async def once() -> JobStatus:
        status = await poll()
        if on_status is not None:
            on_status(status)
        return status

    retrying = AsyncRetrying(retry=watch.go_on, wait=watch.gap, sleep=sleep, reraise=True)
    return await retrying(once)
