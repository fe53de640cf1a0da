"""Discord's own clock, as its answers tell it: this machine's may be wrong, and may be put right between two starts."""

import time
from datetime import datetime, timedelta

from bot.domain.contact import dated

_EPOCH_MS = 1_420_070_400_000  # the beginning of 2015, from which Discord's ids count


class DiscordClock:
    """The time by the `Date` of the latest answer, carried on by a clock that nobody sets."""

    def __init__(self) -> None:
        self._heard: tuple[datetime, float] | None = None

    def heard(self, date: str | None) -> None:
        """An answer came with this `Date`; what is none is passed over."""
        if (at := dated(date)) is not None:
            self._heard = (at, time.monotonic())

    def now(self) -> datetime | None:
        """The time, or None before the first answer. Right to about a second."""
        if self._heard is None:
            return None
        at, since = self._heard
        return at + timedelta(seconds=time.monotonic() - since)


def moved(snowflake: int, by: timedelta) -> int:
    """The id that Discord would have given so much later."""
    return max(0, snowflake + ((by // timedelta(milliseconds=1)) << 22))


def at(moment: datetime) -> int:
    """The smallest id that Discord gives at a moment of its own clock."""
    return max(0, int(moment.timestamp() * 1000) - _EPOCH_MS) << 22
