"""Dates in the picture of a report, in the reader's language."""

from collections.abc import Sequence
from datetime import date

from cogs._ui.wording import Words


def day_ticks(say: Words, days: Sequence[date]) -> list[tuple[int, str]]:
    """Return the positions and labels of the day axis, about a dozen at most."""
    if len(days) <= 7:
        return [
            (place, say("picture-weekday", weekday=say(f"picture-weekday-{day.weekday()}"), day=str(day.day)))
            for place, day in enumerate(days)
        ]
    if len(days) <= 92:
        every = 1 if len(days) <= 14 else -(-len(days) // 10)
        return [
            (place, say("picture-day", day=str(day.day), month=month(say, day)))
            for place, day in enumerate(days)
            if (len(days) - 1 - place) % every == 0
        ]
    firsts = [
        (place, month(say, day) if day.month > 1 else _month_of_year(say, day))
        for place, day in enumerate(days)
        if day.day == 1
    ]
    return firsts or [(0, _month_of_year(say, days[0]))]


def month(say: Words, day: date) -> str:
    """Return the short name of a month: "Nov"."""
    return say(f"picture-month-{day.month}")


def _month_of_year(say: Words, day: date) -> str:
    return say("picture-month-year", month=month(say, day), year=str(day.year))
