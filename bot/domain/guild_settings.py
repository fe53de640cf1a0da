"""What a server has settled for itself, and whether a job may be accepted there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.quota import Per, Window, window
from bot.domain.refusals import Refusal, TooManyOpen, TooManyRunning, TooManyWaiting


class Threads(StrEnum):
    """When a result gets a thread of its own."""

    NEVER = "never"
    ON_REQUEST = "on request"
    ALWAYS = "always"


class Setting(StrEnum):
    """What a server settles for itself, by the name of its command under `/config`."""

    CHANNELS = "channels"
    MODELS = "models"
    LIMITS = "limits"
    FILTER = "filter"
    LOG_CHANNEL = "log-channel"
    THREADS = "threads"
    TIMEZONE = "timezone"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """From `at` on, new windows are those of `zone`."""

    at: datetime
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """The settings of one server. None or empty is: no restriction.

    channels, families: those allowed. blocked: member ids. terms: as typed. most_running, most_waiting: jobs of one
    member. longest: seconds. dearest: micro-dollars. zones: every change of time zone, oldest first.
    """

    guild_id: str
    channels: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()
    most_running: int | None = None
    most_waiting: int | None = None
    longest: int | None = None
    dearest: int | None = None
    log_channel_id: str | None = None
    threads: Threads = Threads.ON_REQUEST
    spoiler: bool = False
    zones: tuple[ZoneChange, ...] = field(default=())

    @property
    def zone(self) -> str:
        """The time zone that new windows follow."""
        return self.zones[-1].zone if self.zones else "UTC"

    def check_open(self, *, count: int, running: int, reserved: int, most_open: int) -> None:
        """Whether there is room for one more job of this member, who has `count` open.

        running: those that have been sent and take a place; reserved: those that have not. Of the reserved, as many as
        `most_running` leaves room for are about to run (without that number the next one is), and the others wait. Where
        both numbers are configured they are all that holds, else most_open bounds all open ones together.

        Raises Refusal `too_many_running`, `too_many_waiting` or `too_many_open`.
        """
        places = running + 1 if self.most_running is None else max(running, self.most_running)
        waiting = max(0, running + reserved - places)
        if self.most_waiting is not None and running + reserved >= places + self.most_waiting:
            if not waiting:
                raise Refusal(TooManyRunning(running=running + reserved))
            raise Refusal(TooManyWaiting(running=running + reserved - waiting, waiting=waiting))
        if self.most_running == 0:
            raise Refusal(TooManyRunning(running=running))
        if None in (self.most_running, self.most_waiting) and count >= most_open:
            raise Refusal(TooManyOpen(count=count))


def zone_window(per: Per, at: datetime, zones: Sequence[ZoneChange]) -> Window:
    """The window that holds `at`: a change of zone lets the window it falls into run to its end.

    zones: every change so far, oldest first; UTC before the first.
    """
    zone: tzinfo = UTC
    running: Window | None = None  # the last one that a change fell into: the windows of `zone` begin at its end
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
