"""Calendar windows: every instant lies in exactly one, and they follow each other without a gap or an overlap."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.quota.limits import Per, Window, window, windows
from tests.tables import every_row

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # UTC+05:45

# Whole, half and three-quarter hours; clocks that move at midnight, by half an hour, by two hours, or backwards in winter.
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Asia/Beirut",
    "Africa/Cairo",
    "America/Havana",
    "America/Santiago",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Antarctica/Troll",
]

zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))


def hours(of: Window) -> float:
    return (of.end - of.start) / timedelta(hours=1)


def local(year: int, month: int, day: int, hour: int, minute: int = 0, *, zone: ZoneInfo, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=zone, fold=fold)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@given(per=st.sampled_from(Per), at=instants, zone=zones)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_an_instant_lies_in_its_window_and_in_neither_neighbour(per: Per, at: datetime, zone: ZoneInfo) -> None:
    own = window(per, at, zone)
    assert own.start <= at < own.end
    before = window(per, own.start - timedelta(microseconds=1), zone)
    after = window(per, own.end, zone)
    assert before.end == own.start
    assert after.start == own.end


@given(per=st.sampled_from(Per), at=instants, zone=zones, permille=st.integers(0, 999))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_every_instant_of_a_window_answers_with_that_window(
    per: Per, at: datetime, zone: ZoneInfo, permille: int
) -> None:
    own = window(per, at, zone)
    assert window(per, own.start + (own.end - own.start) * permille / 1000, zone) == own


@every_row("name", ZONES)
def test_no_gap_and_no_overlap_around_every_change_of_the_clocks(name: str) -> None:
    zone = ZoneInfo(name)
    first = utc(2026, 1, 1)
    offsets = [(first + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in range(366 * 24)]
    changes = [hour for hour in range(1, len(offsets)) if offsets[hour] != offsets[hour - 1]]
    for change in changes:
        for minutes in range(-180, 181, 5):
            at = first + timedelta(hours=change, minutes=minutes)
            for per, own in windows(at, zone).items():
                assert own.start <= at < own.end, per
                assert window(per, own.end, zone).start == own.end, per
                assert window(per, own.start, zone) == own, per


@pytest.mark.parametrize(
    ("zone", "month", "day", "length"),
    [
        (BERLIN, 3, 28, 24),
        (BERLIN, 3, 29, 23),
        (BERLIN, 10, 25, 25),
        (NEW_YORK, 3, 8, 23),
        (NEW_YORK, 11, 1, 25),
    ],
)
def test_a_day_of_23_or_25_hours_is_one_day(zone: ZoneInfo, month: int, day: int, length: int) -> None:
    for hour in (0, 12, 23):
        assert hours(window(Per.DAY, local(2026, month, day, hour, 59, zone=zone), zone)) == length


def test_a_week_and_a_month_with_a_change_of_clocks_are_an_hour_off() -> None:
    assert hours(window(Per.WEEK, local(2026, 3, 25, 12, zone=BERLIN), BERLIN)) == 7 * 24 - 1
    assert hours(window(Per.WEEK, local(2026, 10, 25, 12, zone=BERLIN), BERLIN)) == 7 * 24 + 1
    assert hours(window(Per.MONTH, local(2026, 3, 25, 12, zone=BERLIN), BERLIN)) == 31 * 24 - 1


def test_the_hour_that_is_repeated_in_autumn_is_two_windows() -> None:
    first = window(Per.HOUR, local(2026, 10, 25, 2, 30, zone=BERLIN, fold=0), BERLIN)
    second = window(Per.HOUR, local(2026, 10, 25, 2, 30, zone=BERLIN, fold=1), BERLIN)
    assert first == Window(utc(2026, 10, 25, 0), utc(2026, 10, 25, 1))
    assert second == Window(utc(2026, 10, 25, 1), utc(2026, 10, 25, 2))


def test_the_hour_that_is_left_out_in_spring_leaves_no_gap() -> None:
    before = window(Per.HOUR, local(2026, 3, 29, 1, 59, zone=BERLIN), BERLIN)
    assert window(Per.HOUR, before.end, BERLIN).start == local(2026, 3, 29, 3, zone=BERLIN)


def test_windows_begin_on_the_local_hour_and_midnight_where_the_offset_is_three_quarters() -> None:
    at = local(2026, 6, 3, 14, 20, zone=KATHMANDU)
    assert window(Per.HOUR, at, KATHMANDU) == Window(utc(2026, 6, 3, 8, 15), utc(2026, 6, 3, 9, 15))
    assert window(Per.DAY, at, KATHMANDU) == Window(utc(2026, 6, 2, 18, 15), utc(2026, 6, 3, 18, 15))


def test_a_week_runs_from_monday_to_monday() -> None:
    week = Window(utc(2026, 3, 2), utc(2026, 3, 9))
    for at in (utc(2026, 3, 2), utc(2026, 3, 4, 5), utc(2026, 3, 8, 23, 59)):
        assert window(Per.WEEK, at, UTC) == week
    assert window(Per.WEEK, utc(2026, 3, 9), UTC).start == week.end


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (utc(2026, 1, 31, 23, 59), utc(2026, 2, 1)),
        (utc(2026, 2, 28, 12), utc(2026, 3, 1)),
        (utc(2028, 2, 29, 12), utc(2028, 3, 1)),
        (utc(2026, 4, 30, 12), utc(2026, 5, 1)),
        (utc(2026, 12, 31, 23, 59), utc(2027, 1, 1)),
    ],
)
def test_a_month_ends_on_its_own_last_day(at: datetime, end: datetime) -> None:
    assert window(Per.MONTH, at, UTC) == Window(at.replace(day=1, hour=0, minute=0), end)


def test_one_instant_is_another_day_in_another_zone() -> None:
    at = utc(2026, 6, 3, 23, 30)
    assert window(Per.DAY, at, UTC).start == utc(2026, 6, 3)
    assert window(Per.DAY, at, BERLIN).start == utc(2026, 6, 3, 22)
    assert window(Per.DAY, at, NEW_YORK).start == utc(2026, 6, 3, 4)
