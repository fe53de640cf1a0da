"""Keeps the folder of copies beside a bucket small, and lets this process fetch only while it has room."""

from bot.domain.queue.claims import Work
from bot.ports.media import Scratch
from bot.runtime.context import ServiceContext
from bot.runtime.scratch_pressure import ScratchPressure
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 60.0
EVERY_WHILE_FULL = 5.0


class ScratchKeeping:
    """Sweeps the copies once a minute. Every process has one, for its own folder."""

    def __init__(self, context: ServiceContext, scratch: Scratch, pressure: ScratchPressure) -> None:
        self._context = context
        self._scratch = scratch
        self._pressure = pressure
        self.loop = Periodic("scratch", self.look, every=self._gap, wake=pressure.changed)

    def _gap(self) -> float:
        return EVERY_WHILE_FULL if self._pressure.full else EVERY

    async def look(self) -> None:
        """Delete what is not used, then let fetches go on or wait."""
        try:
            room = await self._scratch.sweep()
        except OSError as error:
            log.error("scratch_unreadable", error=error)
            room = False
        was_full, self._pressure.full = self._pressure.full, not room
        if room and was_full:
            log.info("scratch_has_room")
            self._context.wake_signals.send(Work.FETCH)
        elif not room:
            if not was_full:
                log.error("scratch_full")
            self._context.alerts.tell(
                "scratch",
                "The disk of MEDIA_DIR has no room for copies: this process fetches no videos until it has. They wait at"
                " UniAll, other processes fetch theirs, and nothing is lost.",
            )
