"""When a job is expected to be sent and done, and until when it is tried. Pure arithmetic on what is known now.

No card shows an expected moment that has passed: it shows one only while it is more than `SOON` ahead, and is due again
before that ends (`next_change`).
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.generation import TRIED_FOR, Generation, State

SOON = timedelta(
    seconds=15
)  # an expected moment that is nearer is no longer shown: the edit that removes it takes time
LOOKED_AGAIN = timedelta(minutes=10)  # how often a card that names a deadline is compared with what holds by then
UNANSWERED = timedelta(seconds=15)  # a submit that takes longer is explained on its card
_FAR = timedelta(hours=2)  # beyond this, a deadline is rounded to hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that takes part in the queue. owner: the member in their server. seconds: how long it takes from now, or from
    its start. most_running: how many of its owner's jobs may run at once, None for any number.
    """

    owner: tuple[str, str]
    seconds: float
    most_running: int | None = None


def starts(running: Sequence[Job], queue: Sequence[Job], *, most: int) -> list[float | None]:
    """Return in how many seconds each job of the queue is expected to be sent; None for one that never can be.

    queue: the waiting jobs in the order in which they are sent, while `most` run at once.
    """
    ends = [(max(0.0, job.seconds), job.owner) for job in running]
    heapq.heapify(ends)
    at_work, waiting, now = Counter(job.owner for job in running), list(range(len(queue))), 0.0
    found: list[float | None] = [None] * len(queue)
    while waiting:
        chosen = next((number for number in waiting if _may_run(queue[number], at_work)), None)
        if chosen is None or len(ends) >= most:
            if not ends:
                break
            now, owner = heapq.heappop(ends)
            at_work[owner] -= 1
            continue
        waiting.remove(chosen)
        job, found[chosen] = queue[chosen], now
        at_work[job.owner] += 1
        heapq.heappush(ends, (now + job.seconds, job.owner))
    return found


def _may_run(job: Job, at_work: Counter[tuple[str, str]]) -> bool:
    return job.most_running is None or at_work[job.owner] < job.most_running


def ready_at(generation: Generation, expected_seconds: float | None, now: datetime) -> datetime | None:
    """Return when a sent job is usually done, or None if that is not known or nearer than `SOON`."""
    if expected_seconds is None or generation.submitted_at is None:
        return None
    ready = generation.submitted_at + timedelta(seconds=expected_seconds)
    return ready if ready - now > SOON else None


def is_late(generation: Generation, expected_seconds: float | None, now: datetime) -> bool:
    """Return whether a sent job takes longer than usual."""
    if generation.overdue:
        return True
    if expected_seconds is None or generation.submitted_at is None:
        return False
    return now > generation.submitted_at + timedelta(seconds=expected_seconds)


def tried_until(generation: Generation) -> datetime:
    """Return until when the present step is tried, rounded up so that single tries do not change it.

    Time in which the other side cannot be reached does not count, so it may become later.
    """
    return last_try(generation.due_at, generation.tried)


def last_try(due_at: datetime, tried: timedelta) -> datetime:
    """Return until when a step is tried that is due then and has been tried for so long. See `tried_until`."""
    at = due_at + max(timedelta(0), TRIED_FOR - tried)
    step = 3600 if at - due_at > _FAR else 600
    return at + timedelta(seconds=-at.timestamp() % step)


def rough(seconds: float) -> int:
    """Return a duration in whole seconds, rounded up so that it changes seldom: to half a minute, from ten minutes on to
    five minutes.
    """
    step = 30 if seconds <= 600 else 300
    return step * max(1, -(-int(seconds) // step))


def next_change(generation: Generation, expected_seconds: float | None, now: datetime) -> datetime | None:
    """Return when the card of a sent job has to be looked at again although the job has not changed."""
    if generation.state is State.SUBMITTING and generation.submitting_at:
        explained = generation.submitting_at + UNANSWERED
        return explained if explained > now else now + LOOKED_AGAIN
    if generation.state is not State.SUBMITTED:
        return None
    if generation.rendered_at or expected_seconds is None or generation.submitted_at is None:
        return now + LOOKED_AGAIN
    ready = generation.submitted_at + timedelta(seconds=expected_seconds)
    times = (ready - SOON, ready + timedelta(seconds=1), now + LOOKED_AGAIN)
    return min(at for at in times if at > now)
