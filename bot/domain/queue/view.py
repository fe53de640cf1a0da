"""The queue as it was at one moment: what the cards of all waiting jobs show of it."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.queue.expected_time import rough
from bot.domain.queue.order import Kind, QueuePlace


@dataclass(frozen=True, slots=True)
class CardLook:
    """What the card of a waiting job shows of its job and of the queue. With equal looks it need not be drawn.

    revision: the generation's. hold, until: what it waits for besides its turn, and until when that is tried.
    place, expected: where it stands, and in how many seconds its video is expected.
    """

    revision: int
    hold: str | None
    until: datetime | None
    place: int | None
    expected: int | None

    @classmethod
    def in_line(cls, revision: int, place: int | None, *, starts_in: float | None, usual: float | None) -> "CardLook":
        """Return the look of a card that waits for its turn only. usual: the seconds that its kind usually takes."""
        expected = None if usual is None or starts_in is None else rough(starts_in + usual)
        return cls(revision, None, None, place, expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCard:
    """The card of a waiting job. place: where the job stands; revision: the generation's; hold, until: what it waits for,
    and until when that is tried, None where it has not been tried yet. posted: whether the card is in the channel, for all
    that is known. edited_at: its last edit; due_at: not to be looked at before then. shows, takes: the places that it
    shows and is about to show.
    """

    generation_id: str
    guild_id: str
    channel_id: str
    kind: Kind
    revision: int
    place: QueuePlace
    hold: str | None
    until: datetime | None
    posted: bool
    edited_at: datetime
    due_at: datetime | None
    shows: int | None
    takes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """cards: by the generation's id, in the order in which the jobs will be sent. usual: as in `QueueState`; kinds: those
    whose usual time was looked for. free: slots that nothing uses. begins: when the first jobs are expected to be sent, by
    their position. standing: how many jobs each member has that are in flight or not held. levels: how many jobs of its
    member go before each job that waits for a slot only, ascending. late: the members of the jobs that wait for another one
    of their own to end, one for each job.
    `joined` changes these three.
    """

    cards: Mapping[str, WaitingCard]
    usual: Mapping[Kind, float]
    kinds: frozenset[Kind]
    free: int
    begins: Sequence[float | None]
    standing: dict[str, int]
    levels: list[int]
    late: list[str]

    def joined(self, member_id: str, kind: Kind, *, most_running: int | None = None) -> QueuePlace:
        """Return the place of a job that is about to be accepted, and count it in: it follows all on its level.

        most_running: how many of a member's jobs the server lets run at once; further ones follow all that wait for a slot
        only. It is exact unless something else has changed since, or the member has jobs in other servers.
        """
        level = self.standing.get(member_id, 0)
        self.standing[member_id] = level + 1
        late = most_running is not None and level >= most_running
        if late:
            self.late.append(member_id)
            position = len(self.levels) + len(self.late)
        else:
            position = bisect_right(self.levels, level) + 1
            insort(self.levels, level)
        if kind not in self.usual:
            begins = None
        elif position <= self.free:
            begins = 0.0
        else:
            begins = self.begins[position - 1] if position <= len(self.begins) else None
        free = min(self.free, len(self.levels) if late else position)
        return QueuePlace(position=position, place=position - free, starts_in=begins, level=level, late=late)

    def left(self, member_id: str, place: QueuePlace) -> None:
        """Count a job out that `joined` has counted in and that was not accepted."""
        self.standing[member_id] -= 1
        if place.late:
            self.late.remove(member_id)
        else:
            del self.levels[bisect_left(self.levels, place.level)]
