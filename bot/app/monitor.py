"""What the parts of the bot report to: metrics, health, contacts with UniAll and Discord; and the reasons for a stop."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.processes.contact import Contact
from bot.domain.processes.watched import Watched
from bot.monitoring.health import Condition
from bot.monitoring.metrics.counts import Counts, NothingCounted
from bot.monitoring.stalls import Stalls
from bot.settings import Settings
from bot.system.clocks import SystemClock

if TYPE_CHECKING:
    from bot.monitoring.health_server import HealthServer


def _contact() -> Contact:
    return Contact(time.monotonic, time.time)


class Monitor:
    """The metrics, the condition and the contacts that other parts report to. Nothing in it runs by itself."""

    def __init__(self, settings: Settings) -> None:
        self.stalls = Stalls()
        self.uniall, self.discord = _contact(), _contact()
        self.watched = Watched(backs_up=settings.database_path is not None)
        self.metrics: Counts = NothingCounted()
        self.condition = Condition()

    def serve(self, settings: Settings) -> "HealthServer":
        """Count from now on, and return the server that shows it."""
        # Imported here: with aiohttp's server and Prometheus's client, which take three megabytes.
        from bot.monitoring.health_server import HealthServer
        from bot.monitoring.metrics.recorder import Metrics

        self.metrics = Metrics(
            settings.operator_budget, self.uniall, stalls=self.stalls, discord=self.discord, watched=self.watched
        )
        return HealthServer(self.condition, self.metrics, SystemClock())

    def discord_called(self, method: str, route: str, status: str) -> None:
        """Record a call to Discord. A 5xx may come from a proxy, so it counts as no response."""
        self.metrics.discord_called(method, route, status)
        if status.isdigit() and int(status) < 500:
            self.discord.answered()
        else:
            self.discord.unanswered()


@dataclass(frozen=True, slots=True)
class Signals:
    """logged_in: Discord has accepted the bot's login. second_copy: another copy of the bot runs with the same token.

    declared_dead: other processes have given back what this one had claimed.
    """

    logged_in: asyncio.Event = field(default_factory=asyncio.Event)
    declared_dead: asyncio.Event = field(default_factory=asyncio.Event)
    second_copy: asyncio.Event = field(default_factory=asyncio.Event)
