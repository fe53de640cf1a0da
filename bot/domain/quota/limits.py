"""Quotas: limits in videos, seconds or dollars per calendar window.

A window is a calendar hour, day, week (from Monday) or month in one time zone. A job counts in the windows in which it
was accepted. Amounts are whole numbers: videos, seconds, or micro-dollars.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum

from bot.domain.quota.ledger import MICROS, Amount


class Unit(StrEnum):
    """The quantity that a limit counts."""

    VIDEOS = "videos"
    SECONDS = "seconds"
    USD = "usd"

    def of(self, amount: Amount) -> int:
        """The part of an amount that is in this unit."""
        match self:
            case Unit.VIDEOS:
                return amount.videos
            case Unit.SECONDS:
                return amount.seconds
            case Unit.USD:
                return amount.micros


class Per(StrEnum):
    """The length of the window of a limit."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Scope(StrEnum):
    """Whose usage a limit counts: one member's, one server's, or everything the operator pays for."""

    MEMBER = "member"
    GUILD = "guild"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `amount` of `unit` `per` window within `scope`."""

    amount: int
    unit: Unit
    per: Per
    scope: Scope = Scope.MEMBER


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` up to, not including, `end`; both aware, UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUsage:
    """The usage of one limit in its current window. used: the posted amount. held: the pending amount.

    estimate: the amounts are dollars, and prices that are estimates were reserved in this window.
    """

    limit: Limit
    window: Window
    used: int
    held: int
    estimate: bool = False

    @property
    def left(self) -> int:
        """The amount that may still be reserved, never below zero."""
        return max(0, self.limit.amount - self.used - self.held)


def window(per: Per, at: datetime, zone: tzinfo) -> Window:
    """The calendar window that contains `at` in `zone`. A day of 23 or 25 hours is one window."""
    local = at.astimezone(zone)
    if per is Per.HOUR:
        # In absolute time: an hour that is repeated in autumn is two windows, and no window is empty. In standard time:
        # on Lord Howe the clocks move by half an hour, and windows that moved with them would overlap.
        standard = local - (local.dst() or timedelta())
        past = timedelta(minutes=standard.minute, seconds=standard.second, microseconds=standard.microsecond)
        start = at.astimezone(UTC) - past
        return Window(start, start + timedelta(hours=1))
    first = local.date()
    if per is Per.DAY:
        after = first + timedelta(days=1)
    elif per is Per.WEEK:
        first -= timedelta(days=first.weekday())
        after = first + timedelta(weeks=1)
    else:
        first = first.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    start, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after))
    return Window(start, end)


def windows(at: datetime, zone: tzinfo) -> Mapping[Per, Window]:
    """Every window that contains `at`."""
    return {per: window(per, at, zone) for per in Per}


_LIMIT = re.compile(  # the number of digits is bounded so that every amount fits the database
    r"\s*(\d{1,12}(?:\.\d{1,6})?)\s+(videos?|seconds?|usd)\s+per\s+(hour|day|week|month)\s*", re.IGNORECASE
)


def parse_limits(text: str, scope: Scope = Scope.MEMBER) -> tuple[Limit, ...]:
    """Parse limits such as "5 videos per day, 3 usd per day"; "unlimited" is none. Raises ValueError with the reason."""
    if text.strip().lower() == "unlimited":
        return ()
    limits: list[Limit] = []
    for part in text.split(","):
        if not (found := _LIMIT.fullmatch(part)):
            raise ValueError(f"'{part.strip()}' is not a limit such as '5 videos per day' or '3 usd per week'")
        number, word, per = found.groups()
        unit = Unit(f"{word.lower().rstrip('s')}s") if word.lower() != Unit.USD else Unit.USD
        amount = Decimal(number) * (MICROS if unit is Unit.USD else 1)
        if amount != int(amount):
            raise ValueError(f"'{part.strip()}' asks for a part of a {unit.removesuffix('s')}")
        limits.append(Limit(amount=int(amount), unit=unit, per=Per(per.lower()), scope=scope))
    return tuple(limits)
