"""Limits as an operator writes them, and the check of a job against them."""

from datetime import UTC, datetime

import pytest

from bot.domain.queue.admission import decide_quota
from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Limit, LimitUsage, Per, Scope, Unit, parse_limits, window
from tests.tables import every_row

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
JOB = Amount(videos=1, seconds=8, micros=270_000)


def use(amount: int, unit: Unit, per: Per, *, used: int = 0, held: int = 0, scope: Scope = Scope.MEMBER) -> LimitUsage:
    limit = Limit(amount=amount, unit=unit, per=per, scope=scope)
    return LimitUsage(limit=limit, window=window(per, NOW, UTC), used=used, held=held)


@every_row(
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


@every_row(
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


def decided(uses: list[LimitUsage], **grants: int) -> Amount | LimitUsage:
    return decide_quota(uses, JOB, {Unit(unit): amount for unit, amount in grants.items()})


def test_a_job_may_fill_a_limit_but_not_pass_it() -> None:
    assert decided([use(5, Unit.VIDEOS, Per.DAY, used=2, held=2)]) == Amount()
    full = use(5, Unit.VIDEOS, Per.DAY, used=2, held=3)
    assert decided([full]) == full


def test_a_limit_of_zero_is_closed_even_to_what_costs_nothing_and_no_limit_is_open() -> None:
    closed = use(0, Unit.USD, Per.DAY)
    assert decide_quota([closed], Amount(videos=1), {Unit.USD: 1}) == closed
    assert decided([]) == Amount()


def test_all_limits_hold_together_and_the_answer_is_the_one_that_opens_last() -> None:
    fits = use(100, Unit.SECONDS, Per.MONTH)
    day, week = use(8, Unit.SECONDS, Per.DAY, used=1), use(270_000, Unit.USD, Per.WEEK, held=1)
    assert decided([fits, week, day]) == week
    assert decided([fits, day]) == day


def test_of_the_limits_that_refuse_the_answer_is_one_that_the_job_will_never_fit() -> None:
    month, never = use(8, Unit.SECONDS, Per.MONTH, used=1), use(7, Unit.SECONDS, Per.HOUR)
    assert decided([month, never]) == never
    assert decided([month, never], seconds=1) == Amount(seconds=1)  # it fits with the grant
    closed = use(0, Unit.VIDEOS, Per.HOUR)
    assert decided([month, closed], videos=9) == closed


def test_a_grant_covers_what_is_beyond_the_limit_and_no_more() -> None:
    assert decided([use(10, Unit.SECONDS, Per.DAY, used=3, held=2)], seconds=5) == Amount(seconds=3)
    assert decided([use(10, Unit.SECONDS, Per.DAY, used=2)], seconds=5) == Amount()


def test_a_grant_that_falls_short_by_one_covers_nothing() -> None:
    short = use(10, Unit.SECONDS, Per.DAY, used=5)
    assert decided([short], seconds=2) == short
    assert decided([short], seconds=3) == Amount(seconds=3)


def test_a_limit_that_was_lowered_below_its_use_asks_a_grant_for_this_job_only() -> None:
    assert decided([use(1, Unit.SECONDS, Per.DAY, used=90)], seconds=8) == Amount(seconds=8)


def test_two_windows_of_one_unit_are_covered_once_by_the_larger_part() -> None:
    day, week = use(10, Unit.SECONDS, Per.DAY, used=5), use(20, Unit.SECONDS, Per.WEEK, used=18)
    assert decided([day, week], seconds=6) == Amount(seconds=6)
    assert decided([day, week], seconds=5) == week


def test_a_grant_covers_its_own_unit_only() -> None:
    full = use(5, Unit.VIDEOS, Per.DAY, used=5)
    assert decided([full], seconds=100, usd=1_000_000) == full
    uses = [full, use(270_000, Unit.USD, Per.DAY, used=1)]
    assert decided(uses, videos=1, usd=1) == Amount(videos=1, micros=1)


@pytest.mark.parametrize("scope", [Scope.GUILD, Scope.OPERATOR])
def test_a_grant_never_covers_a_pool_or_the_budget(scope: Scope) -> None:
    full = use(5, Unit.VIDEOS, Per.DAY, used=5, scope=scope)
    assert decided([full, use(5, Unit.VIDEOS, Per.DAY, used=5)], videos=9) == full


def test_a_job_that_asks_for_nothing_of_a_unit_passes_its_overdrawn_limit() -> None:
    assert decide_quota([use(5, Unit.USD, Per.DAY, used=9)], Amount(videos=1), {}) == Amount()


def test_what_is_left_is_never_below_zero() -> None:
    assert use(5, Unit.VIDEOS, Per.DAY, used=1, held=2).left == 2
    assert use(5, Unit.VIDEOS, Per.DAY, used=6, held=2).left == 0
