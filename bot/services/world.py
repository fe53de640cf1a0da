"""What every service is given: the ports, the rules of this operator, and the bells by which they wake each other."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import structlog

from bot.catalog import Catalog
from bot.clocks import SteadyClock
from bot.domain.contact import Contact
from bot.domain.generation import Generation, State
from bot.domain.messaging import Messenger, Notices, Servers
from bot.domain.moderation import ModerationStore
from bot.domain.ports import Claim, Clock, Ids, MediaFolder, Provider, Work
from bot.domain.quota import Limit
from bot.domain.reading import NobodyKnows, Readers
from bot.domain.store import Store
from bot.services.room import Room

log = structlog.stdlib.get_logger()


IN_TOUCH = 900.0  # seconds without any answer, after which a try in vain says nothing about what was tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The operator's rules. Gaps in seconds; an empty allowed_guilds is every server."""

    max_in_flight: int = 10
    poll_min: float = 5
    poll_max: float = 60
    default_quota: tuple[Limit, ...] = ()
    operator_budget: tuple[Limit, ...] = ()
    allowed_guilds: tuple[str, ...] = ()
    most_open: int = 25


class Bells:
    """One bell for each kind of work: whoever leaves work behind rings it, so that nobody waits for the next look."""

    def __init__(self) -> None:
        self._events = {work: asyncio.Event() for work in Work}

    def ring(self, *works: Work) -> None:
        """There may be work of these kinds."""
        for work in works:
            self._events[work].set()

    async def wait(self, work: Work, seconds: float) -> None:
        """Until the bell rings, or so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._events[work].wait()
        except TimeoutError:
            return
        self._events[work].clear()


class Alerts:
    """What the operator must know, once an hour for each cause: in the log at once, where they want it as Discord allows.

    Telling never waits: whoever has something to tell first stores what happened, and goes on.
    """

    name = "alerts"
    finishes = False

    def __init__(self, notices: Notices, steady: Clock) -> None:
        self._notices = notices
        self._steady = steady
        self._told: dict[str, float] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue(maxsize=100)

    def tell(self, cause: str, text: str) -> None:
        """Say it, unless this cause was told within the hour."""
        now = self._steady.now().timestamp()
        if now - self._told.get(cause, -3600) < 3600:
            return
        self._told[cause] = now
        log.warning("operator_told", cause=cause, text=text)
        if not self._waiting.full():
            self._waiting.put_nowait(text)

    def over(self, cause: str) -> None:
        """The cause has gone: the next time it is told again."""
        self._told.pop(cause, None)

    async def run(self) -> None:
        """Post what waits, one by one, until cancelled."""
        while True:
            await self._notices.tell_operator(await self._waiting.get())

    def stop(self) -> None:
        """What waits is in the log."""


class EveryServer:
    """`Servers` for whoever has no gateway: the bot is in all of them."""

    named = True

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    def has(self, guild_id: str) -> bool | None:
        """It is."""
        return True


@dataclass(slots=True)
class Pause:
    """While UniAll takes no jobs of this key: until when, by the steady clock, nothing is sent, and why."""

    until: datetime | None = None
    fault: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether nothing is sent now."""
        return self.until is not None and now < self.until


def _contact() -> Contact:
    return Contact(time.monotonic, time.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports and rules, wired once in `bot.app`.

    clock: the time of day, for what is stored and told; steady: what a lease, a pause or a wait within this process is
    measured by. uniall, discord: whether they answer, and UniAll's own clock.
    """

    store: Store
    moderation: ModerationStore
    provider: Provider
    messenger: Messenger
    notices: Notices
    media: MediaFolder
    catalog: Catalog
    clock: Clock
    ids: Ids
    random: Random
    policy: Policy
    bells: Bells
    alerts: Alerts
    steady: Clock = field(default_factory=SteadyClock)
    uniall: Contact = field(default_factory=_contact)
    discord: Contact = field(default_factory=_contact)
    servers: Servers = field(default_factory=EveryServer)
    room: Room = field(default_factory=Room)
    pause: Pause = field(default_factory=Pause)
    readers: Readers = field(default_factory=NobodyKnows)
    unsettled: set[str] = field(default_factory=set[str])
    """Generations of which it is not known yet whether their card could be answered: none of them is sent."""
    sending: set[str] = field(default_factory=set[str])
    """Generations whose paid call, or whose answer's way into the database, is under way in this process."""

    def as_told(self, generation: Generation) -> Generation:
        """A generation as its card tells it: also a job that was not tried in a pause says why it waits."""
        if generation.state is State.RESERVED and generation.hold is None and self.pause.holds(self.steady.now()):
            return replace(generation, hold=self.pause.fault)
        return generation

    def serves(self, guild_id: str) -> bool | None:
        """Whether jobs of a server may be sent: the operator allows it, and the bot is in it; None while that is not known."""
        if self.policy.allowed_guilds and guild_id not in self.policy.allowed_guilds:
            return False
        return self.servers.has(guild_id)

    def claim(self, seconds: float) -> Claim:
        """A fresh claim for so long; its owner is never used twice."""
        now = self.steady.now()
        return Claim(owner=self.ids.new(), until=now + timedelta(seconds=seconds), at=now)

    def tries(self, other: Contact, gap: timedelta) -> timedelta:
        """What a gap between two tries adds to how long something was tried: nothing while the other side is away."""
        return gap if other.answered_within(IN_TOUCH) else timedelta(0)

    def backoff(self, attempts: int, *, first: float, most: float) -> timedelta:
        """A growing gap with jitter: between half and all of first·2ⁿ, at most `most` seconds."""
        full = min(most, first * 2 ** min(attempts, 16))
        return timedelta(seconds=full * self.random.uniform(0.5, 1))
