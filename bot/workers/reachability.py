"""Tells the operator once when UniAll has not answered for minutes, and once when it does again.

Every call reports whether it was answered. An idle bot makes no calls, so then one is made to find out.
"""

from datetime import timedelta

from bot.domain.errors import ProviderError
from bot.runtime.context import ServiceContext
from bot.runtime.log import log
from bot.workers.periodic import Periodic

TOLD_AFTER = 300.0  # seconds without any answer
SURE_AFTER = 60.0  # and this long since the first failed call: after a pause, one failed call is not an outage
LOOK_EVERY = 5.0
IDLE = 120.0
IDLE_WHILE_AWAY = 30.0


class Reachability:
    """Watches whether UniAll answers."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._away: float | None = None  # seconds of the outage that was reported, or None
        self.loop = Periodic("reach", self.look, every=LOOK_EVERY)

    async def look(self) -> None:
        """Check once; calls UniAll if there was no call for a while."""
        contact = self._context.uniall
        if contact.idle >= (IDLE if contact.away is None else IDLE_WHILE_AWAY):
            await self._call()
        away = contact.away
        if away is None:
            self._back()
        elif self._away is not None:
            self._away = away
        elif away >= TOLD_AFTER and contact.failing >= SURE_AFTER:
            self._tell(away)

    async def _call(self) -> None:
        try:
            await self._context.provider.models()
        except ProviderError as error:
            log.info("uniall_called_in_vain", fault=error.fault)

    def _tell(self, away: float) -> None:
        self._away = away
        since = self._context.clock.now() - timedelta(seconds=away)
        self._context.alerts.clear("unreachable")
        self._context.alerts.tell(
            "unreachable",
            f"UniAll has been out of reach for {_minutes(away)}, since {since:%Y-%m-%d %H:%M} UTC: no call is answered. Jobs"
            " wait and nothing is lost; you are told when it answers again.",
        )

    def _back(self) -> None:
        if self._away is None:
            return
        away, self._away = self._away, None
        self._context.alerts.clear("reachable")
        self._context.alerts.tell("reachable", f"UniAll answers again. It was out of reach for {_minutes(away)}.")


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
