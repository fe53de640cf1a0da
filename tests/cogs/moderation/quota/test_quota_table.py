"""The table and the sums of a report, and amounts as typed, without a bot."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.moderation.audit import Actor
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.domain.quota.spending import UsageRow
from bot.domain.refusals.refusal import Refusal
from bot.usecases.moderation.limits import PriceRange, limit_amount, unreachable_limits, whole
from bot.usecases.moderation.spending import last_days, summary
from cogs.moderation.quota.csv_table import COLUMNS, CsvTable
from tests.cogs.moderation.quota.conftest import NOW, added_up, pool, row
from tests.tables import every_row


def exported(*rows: UsageRow, zone: str = "UTC", names: dict[str, str] | None = None) -> list[dict[str, str]]:
    """The table, read back as a spreadsheet would."""
    with CsvTable(name="t.csv", zone=ZoneInfo(zone), most=10**6) as table:
        table.add(rows, names or {})
        data = table.finish().read()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_quotes_commas_and_newlines_stay_inside_their_cell() -> None:
    prompt = 'He said "cut",\r\nthen;\n\n"1+1"\r'
    [cells] = exported(row(prompt=prompt))
    assert cells["prompt"] == prompt


def test_times_are_in_the_servers_zone_and_amounts_have_six_decimals() -> None:
    [done, failed, running] = exported(
        row(price_micros=1_234_567_890),
        row(state="failed", price_micros=68, fault="expired"),
        row(state="submitted", ended_at=None),
        zone="Asia/Kathmandu",
    )
    assert tuple(done) == COLUMNS
    assert done["accepted"] == "2026-11-20T17:45:00+05:45"
    assert (done["price_usd"], done["used_usd"]) == ("1234.567890", "1234.567890")
    assert (failed["price_usd"], failed["used_usd"]) == ("0.000068", "0.000000")
    assert (running["ended"], running["used_usd"]) == ("", "0.000000")
    assert done["member"] == "<@500000000000000000>"


def test_a_lone_surrogate_does_not_stop_an_export() -> None:
    [cells] = exported(row(prompt="a \ud800 b"))
    assert cells["prompt"] == "a ? b"


GONE = dict.fromkeys(("generation_id", "channel_id", "member_id", "family", "model", "fault", "prompt"), "")


def test_what_was_deleted_leaves_amounts_and_a_day_and_not_even_its_place_among_the_others() -> None:
    rows = [
        row(ended_at=None, price_micros=1_000_000, **GONE),
        row(member_id="7", prompt="after"),
        row(ended_at=None, state="failed", **GONE),
    ]
    [other, deleted, failed] = exported(*rows, zone="Asia/Kathmandu", names={"7": "Ben"})
    assert other["prompt"] == "after"
    assert {name: cell for name, cell in deleted.items() if cell} == {
        "accepted": "2026-11-20",
        "seconds": "4",
        "price_usd": "1.000000",
        "used_usd": "1.000000",
        "state": "succeeded",
    }
    assert failed["used_usd"] == "0.000000"


def test_days_are_those_of_the_server_and_a_day_of_25_hours_is_one() -> None:
    now = datetime(2026, 10, 26, 3, 30, tzinfo=UTC)
    period = last_days(2, now, "Europe/Berlin")
    assert (period.first, period.last) == (date(2026, 10, 25), date(2026, 10, 26))
    assert period.since == datetime(2026, 10, 24, 22, tzinfo=UTC)
    at = [period.since, datetime(2026, 10, 25, 22, 59, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC)]
    found = summary(period, added_up(period, [row(accepted_at=when) for when in at]), [])
    assert [tally.done for _, tally in found.days] == [2, 1]
    assert [end - start for start, end in pairwise(at.astimezone(UTC) for at in period.bounds)] == [
        timedelta(hours=25),
        timedelta(hours=24),
    ]


@pytest.mark.parametrize("number", [0, -1, 367])
def test_days_beyond_a_year_or_none_are_refused(number: int) -> None:
    with pytest.raises(Refusal, match="days_out_of_range"):
        last_days(number, NOW, "UTC")


def test_only_what_was_made_or_runs_counts_and_the_dearest_come_first() -> None:
    rows = [row(member_id=str(number), price_micros=number) for number in range(1, 14)]
    rows += [row(member_id="99", state="failed", price_micros=10**9), row(member_id="98", state="cancelled")]
    rows += [row(member_id="97", state=state, price_micros=500, family="Pro") for state in ("submitted", "unknown")]
    period = last_days(3, NOW, "UTC")
    found = summary(period, added_up(period, rows), [pool(5)])
    assert [member_id for member_id, _ in found.members] == ["97", *(str(number) for number in range(13, 4, -1))]
    assert found.more_members == 4
    assert [(name, tally.cost) for name, tally in found.models] == [("Pro", 1000), ("Sora 2", 91)]
    assert (found.total.done, found.total.running, found.total.lost) == (13, 2, 2)
    assert (found.total.used, found.total.held) == (91, 1000)
    assert len(found.days) == 3


@pytest.mark.parametrize(
    ("number", "unit", "amount"),
    [
        *((5.0, Unit.VIDEOS, 5), (0.0, Unit.SECONDS, 0), (-1.0, Unit.USD, -1), (2.5, Unit.USD, 2_500_000)),
        *((0.1, Unit.USD, 100_000), (1.1, Unit.USD, 1_100_000), (0.000001, Unit.USD, 1), (1e6, Unit.VIDEOS, 1_000_000)),
    ],
)
def test_a_limit_as_typed_is_exact(number: float, unit: Unit, amount: int) -> None:
    assert limit_amount(number, unit) == amount


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), 1e300])
def test_no_number_is_too_large_to_be_refused(number: float) -> None:
    with pytest.raises(Refusal, match="amount_too_large"):
        whole(number, Unit.USD)


def test_a_reason_has_512_characters_at_most() -> None:
    Actor(guild_id="1", actor_id="2", reason="x" * 512)
    with pytest.raises(Refusal, match="reason_too_long"):
        Actor(guild_id="1", actor_id="2", reason="x" * 513)


def limit(amount: int, unit: Unit, per: Per, scope: Scope = Scope.MEMBER) -> Limit:
    return Limit(amount=amount, unit=unit, per=per, scope=scope)


V, S, USD = Unit.VIDEOS, Unit.SECONDS, Unit.USD


@every_row(
    ("wanted", "other", "stops"),
    [
        (limit(100, V, Per.WEEK), limit(5, V, Per.DAY), True),
        (limit(35, V, Per.WEEK), limit(5, V, Per.DAY), False),
        (limit(155, V, Per.MONTH), limit(5, V, Per.DAY), False),
        (limit(30, V, Per.DAY), limit(20, V, Per.WEEK), True),
        (limit(5, V, Per.DAY), limit(20, V, Per.WEEK), False),
        (limit(12, V, Per.DAY), limit(3_000_000, USD, Per.DAY), True),  # the cheapest video costs $0.272
        (limit(11, V, Per.DAY), limit(3_000_000, USD, Per.DAY), False),
        (limit(9, V, Per.DAY), limit(35, S, Per.DAY), True),
        (limit(8, V, Per.DAY), limit(35, S, Per.DAY), False),
        (limit(10**9, USD, Per.DAY), limit(1, V, Per.DAY), True),
        (limit(5, V, Per.DAY), limit(4, V, Per.DAY, Scope.GUILD), True),
        (limit(0, V, Per.DAY), limit(0, V, Per.WEEK), False),
        (limit(1, V, Per.DAY), limit(0, USD, Per.MONTH), True),
    ],
)
def test_a_limit_that_another_one_defeats_is_found(wanted: Limit, other: Limit, stops: bool) -> None:
    spread = PriceRange.of(Catalog([offer for offer in Catalog.read().offers if "sora" in offer.model]))
    assert spread
    assert unreachable_limits(wanted, [wanted, other], spread) == ((other,) if stops else ())
    if wanted.unit is other.unit:
        assert unreachable_limits(wanted, [other], None) == ((other,) if stops else ())
