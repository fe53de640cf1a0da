"""What a server spent: the days, members and models of a report.

A job counts on the day it was accepted, in the server's time zone. Only a finished video counts as used, and a job in
progress as held. Failed and cancelled jobs gave everything back, so they are counted but cost nothing. Of what a
member deleted, only amounts are left: they add up under `DELETED`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.quota.limits import LimitUsage
from bot.domain.quota.spending import Sums, Tally
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal

MOST_DAYS = 366
TOP_MEMBERS = 10
TOP_MODELS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Calendar days in a time zone, both ends included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        """When the first day begins."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def dates(self) -> list[date]:
        """Every day."""
        return [self.first + timedelta(days=day) for day in range((self.last - self.first).days + 1)]

    @property
    def bounds(self) -> list[datetime]:
        """When each day begins, followed by the end of the last one. A day may have 23 or 25 hours."""
        days = [*self.dates, self.last + timedelta(days=1)]
        return [datetime.combine(day, time(), self.zone) for day in days]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingReport:
    """A report. members and models: the most expensive first, as id or name with their sums; more_…: how many are not shown.

    Everything that was deleted counts as one member and one model, `DELETED`.
    """

    first: date
    last: date
    total: Tally
    days: tuple[tuple[date, Tally], ...]
    members: tuple[tuple[str, Tally], ...]
    more_members: int
    models: tuple[tuple[str, Tally], ...]
    more_models: int
    pools: tuple[LimitUsage, ...]


def last_days(number: int, now: datetime, zone: str) -> Days:
    """The last `number` days, today included. Raises Refusal `days_out_of_range`."""
    if not 1 <= number <= MOST_DAYS:
        raise Refusal(AtMost(RefusalCode.DAYS_OUT_OF_RANGE, most=MOST_DAYS))
    there = ZoneInfo(zone)
    today = now.astimezone(there).date()
    return Days(first=today - timedelta(days=number - 1), last=today, zone=there)


def summary(period: Days, sums: Sums, pools: Sequence[LimitUsage]) -> SpendingReport:
    """The report over these days."""
    days = [(day, sums.days.get(number, Tally())) for number, day in enumerate(period.dates)]
    return SpendingReport(
        first=period.first,
        last=period.last,
        total=sum((tally for _, tally in days), Tally()),
        days=tuple(days),
        members=sums.members,
        more_members=sums.member_count - len(sums.members),
        models=sums.models,
        more_models=sums.model_count - len(sums.models),
        pools=tuple(pools),
    )
