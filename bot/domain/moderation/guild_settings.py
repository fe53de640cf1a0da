"""The settings of a server: its limits, its lists, its time zone, and who is blocked or paused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.quota.limits import Per, Window, window
from bot.domain.refusals.refusal import Paused, Refusal


class Threads(StrEnum):
    """When a thread is opened on a result."""

    NEVER = "never"
    ON_REQUEST = "on request"
    ALWAYS = "always"


class Setting(StrEnum):
    """The settings of a server, by the names of their commands under `/config`."""

    CHANNELS = "channels"
    MODELS = "models"
    LIMITS = "limits"
    FILTER = "filter"
    LOG_CHANNEL = "log-channel"
    THREADS = "threads"
    TIMEZONE = "timezone"
    RESULTS = "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A member who makes no videos here until then; until None: until a moderator unblocks them. reason: they read it."""

    member_id: str
    until: datetime | None = None
    reason: str = field(default="", repr=False)

    def holds(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing new is accepted until then; until None: until a moderator resumes. reason: members read it."""

    until: datetime | None = None
    reason: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A change of time zone: windows that begin after `at` follow `zone`."""

    at: datetime
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """The settings of one server. None or empty means no restriction.

    channels, families: those allowed. blocks: of members, also those that have ended. terms: banned terms as typed.
    most_running, most_waiting: jobs of one member. longest: seconds. dearest: micro-dollars. zones: every change of time
    zone, oldest first. pause: the last one, also where it has ended.
    """

    guild_id: str
    channels: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    blocks: frozenset[Block] = frozenset()
    terms: frozenset[str] = frozenset()
    most_running: int | None = None
    most_waiting: int | None = None
    longest: int | None = None
    dearest: int | None = None
    log_channel_id: str | None = None
    threads: Threads = Threads.ON_REQUEST
    spoiler: bool = False
    zones: tuple[ZoneChange, ...] = field(default=())
    pause: Pause | None = None

    @property
    def zone(self) -> str:
        """The time zone that new windows follow."""
        return self.zones[-1].zone if self.zones else "UTC"

    def block_of(self, member_id: str) -> Block | None:
        """The block of a member, also one that has ended."""
        return next((block for block in self.blocks if block.member_id == member_id), None)

    def check_pause(self, now: datetime) -> None:
        """Raises Refusal `paused` while nothing new is accepted here."""
        if self.pause and self.pause.holds(now):
            raise Refusal(Paused(until=self.pause.until, reason=self.pause.reason))


def zone_window(per: Per, at: datetime, zones: Sequence[ZoneChange]) -> Window:
    """The window that contains `at`. After a change of time zone, the window in progress runs to its end.

    zones: every change so far, oldest first; UTC before the first.
    """
    zone: tzinfo = UTC
    running: Window | None = None  # the window of the last change; the windows of `zone` begin at its end
    for change in zones:
        if change.at > at:
            break
        if running is None or change.at >= running.end:
            running = _after(running, window(per, change.at, zone))
        zone = ZoneInfo(change.zone)
    if running is not None and at < running.end:
        return running
    return _after(running, window(per, at, zone))


def _after(earlier: Window | None, fresh: Window) -> Window:
    return Window(max(fresh.start, earlier.end), fresh.end) if earlier else fresh
