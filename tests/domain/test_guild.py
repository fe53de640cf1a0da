"""A server's time zone over its changes, and how many jobs of a member may be open there."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moderation.guild_settings import GuildSettings, ZoneChange, zone_window
from bot.domain.queue.admission import check_open
from bot.domain.quota.limits import Per, Window, window
from bot.domain.refusals.refusal import Refusal, RefusalPayload, TooManyOpen, TooManyRunning, TooManyWaiting
from tests.tables import every_row

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
BERLIN, KOLKATA, LOS_ANGELES = "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles"
MADE = st.sampled_from([BERLIN, KOLKATA, LOS_ANGELES, "Pacific/Kiritimati", "Australia/Lord_Howe", "UTC"])


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_server_that_never_chose_a_zone_lives_in_utc() -> None:
    for per in Per:
        assert zone_window(per, NOON, ()) == window(per, NOON, UTC)
    assert GuildSettings(guild_id="guild").zone == "UTC"


@pytest.mark.parametrize(
    ("zone", "midnight"), [(BERLIN, utc(5, 23)), (LOS_ANGELES, utc(5, 8)), (KOLKATA, utc(5, 18, 30))]
)
def test_a_change_of_zone_lets_the_window_run_to_its_end_and_the_next_one_follow_the_new_zone(
    zone: str, midnight: datetime
) -> None:
    changes = [ZoneChange(NOON, zone)]
    assert zone_window(Per.DAY, NOON, changes) == Window(utc(4, 0), utc(5, 0))
    assert zone_window(Per.DAY, utc(4, 23, 59), changes) == Window(utc(4, 0), utc(5, 0))
    assert zone_window(Per.DAY, utc(5, 0), changes) == Window(utc(5, 0), midnight)
    assert zone_window(Per.DAY, midnight, changes) == Window(midnight, midnight + timedelta(days=1))


def test_before_a_change_nothing_is_different() -> None:
    assert zone_window(Per.DAY, utc(3, 23, 30), [ZoneChange(NOON, BERLIN)]) == Window(utc(3, 0), utc(4, 0))


def test_of_several_changes_in_one_window_the_last_counts() -> None:
    changes = [ZoneChange(NOON, BERLIN), ZoneChange(utc(4, 13), LOS_ANGELES), ZoneChange(utc(4, 13), KOLKATA)]
    assert zone_window(Per.DAY, utc(5, 1), changes) == Window(utc(5, 0), utc(5, 18, 30))


def test_a_change_to_and_fro_never_opens_a_window_before_its_time() -> None:
    changes = [ZoneChange(NOON, BERLIN), ZoneChange(utc(4, 12, 1), "UTC")]
    assert zone_window(Per.DAY, utc(4, 23, 30), changes) == Window(utc(4, 0), utc(5, 0))
    assert zone_window(Per.DAY, utc(5, 1), changes) == Window(utc(5, 0), utc(6, 0))


def test_a_thousand_changes_are_no_trouble() -> None:
    changes = [ZoneChange(NOON + timedelta(hours=n), [BERLIN, KOLKATA][n % 2]) for n in range(5_000)]
    found = zone_window(Per.DAY, changes[-1].at, changes)
    assert found.start <= changes[-1].at < found.end


def test_a_daylight_saving_day_of_the_zone_is_one_window() -> None:
    changes = [ZoneChange(datetime(2025, 1, 1, tzinfo=UTC), BERLIN)]
    spring = zone_window(Per.DAY, utc(29, 12), changes)
    assert spring == Window(utc(28, 23), utc(29, 22))
    assert spring.end - spring.start == timedelta(hours=23)


@given(
    st.lists(st.tuples(st.integers(0, 2_000), MADE), max_size=6),
    st.integers(0, 2_200),
    st.sampled_from(Per),
)
def test_whatever_changes_windows_follow_one_another_without_gap_or_overlap(
    made: list[tuple[int, str]], hour: int, per: Per
) -> None:
    changes = [ZoneChange(NOON + timedelta(hours=at), zone) for at, zone in sorted(made)]
    at = NOON + timedelta(hours=hour, minutes=7)
    found = zone_window(per, at, changes)
    assert found.start <= at < found.end
    assert zone_window(per, found.start, changes) == found
    assert zone_window(per, found.end - timedelta(microseconds=1), changes) == found
    assert zone_window(per, found.end, changes).start == found.end


@every_row(
    ("most_running", "most_waiting", "running", "reserved", "refused"),
    [
        (None, None, 0, 24, None),
        (None, None, 22, 3, TooManyOpen(count=25)),
        (None, 3, 17, 3, None),  # one of the three is about to run
        (None, 3, 2, 4, TooManyWaiting(running=3, waiting=3)),
        (None, 0, 5, 0, None),
        (None, 0, 5, 1, TooManyRunning(running=6)),
        (None, 30, 24, 1, TooManyOpen(count=25)),
        (2, None, 2, 22, None),
        (2, None, 2, 23, TooManyOpen(count=25)),
        (40, 40, 30, 30, None),
        (1, 1, 1, 0, None),
        (1, 1, 1, 1, TooManyWaiting(running=1, waiting=1)),
        (1, 2, 0, 2, None),
        (1, 2, 0, 3, TooManyWaiting(running=1, waiting=2)),
        (2, 3, 2, 3, TooManyWaiting(running=2, waiting=3)),
        (2, 0, 1, 0, None),
        (2, 0, 0, 1, None),
        (2, 0, 1, 1, TooManyRunning(running=2)),
        (2, 0, 3, 0, TooManyRunning(running=3)),  # there were more places when they were sent
        (1, 1, 3, 0, None),
        (0, 3, 0, 0, TooManyRunning(running=0)),
    ],
)
def test_one_more_job_is_refused_at_the_configured_numbers_else_at_the_operator_s(
    most_running: int | None,
    most_waiting: int | None,
    running: int,
    reserved: int,
    refused: RefusalPayload | None,
) -> None:
    settings = GuildSettings(guild_id="guild", most_running=most_running, most_waiting=most_waiting)
    payload: RefusalPayload | None = None
    try:
        check_open(settings, count=running + reserved, running=running, reserved=reserved, most_open=25)
    except Refusal as refusal:
        payload = refusal.payload
    assert payload == refused


def test_a_job_that_is_only_fetched_takes_no_place() -> None:
    settings = GuildSettings(guild_id="guild", most_running=1, most_waiting=0)
    check_open(settings, count=3, running=0, reserved=0, most_open=25)
    with pytest.raises(Refusal):
        check_open(settings, count=3, running=1, reserved=0, most_open=25)
