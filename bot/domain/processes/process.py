"""The processes that share a database: each has a row, which says when it was last seen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Each fits into the next: a heartbeat is missed twice before its process may no longer act, and a process has long stopped
# to act before it is declared dead.
BEAT = timedelta(seconds=5)
ACTS_FOR = timedelta(seconds=10)  # after the last heartbeat that the database has confirmed
TERM = timedelta(seconds=15)  # for which one heartbeat makes a leader
DEAD_AFTER = timedelta(seconds=30)


class Role(StrEnum):
    """What a process does."""

    RUN = "run"  # all of it
    GATEWAY = "gateway"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as its row has it. shards: as on its command line; empty for a worker. Times are the database's own."""

    id: str
    role: Role
    version: str
    started_at: datetime
    seen_at: datetime
    shards: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """What no process is to do until then, and why. fault: a `jobs.Fault`."""

    name: str
    until: datetime
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """What is known about one model of the key. listed: whether its own list has it; None where that is not known."""

    model: str
    listed: bool | None
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What every process is to know, at most one heartbeat old.

    told: the causes of which the operator has been told within the hour.
    """

    told: frozenset[str] = frozenset()
    pauses: tuple[Pause, ...] = ()
    models: tuple[ModelState, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What the database answers to a heartbeat. at: the time there. leads: this process is the leader for one more term.

    others: every other process that has a row.
    """

    at: datetime
    leads: bool
    others: tuple[Process, ...] = ()
    shared: Shared = Shared()
