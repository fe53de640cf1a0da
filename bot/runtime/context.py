"""The context that every use case and worker receives: the ports, the operator's policy, and the signals between loops."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

from bot.catalog.catalog import Catalog
from bot.domain.generation import Generation, State
from bot.domain.processes.contact import Contact
from bot.domain.processes.watched import Watched
from bot.domain.queue.claims import Claim
from bot.domain.quota.limits import Limit
from bot.ports.database.store import Store
from bot.ports.media import MediaFolder
from bot.ports.messenger import Messenger
from bot.ports.notices import Notices
from bot.ports.provider import Provider
from bot.ports.readers import NobodyKnows, Readers
from bot.ports.servers import EveryServer, Servers
from bot.ports.system import Clock, Ids
from bot.runtime.alerts import Alerts
from bot.runtime.disk_pressure import DiskPressure
from bot.runtime.own_process import OwnProcess, only_process
from bot.runtime.provider_backoff import ProviderBackoff
from bot.runtime.queue_watch import QueueWatch
from bot.runtime.scratch_pressure import ScratchPressure
from bot.runtime.wake_signals import WakeSignals
from bot.system.clocks import SteadyClock

IN_TOUCH = 900.0  # seconds without any response, after which a failed try is no evidence about the item that was tried


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPolicy:
    """The operator's rules. poll_min, poll_max: seconds.

    An empty allowed_guilds allows every server. most_open: jobs of one member. keep_prompts: how long the words and pictures
    of ended jobs are kept; None is for ever.
    """

    max_in_flight: int = 10
    poll_min: float = 5
    poll_max: float = 60
    default_quota: tuple[Limit, ...] = ()
    operator_budget: tuple[Limit, ...] = ()
    allowed_guilds: tuple[str, ...] = ()
    keep_prompts: timedelta | None = None
    most_open: int = 25


def _contact() -> Contact:
    return Contact(time.monotonic, time.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """The ports and the operator's policy, wired once in `bot.app.wiring`.

    clock: the time of day, for what is stored and shown. steady: measures leases, pauses and waits within this process.
    process: this process among those that share the database: `may_act` is asked before what cannot be taken back.
    uniall, discord: whether they respond, and what time it is there.
    """

    store: Store
    provider: Provider
    messenger: Messenger
    notices: Notices
    media: MediaFolder
    catalog: Catalog
    clock: Clock
    ids: Ids
    random: Random
    policy: OperatorPolicy
    wake_signals: WakeSignals
    alerts: Alerts
    steady: Clock = field(default_factory=SteadyClock)
    uniall: Contact = field(default_factory=_contact)
    discord: Contact = field(default_factory=_contact)
    servers: Servers = field(default_factory=EveryServer)
    disk: DiskPressure = field(default_factory=DiskPressure)
    watched: Watched = field(default_factory=Watched)
    scratch: ScratchPressure | None = None
    """The disk of this process, where the kept files are in a bucket; None where `disk` is it."""
    backoff: ProviderBackoff = field(default_factory=ProviderBackoff)
    readers: Readers = field(default_factory=NobodyKnows)
    queue: QueueWatch = field(default_factory=QueueWatch)
    process: OwnProcess = field(default_factory=only_process)
    unsettled: set[str] = field(default_factory=set[str])
    """Generations whose card may still be refused by Discord: none of them is sent."""
    sending: set[str] = field(default_factory=set[str])
    """Generations whose paid call is in progress in this process, or whose response is not stored yet."""
    log_lines: dict[str, Any] = field(default_factory=dict[str, Any])
    """The entries that wait for each log channel: see `bot.runtime.server_log`."""
    moderation: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where a report or a removal may have something to do: see `bot.workers.upkeep.moderation`."""

    @property
    def local_disk(self) -> DiskPressure | ScratchPressure:
        """What a process tells that its own disk has refused a file."""
        return self.scratch or self.disk

    def with_hold_reason(self, generation: Generation) -> Generation:
        """The generation as its card shows it.

        A job that was not tried because of a backoff gets the backoff's fault as its hold.
        """
        if generation.state is State.RESERVED and generation.hold is None and self.backoff.holds(self.steady.now()):
            return replace(generation, hold=self.backoff.fault)
        return generation

    async def serves(self, guild_id: str) -> bool | None:
        """Whether a server's jobs may be sent: the operator allows it, and the bot is in it. None while that is not known."""
        if self.policy.allowed_guilds and guild_id not in self.policy.allowed_guilds:
            return False
        return await self.servers.has(guild_id)

    def claim(self, seconds: float) -> Claim:
        """A new claim of this process that lasts this many seconds; its owner is unique."""
        now = self.steady.now()
        return Claim(owner=f"{self.process.id}.{self.ids.new()}", until=now + timedelta(seconds=seconds), at=now)

    def counted_gap(self, other: Contact, gap: timedelta) -> timedelta:
        """The part of a gap between two tries that counts towards `tried`: nothing while the other side does not respond."""
        return gap if other.answered_within(IN_TOUCH) else timedelta(0)

    def retry_gap(self, attempts: int, *, first: float, most: float) -> timedelta:
        """A growing gap with jitter: between half and all of first·2ⁿ, at most `most` seconds."""
        full = min(most, first * 2 ** min(attempts, 16))
        return timedelta(seconds=full * self.random.uniform(0.5, 1))
