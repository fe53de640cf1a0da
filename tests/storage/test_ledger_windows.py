"""The windows that the ledger keeps for a minute are those of each of its moments."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moderation.guild_settings import ZoneChange, zone_window
from bot.domain.quota.limits import Per, Scope
from bot.storage.quota import windows

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "UTC"])


@given(at=MOMENTS, changes=st.lists(st.tuples(st.integers(-90_000_000, 90_000), ZONES), max_size=3))
def test_a_moment_has_the_windows_of_its_minute(at: datetime, changes: list[tuple[int, str]]) -> None:
    zones = tuple(ZoneChange(at + timedelta(milliseconds=ms), zone) for ms, zone in sorted(changes))
    for per in Per:
        assert windows.windows(Scope.GUILD, at, zones)[per] == zone_window(per, at, zones)
        assert windows.windows(Scope.OPERATOR, at, zones)[per] == zone_window(per, at, ())
