"""Limits as an operator writes them, and the check of a job against them."""

from datetime import UTC, datetime

import pytest

from bot.domain.ledger import Amount
from bot.domain.quota import Limit, Per, Scope, Unit, Use, exceeded, parse_limits, window

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
JOB = Amount(videos=1, seconds=8, micros=270_000)


def use(amount: int, unit: Unit, per: Per, *, used: int = 0, held: int = 0) -> Use:
    return Use(limit=Limit(amount=amount, unit=unit, per=per), window=window(per, NOW, UTC), used=used, held=held)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("unlimited", ()),
        ("  Unlimited ", ()),
        ("5 videos per day", (Limit(amount=5, unit=Unit.VIDEOS, per=Per.DAY),)),
        ("1 video per hour", (Limit(amount=1, unit=Unit.VIDEOS, per=Per.HOUR),)),
        ("1 second per week", (Limit(amount=1, unit=Unit.SECONDS, per=Per.WEEK),)),
        ("3 USD Per Month", (Limit(amount=3_000_000, unit=Unit.USD, per=Per.MONTH),)),
        ("0.000001 usd per day", (Limit(amount=1, unit=Unit.USD, per=Per.DAY),)),
        ("0.29 usd per day", (Limit(amount=290_000, unit=Unit.USD, per=Per.DAY),)),
        ("999999999999.999999 usd per day", (Limit(amount=999_999_999_999_999_999, unit=Unit.USD, per=Per.DAY),)),
        ("2.0 videos per day", (Limit(amount=2, unit=Unit.VIDEOS, per=Per.DAY),)),
        ("0 videos per day", (Limit(amount=0, unit=Unit.VIDEOS, per=Per.DAY),)),
        (
            "5 videos per day,3 usd per day",
            (Limit(amount=5, unit=Unit.VIDEOS, per=Per.DAY), Limit(amount=3_000_000, unit=Unit.USD, per=Per.DAY)),
        ),
    ],
)
def test_limits_are_read_as_written(text: str, limits: tuple[Limit, ...]) -> None:
    assert parse_limits(text) == limits


def test_limits_are_of_the_scope_asked_for() -> None:
    [limit] = parse_limits("50 usd per day", Scope.OPERATOR)
    assert limit.scope is Scope.OPERATOR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5 videos",
        "videos per day",
        "5 videos per year",
        "5 clips per day",
        "-1 videos per day",
        "5 videos per day,",
        "5 videos per day; 3 usd per day",
        "unlimited, 5 videos per day",
        "1e3 videos per day",
        "nan usd per day",
        "0.0000001 usd per day",
        "9" * 400 + " videos per day",
        "1 usds per day",
    ],
)
def test_what_is_no_limit_is_refused_with_the_piece_and_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a limit such as '5 videos per day'") as refused:
        parse_limits(text)
    assert f"'{text.split(',')[0 if text.startswith('unlimited') else -1].strip()}'" in str(refused.value)


@pytest.mark.parametrize(("text", "part"), [("0.5 videos per day", "video"), ("1.5 second per hour", "second")])
def test_a_part_of_a_video_or_second_is_refused(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=f"asks for a part of a {part}$"):
        parse_limits(text)


def test_each_unit_takes_its_part_of_an_amount() -> None:
    assert [unit.of(JOB) for unit in (Unit.VIDEOS, Unit.SECONDS, Unit.USD)] == [1, 8, 270_000]


def test_a_job_may_fill_a_limit_but_not_pass_it() -> None:
    assert exceeded([use(5, Unit.VIDEOS, Per.DAY, used=2, held=2)], JOB) is None
    full = use(5, Unit.VIDEOS, Per.DAY, used=2, held=3)
    assert exceeded([full], JOB) == full


def test_a_limit_of_zero_is_closed_and_no_limit_is_open() -> None:
    assert exceeded([use(0, Unit.VIDEOS, Per.DAY)], JOB) is not None
    assert exceeded([], JOB) is None


def test_all_limits_hold_together_and_the_answer_is_the_one_that_opens_last() -> None:
    fits = use(100, Unit.SECONDS, Per.MONTH)
    day, week = use(7, Unit.SECONDS, Per.DAY), use(260_000, Unit.USD, Per.WEEK)
    assert exceeded([fits, week, day], JOB) == week
    assert exceeded([fits, day], JOB) == day


def test_what_is_left_is_never_below_zero() -> None:
    assert use(5, Unit.VIDEOS, Per.DAY, used=1, held=2).left == 2
    assert use(5, Unit.VIDEOS, Per.DAY, used=6, held=2).left == 0
