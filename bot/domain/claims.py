"""Claims: what each worker takes on, and the lease under which it does."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Work(StrEnum):
    """What the loops do; each claims its own kind of row."""

    SUBMIT = "submit"
    POLL = "poll"
    FETCH = "fetch"
    DELIVER = "deliver"
    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lease on one generation or delivery: ours until `until` unless the process restarts.

    at, until: on the steady clock of this process, which no change of the time of day moves. Without `at`, the `now` of the
    claiming call is it.
    """

    owner: str
    until: datetime
    at: datetime | None = None
