"""The windows of a limit that contain a time, and when they begin as stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from bot.domain.moderation.guild_settings import ZoneChange, zone_window
from bot.domain.quota.limits import Per, Scope, Window
from bot.storage.columns import to_ms

Zones = Sequence[ZoneChange]


def windows(scope: str, at: datetime, zones: Zones) -> Mapping[Per, Window]:
    """Return the windows of a scope that contain a time, in the order in which they are written."""
    return _windows_of(_minute(at), () if scope == Scope.OPERATOR else tuple(zones))


def window_starts(scope: str, at: datetime, zones: Zones) -> Mapping[Per, int]:
    """Return when these windows begin, as stored."""
    return _starts_of(_minute(at), () if scope == Scope.OPERATOR else tuple(zones))


def _minute(at: datetime) -> datetime:
    """Return the minute of a time: every window begins with one."""
    return at.replace(second=0, microsecond=0)


@lru_cache(maxsize=256)
def _windows_of(minute: datetime, zones: tuple[ZoneChange, ...]) -> Mapping[Per, Window]:
    return MappingProxyType({per: zone_window(per, minute, zones) for per in sorted(Per)})


@lru_cache(maxsize=256)
def _starts_of(minute: datetime, zones: tuple[ZoneChange, ...]) -> Mapping[Per, int]:
    return MappingProxyType({per: to_ms(window.start) for per, window in _windows_of(minute, zones).items()})
