"""What a server spent: the days, members and models of a report, and the same as a table that a spreadsheet opens.

A job counts on the day it was accepted, in the server's time zone. Only a finished video is use, and one under way is held;
failed and cancelled ones gave everything back, so they are counted but cost nothing. Of what a member has deleted there are
only amounts: they add up under `DELETED`, and their lines come last and name no time, so that none can be told by its place.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.errors import Refusal
from bot.domain.generation import ENDED, State
from bot.domain.ledger import MICROS
from bot.domain.moderation import UsageRow
from bot.domain.quota import Use

MOST_DAYS = 366
TOP_MEMBERS = 10
TOP_MODELS = 8
DELETED = ""  # the member and the model of what has been deleted
COLUMNS = (
    *("accepted", "ended", "member", "name", "channel", "model", "model_id", "seconds"),
    *("price_usd", "used_usd", "state", "fault", "prompt", "id"),
)
_RISKY = "=+-@"
_NOTHING_SHOWN = ("Cc", "Cf", "Zl", "Zp", "Zs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Calendar days in a time zone, both ends included, and the generations accepted in them, oldest first."""

    first: date
    last: date
    zone: ZoneInfo
    rows: tuple[UsageRow, ...] = ()

    @property
    def since(self) -> datetime:
        """The moment the first day begins."""
        return datetime.combine(self.first, time(), self.zone)

    def with_rows(self, rows: Iterable[UsageRow]) -> "Days":
        """The same days with their generations."""
        return replace(self, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class Tally:
    """Videos finished, under way and lost (failed or cancelled); micro-dollars used, and held by those under way."""

    done: int = 0
    running: int = 0
    lost: int = 0
    used: int = 0
    held: int = 0

    @property
    def cost(self) -> int:
        """Used and held, in micro-dollars."""
        return self.used + self.held

    def plus(self, row: UsageRow) -> "Tally":
        """With one more generation."""
        if row.state == State.SUCCEEDED:
            return replace(self, done=self.done + 1, used=self.used + row.price_micros)
        if State(row.state) in ENDED:
            return replace(self, lost=self.lost + 1)
        return replace(self, running=self.running + 1, held=self.held + row.price_micros)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """A report. members and models: the dearest first, as id or name with what it cost; more_…: how many are not shown.

    What has been deleted is one of each, under `DELETED`.
    """

    first: date
    last: date
    total: Tally
    days: tuple[tuple[date, Tally], ...]
    members: tuple[tuple[str, Tally], ...]
    more_members: int
    models: tuple[tuple[str, Tally], ...]
    more_models: int
    pools: tuple[Use, ...]


def last_days(number: int, now: datetime, zone: str) -> Days:
    """The last `number` days, today included. Raises Refusal `days_out_of_range`."""
    if not 1 <= number <= MOST_DAYS:
        raise Refusal("days_out_of_range", most=MOST_DAYS)
    there = ZoneInfo(zone)
    today = now.astimezone(there).date()
    return Days(first=today - timedelta(days=number - 1), last=today, zone=there)


def summary(period: Days, pools: Sequence[Use]) -> Spending:
    """What these days add up to."""
    number = (period.last - period.first).days + 1
    by_day = {period.first + timedelta(days=day): Tally() for day in range(number)}
    by_member: dict[str, Tally] = {}
    by_model: dict[str, Tally] = {}
    total = Tally()
    for row in period.rows:
        day = row.accepted_at.astimezone(period.zone).date()
        by_day[day] = by_day.get(day, Tally()).plus(row)
        by_member[row.member_id] = by_member.get(row.member_id, Tally()).plus(row)
        by_model[row.family] = by_model.get(row.family, Tally()).plus(row)
        total = total.plus(row)
    members, models = _dearest(by_member), _dearest(by_model)
    return Spending(
        first=period.first,
        last=period.last,
        total=total,
        days=tuple(sorted(by_day.items())),
        members=tuple(members[:TOP_MEMBERS]),
        more_members=max(0, len(members) - TOP_MEMBERS),
        models=tuple(models[:TOP_MODELS]),
        more_models=max(0, len(models) - TOP_MODELS),
        pools=tuple(pools),
    )


def _dearest(found: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    used = [(name, tally) for name, tally in found.items() if tally.done or tally.running]
    return sorted(used, key=lambda one: (-one[1].cost, -one[1].done, one[0]))


def table(period: Days, names: Mapping[str, str]) -> bytes:
    """The generations as CSV: UTF-8 with BOM, times in the server's zone, no cell that a spreadsheet would run.

    Ids are written as Discord's mentions, because a spreadsheet rounds long numbers.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in sorted(period.rows, key=_is_deleted):
        price = row.price_micros if row.state == State.SUCCEEDED else 0
        deleted = _is_deleted(row)
        cells = (
            _day(row.accepted_at, period.zone) if deleted else _moment(row.accepted_at, period.zone),
            _moment(row.ended_at, period.zone),
            "" if deleted else f"<@{row.member_id}>",
            names.get(row.member_id, ""),
            "" if deleted else f"<#{row.channel_id}>",
            row.family,
            row.model,
            str(row.seconds),
            _dollars(row.price_micros),
            _dollars(price),
            row.state,
            row.fault,
            row.prompt,
            row.generation_id,
        )
        writer.writerow([harmless(cell) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before =, +, -, @, tab and carriage return.

    Also where blanks or signs that show nothing come first, and in their wide and small forms.
    """
    shown = next((sign for sign in cell if unicodedata.category(sign) not in _NOTHING_SHOWN), "")
    risky = shown and unicodedata.normalize("NFKC", shown)[0] in _RISKY
    return f"'{cell}" if risky or cell[:1] in ("\t", "\r", "\n") else cell


def _is_deleted(row: UsageRow) -> bool:
    return row.member_id == DELETED


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else ""


def _dollars(micros: int) -> str:
    return f"{micros // MICROS}.{micros % MICROS:06}"
