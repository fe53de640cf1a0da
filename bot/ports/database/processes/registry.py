"""The processes that share the database, who of them leads, and what all of them are to know."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.processes.process import Beat, Process


class Signals(Protocol):
    """How processes tell each other of work at once. They only save time: each looks by itself every few seconds."""

    def send(self, kinds: Collection[str]) -> None:
        """Tell the other processes that there may be work of these kinds. Never waits."""
        ...

    async def run(self) -> None:
        """Send and hear until cancelled."""
        ...


class ProcessStore(Protocol):
    """The rows of the processes. Wherever a method takes `now`, the database's own clock counts if it has one.

    A lease belongs to the process with whose id and a full stop its owner begins.
    """

    @property
    def shared(self) -> bool:
        """Whether several processes may use this database at once. If not, every other process is gone."""
        ...

    def signals(self, sender: str, heard: Callable[[Collection[str]], None]) -> Signals | None:
        """The signals between processes; None where this one is alone. heard: gets the kinds of work that another sends."""
        ...

    async def enter(self, process: Process, *, now: datetime) -> datetime:
        """Store that this process runs; returns the database's time. Where it is alone, the rows of all others go."""
        ...

    async def beat(
        self, process_id: str, *, now: datetime, term: timedelta | None, told_within: timedelta
    ) -> Beat | None:
        """Store that this process is alive; None where it has been declared dead, and must do nothing more.

        term: for how long it is to lead if nobody else does; None where it never leads.
        """
        ...

    async def declare_dead(self, unseen: Sequence[Process], *, now: datetime) -> list[str]:
        """Delete the rows of these processes, as far as none was seen since, and give back what the dead had claimed.

        As `Leases.void_leases`, in the same transaction; also what a process dead before has claimed since. Returns the ids
        of those that are dead now.
        """
        ...

    async def leave(self, process_id: str, *, now: datetime) -> None:
        """This process stops: its row, its leases and its leadership end at once."""
        ...

    async def processes(self) -> list[Process]:
        """Every process that has a row."""
        ...


class SharedFacts(Protocol):
    """What one process learns and all are to know."""

    async def tell_once(self, cause: str, *, within: timedelta, now: datetime) -> bool:
        """Whether the operator is to be told now: nobody has been told of this cause within this time."""
        ...

    async def forget_told(self, cause: str) -> None:
        """This cause has ended: the next time, it is told at once."""
        ...

    async def set_pause(self, name: str, *, lasts: timedelta, fault: str, now: datetime) -> None:
        """Let no process do this for a while. A pause that lasts longer stays."""
        ...

    async def set_listed(self, listed: Collection[str], models: Collection[str]) -> None:
        """Store which of the catalogue's models the key's own list has. One that it has is no longer refused."""
        ...

    async def refuse_model(self, model: str) -> None:
        """The API has refused this model: no process is to offer it."""
        ...

    async def change_value(self, name: str, value: str) -> bool:
        """Store a named value; whether it was another one before. Of several processes, one is told so."""
        ...
