"""Alerts the operator when the database takes no writes, and when it does again.

Of several processes each observes it, and the leader tells: while the database is away, the one that led last.
"""

import asyncio

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.runtime.alerts import Alerts
from bot.runtime.own_process import OwnProcess
from bot.workers.loops.periodic import Periodic

CALM = 5.0  # seconds without a failed write until the problem counts as over: on a full disk some writes still succeed
# The same where processes share a database. A table that another program has locked fails a write only after 7.5 seconds, and
# a loop tries again up to five seconds later, while writes to other tables succeed.
CALM_SHARED = 15.0
LOOK = 1.0
_TEXTS = {
    StoreFault.FULL: "The disk of the database is full. New jobs are refused until there is room; nothing is lost.",
    StoreFault.BUSY: "Another program holds the database locked. Nothing new is taken on until it lets go; nothing is lost.",
    StoreFault.UNAVAILABLE: "The database cannot be written. Nothing new is taken on until it can; nothing is lost.",
}
_SLOW = "The database does not answer in time. Nothing new is taken on until it does; nothing is lost."


class DatabaseHealth:
    """Observes every write, and alerts the operator when the database takes no writes, and when it does again."""

    def __init__(self, alerts: Alerts, process: OwnProcess) -> None:
        self._alerts = alerts
        self._process = process
        self._changed = asyncio.Event()
        self._told: set[StoreFault] = set()
        self._failed_at = 0.0
        self._worked = True
        self.loop = Periodic("database", self.look, every=self._gap, wake=self._changed)

    def observe(self, error: StoreUnavailable | None) -> None:
        """Record a failed write, or with None a successful one."""
        if error is None:
            self._worked = True
            return
        self._worked, self._failed_at = False, asyncio.get_running_loop().time()
        if error.kind not in self._told:
            self._told.add(error.kind)
            if self._process.led:
                self._alerts.tell(_cause(error.kind), self._text(error))
            self._changed.set()

    async def look(self) -> None:
        """Check whether the problem is over."""
        calm = CALM if self._process.alone else CALM_SHARED
        if self._told and self._worked and asyncio.get_running_loop().time() - self._failed_at >= calm:
            for kind in self._told:
                self._alerts.clear(_cause(kind))
            self._told.clear()
            if self._process.led:
                self._alerts.clear("database again")
                self._alerts.tell("database again", "The database can be written again.")

    def _text(self, error: StoreUnavailable) -> str:
        """Return what the operator reads. A server that is shared is busy with others, and is no locked file."""
        slow = error.kind is StoreFault.BUSY and not self._process.alone
        detail = f" It says: {error.detail}." if slow or error.kind is StoreFault.UNAVAILABLE else ""
        return f"{_SLOW if slow else _TEXTS[error.kind]}{detail}"

    def _gap(self) -> float | None:
        """Return the time to the next check; None unless the operator was alerted."""
        return LOOK if self._told else None


def _cause(kind: StoreFault) -> str:
    return f"database {kind}"
