"""Claims: the kinds of work, and the lease under which a worker takes an item."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Work(StrEnum):
    """The kinds of work; each loop claims one kind of row."""

    SUBMIT = "submit"
    POLL = "poll"
    FETCH = "fetch"
    DELIVER = "deliver"
    CARD = "card"
    JOIN = "join"
    TELL = "tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lease on one generation or delivery: it is ours until `until`, unless the process restarts.

    at, until: on this process's steady clock, which no change of the time of day moves. Without `at`, the `now` of the
    claiming call is used.
    """

    owner: str
    until: datetime
    at: datetime | None = None
