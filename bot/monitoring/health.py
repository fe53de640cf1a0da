"""What of the bot runs at this moment, and so whether it is healthy and ready: what `bot.monitoring.health_server` serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.processes.shards import Shards
from bot.ports.database.processes.measured import MeasuredStore
from bot.runtime.own_process import OwnProcess
from bot.workers.loops.supervisor import Supervisor


class GatewayBot(Protocol):
    """A bot with shards. unconnected: those of its shards that receive nothing now."""

    shards: Shards

    @property
    def unconnected(self) -> Sequence[int]: ...

    def is_ready(self) -> bool:
        """Whether every shard has listed its servers since the start."""
        ...


class Standby(Protocol):
    """waits_for: the shards that another process holds, while this one waits for them."""

    waits_for: str | None


@dataclass(slots=True, kw_only=True)
class Condition:
    """The parts that run at this moment, updated as they start and stop. None means not yet, or no more.

    gateway: whether this process has shards, so that `bot` must be connected. standby: whether another process holds them
    still. process: whether the database has just heard of this one.
    """

    bot: GatewayBot | None = None
    gateway: bool = True
    standby: Standby | None = None
    process: OwnProcess | None = None
    store: MeasuredStore | None = None
    supervisor: Supervisor | None = None
    stopping: bool = False

    def alive(self) -> dict[str, bool]:
        """Return whether each started loop is alive: see `Supervisor.alive`."""
        return self.supervisor.alive() if self.supervisor else {}

    def down(self) -> list[str]:
        """Return the loops that are dead, or were a moment ago."""
        return [loop for loop, alive in self.alive().items() if not alive]

    def missing(self) -> list[str]:
        """Return what the process still needs before it does its part. While it is stopping, only that is listed."""
        if self.stopping:
            return ["stopping"]
        has = {
            "database": self.store is not None,
            "loops": self.supervisor is not None and self.supervisor.started,
        }
        if self.process and not self.process.may_act():
            has["heartbeat"] = False
        return [*(name for name, there in has.items() if not there), *self._unconnected()]

    @property
    def waits_for(self) -> str | None:
        """Return the shards for which this process is the standby of another."""
        return self.standby.waits_for if self.standby else None

    def _unconnected(self) -> list[str]:
        if not self.gateway or self.waits_for:
            return []
        if self.bot is None or not (lost := self.bot.unconnected):
            return [] if self.bot and self.bot.is_ready() else ["discord"]
        return ["discord"] if self.bot.shards.of == 1 else [f"shard {one}" for one in lost]
