"""What a server has settled for itself, and whether a job may be accepted there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.quota import Per, Window, window


class Threads(StrEnum):
    """When a result gets a thread of its own."""

    NEVER = "never"
    ON_REQUEST = "on request"
    ALWAYS = "always"


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

    def refused_at(self, *, running_and_waiting: int, waiting: int, most_open: int) -> int | None:
        """The number of jobs that stands in the way of one more of this member, or None where there is room.

        Where both numbers are configured they are all that holds; jobs beyond `most_running` wait. Else most_open bounds
        those running and waiting together.
        """
        if self.most_waiting is not None and waiting >= self.most_waiting:
            return self.most_waiting
        if self.most_running == 0:
            return 0
        if None in (self.most_running, self.most_waiting) and running_and_waiting >= most_open:
            return most_open
        return None


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
