"""What only one process does: its loops run while this process leads, and not a moment longer.

Two leaders for a moment are harmless, since each step is a conditional write; a leader that stops early is not missed.
"""

from collections.abc import Sequence

from bot.runtime.own_process import OwnProcess
from bot.workers.loops.supervisor import Running, Supervisor

STOP_SECONDS = 1.0


class LeaderLoops:
    """Starts these loops whenever this process becomes the leader, and stops them when it no longer is."""

    finishes = False

    def __init__(self, name: str, process: OwnProcess, loops: Sequence[Running]) -> None:
        self.name = name
        self._process = process
        self._loops = loops
        self._running: Supervisor | None = None
        self._stopping = False

    @property
    def stuck(self) -> bool:
        """Whether one of the loops is not alive while this process leads."""
        return self._running is not None and not all(self._running.alive().values())

    async def run(self) -> None:
        """Run until `stop`, or until cancelled."""
        self._stopping = False
        while not self._stopping:
            await self._process.until_leads()
            self._running = Supervisor(self._loops)
            try:
                self._running.start()
                await self._process.until_led()
            finally:
                await self._running.drain(STOP_SECONDS)
                self._running = None

    def stop(self) -> None:
        """Start no more; the supervisor cancels `run`, which ends the loops."""
        self._stopping = True
        for loop in self._loops:
            loop.stop()


def led(name: str, process: OwnProcess, loops: Sequence[Running]) -> Sequence[Running]:
    """The loops of a leader. A process that shares its database with nobody always leads, so there they just run."""
    return loops if process.alone else [LeaderLoops(name, process, loops)]
