"""The order in which the waiting jobs will be sent, and when each is expected to be. Pure arithmetic on what waits now.

The rule is that of the claims (`bot.storage.jobs.fair_queue`), applied again and again as if no job ended meanwhile: what a card
shows as its place is what the claims will do.
"""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from bot.domain.queue.expected_time import Job, starts

MOST_AHEAD = 200  # jobs ahead of a waiting one; with more, nothing is said about when it will start

Kind = tuple[str, int]  # a model and a length in seconds: jobs of one kind take equally long
Owner = tuple[str, str]  # a member in a server, as (guild_id, member_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTurn:
    """Where a member stands in the queue. flying: their jobs in flight, over all servers; since: how many claims there had
    been when they got their turn; joined_at: when the first of the jobs that wait was accepted, in milliseconds.
    """

    flying: int
    turn: int
    since: int
    joined_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingJob:
    """A job that waits to be sent. held: something else than its turn keeps it. most_running: how many of its owner's jobs
    its server lets run at once, None for any number.
    """

    id: str
    owner: Owner
    kind: Kind
    held: bool = False
    most_running: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlyingJob:
    """A job in flight. since: when it was sent."""

    owner: Owner
    kind: Kind
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """All that decides the order. jobs: the oldest first. members: by id, all who have a waiting job. turn, claims: the
    highest turn that was served, and the number of claims so far. usual: the usual time of each kind in seconds, where
    it is known.
    """

    jobs: Sequence[WaitingJob]
    members: Mapping[str, MemberTurn]
    flying: Sequence[FlyingJob]
    turn: int
    claims: int
    usual: Mapping[Kind, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """Where a job stands. position: 1 for the first, a held job after all others. place: how many slots have to become free
    until it is sent, None where the number of slots is not known. starts_in: in how many seconds it is expected to be
    sent, None where nothing is known. level: how many jobs of its member go before it, those in flight included; late: it
    waits for one of them to end.
    """

    position: int
    place: int | None = None
    starts_in: float | None = None
    level: int = 0
    late: bool = False

    @property
    def shown(self) -> int:
        """What a card shows of it."""
        return self.position if self.place is None else self.place


def in_order(state: QueueState) -> list[tuple[WaitingJob, int, bool]]:
    """Return the waiting jobs in the order in which they will be sent, each with its `level` and `late` (`QueuePlace`).

    Jobs of one member that may not run beside their others come after all that only wait for a slot, and held ones last.
    """
    running = Counter(job.owner for job in state.flying)
    parts: tuple[list[WaitingJob], list[WaitingJob], list[WaitingJob]] = ([], [], [])
    for job in state.jobs:
        if job.held:
            parts[2].append(job)
            continue
        running[job.owner] += 1
        late = job.most_running is not None and running[job.owner] > job.most_running
        parts[late].append(job)
    rounds = _Rounds(state)
    return [(job, level, late > 0) for late, part in enumerate(parts) for job, level in rounds.serve(part)]


def places(state: QueueState, *, most: int | None, now: datetime) -> dict[str, QueuePlace]:
    """Return the place of every waiting job, by its id. most: how many jobs run at once, None where that is not known."""
    ordered = in_order(state)
    begins: list[float | None] = []
    if most is not None:
        begins = _begins(state, [job for job, *_ in ordered[:MOST_AHEAD]], most, now)
    free, ready = max(0, (most or 0) - len(state.flying)), 0
    found: dict[str, QueuePlace] = {}
    for position, ((job, level, late), start) in enumerate(zip_longest(ordered, begins), start=1):
        ready += not late
        found[job.id] = QueuePlace(
            position=position,
            place=None if most is None else position - min(free, ready),
            starts_in=start,
            level=level,
            late=late,
        )
    return found


class _Rounds:
    """Serves members by turns, as the claims do. What was served before counts for what is served after."""

    def __init__(self, state: QueueState) -> None:
        self._members = dict(state.members)
        self._turn = state.turn
        self._claims = state.claims

    def serve(self, jobs: Iterable[WaitingJob]) -> Iterator[tuple[WaitingJob, int]]:
        """Yield each job with its level. jobs: the oldest first."""
        mine: defaultdict[str, deque[WaitingJob]] = defaultdict(deque)
        for job in jobs:
            mine[job.owner[1]].append(job)
        heap = [self._key(member_id) for member_id in mine]
        heapq.heapify(heap)
        while heap:
            flying, turn, _, joined_at, member_id = heap[0]
            yield mine[member_id].popleft(), flying
            self._turn = max(self._turn, turn)
            self._claims += 1
            self._members[member_id] = MemberTurn(
                flying=flying + 1, turn=self._turn + 1, since=self._claims, joined_at=joined_at
            )
            if mine[member_id]:
                heapq.heapreplace(heap, self._key(member_id))
            else:
                heapq.heappop(heap)

    def _key(self, member_id: str) -> tuple[int, int, int, int, str]:
        one = self._members[member_id]
        return one.flying, one.turn, one.since, one.joined_at, member_id


def _begins(state: QueueState, ahead: Sequence[WaitingJob], most: int, now: datetime) -> list[float | None]:
    """Return when each of the first jobs is expected to be sent; a kind that is not known counts as long as the others."""
    if not state.usual:
        return [None] * len(ahead)
    known = sorted(state.usual.values())
    middle = known[len(known) // 2]
    running = [
        Job(owner=job.owner, seconds=state.usual.get(job.kind, middle) - max(0.0, (now - job.since).total_seconds()))
        for job in state.flying
    ]
    queue = [
        Job(owner=job.owner, seconds=state.usual.get(job.kind, middle), most_running=job.most_running) for job in ahead
    ]
    begins = starts(running, queue, most=most)
    return [start if job.kind in state.usual else None for job, start in zip(ahead, begins, strict=True)]
