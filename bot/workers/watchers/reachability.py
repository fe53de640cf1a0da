"""Tells the operator once when UniAll or Discord has not answered for minutes, and once when it does again.

Every call reports whether it was answered. An idle bot makes no calls, so then one is made to find out. Of Discord, which the
gateway hears from all the time, that is needed only after a call has failed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import ProviderError
from bot.domain.processes.contact import Contact
from bot.runtime.context import ServiceContext
from bot.runtime.troubles import Trouble
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

TOLD_AFTER = 300.0  # seconds without any answer
SURE_AFTER = 60.0  # and this long since the first failed call: after a pause, one failed call is not an outage
LOOK_EVERY = 5.0
IDLE = 120.0
IDLE_WHILE_AWAY = 30.0
_UNIALL = "Jobs wait and nothing is lost; you are told when it answers again."
_DISCORD = "Videos wait for their posts and nothing is lost; you are told when it is back."


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSide:
    """What is watched. cause: of its trouble; call: makes one call, which reports itself and does not raise.

    idle: seconds without a call after which one is made, None for none while all is well. connected: whether a connection that
    should always be there is; what_waits: what happens meanwhile, for the operator.
    """

    name: str
    cause: str
    contact: Contact
    call: Callable[[], Awaitable[object]]
    what_waits: str
    idle: float | None = IDLE
    connected: Callable[[], bool] = lambda: True


class Reachability:
    """Watches whether one side answers. `uniall` and `discord` make the two."""

    def __init__(self, context: ServiceContext, side: OtherSide) -> None:
        self._context = context
        self._side = side
        self._trouble = Trouble(context, side.cause)
        self._cut_off: datetime | None = None  # since when there is no connection, by the steady clock
        self._away = 0.0  # seconds of the outage that was told
        self.loop = Periodic(f"reach_{side.cause}", self.look, every=LOOK_EVERY)

    @classmethod
    def uniall(cls, context: ServiceContext) -> "Reachability":
        """Watch UniAll by calls of the list of models."""

        async def call() -> None:
            try:
                await context.provider.models()
            except ProviderError as error:
                log.info("uniall_called_in_vain", fault=error.fault)

        side = OtherSide(name="UniAll", cause="uniall", contact=context.uniall, call=call, what_waits=_UNIALL)
        return cls(context, side)

    @classmethod
    def discord(
        cls, context: ServiceContext, call: Callable[[], Awaitable[object]], connected: Callable[[], bool]
    ) -> "Reachability":
        """Watch Discord by its calls and by the connection to its gateway."""
        side = OtherSide(
            name="Discord",
            cause="discord",
            contact=context.discord,
            call=call,
            what_waits=_DISCORD,
            idle=None,
            connected=connected,
        )
        return cls(context, side)

    async def look(self) -> None:
        """Check once; makes a call if there was none for a while."""
        side, contact = self._side, self._side.contact
        idle = side.idle if contact.away is None else IDLE_WHILE_AWAY
        if idle is not None and contact.idle >= idle:
            await side.call()
        away, cut_off = contact.away, self._cut_off_for()
        if away is None and cut_off is None:
            self._trouble.ends(f"{side.name} answers again. It was out of reach for {_minutes(self._away)}.")
        elif self._trouble.told:
            self._away = max(away or 0.0, cut_off or 0.0)
        elif away is not None and away >= TOLD_AFTER and contact.failing >= SURE_AFTER:
            self._tell(away, "no call is answered")
        elif cut_off is not None and cut_off >= TOLD_AFTER:
            self._tell(cut_off, "there is no connection to its gateway")

    def _cut_off_for(self) -> float | None:
        """Return for how many seconds there has been no connection; None while there is one."""
        now = self._context.steady.now()
        if self._side.connected():
            self._cut_off = None
            return None
        self._cut_off = self._cut_off or now
        return (now - self._cut_off).total_seconds()

    def _tell(self, away: float, how: str) -> None:
        self._away = away
        since = self._context.clock.now() - timedelta(seconds=away)
        self._trouble.begins(
            f"{self._side.name} has been out of reach for {_minutes(away)}, since {since:%Y-%m-%d %H:%M} UTC: {how}."
            f" {self._side.what_waits}"
        )


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
