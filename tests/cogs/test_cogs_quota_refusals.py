"""What a refusal says of limits and prices: with its numbers, which never look as if it fitted."""

from dataclasses import replace

import pytest

from bot.domain.quota.ledger import Amount
from bot.domain.quota.limits import Per, Scope, Unit
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import (
    DearerNow,
    TooDear,
)
from bot.domain.refusals.refusal import (
    QuotaExceeded,
    Refusal,
)
from cogs._ui.refusal_texts import sentence
from tests.cogs.test_cogs_answers import use
from tests.cogs.test_cogs_refusals import COST
from tests.tables import every_row


@every_row("unit", Unit)
@every_row("per", Per)
@every_row("scope", Scope)
def test_a_quota_is_said_with_its_numbers_and_when_it_opens(unit: Unit, per: Per, scope: Scope) -> None:
    reached = use(unit, 5_000_000 if unit is Unit.USD else 50, scope, per)
    said = sentence(Refusal(QuotaExceeded(use=reached, amount=COST)))
    shown = {
        Unit.VIDEOS: ("50 videos", "1 video"),
        Unit.SECONDS: ("50 s", "8 s"),
        Unit.USD: ("$5.00", "$0.54"),
    }[unit]
    assert f"{shown[0]} per {per}" in said
    assert f"needs {shown[1]}" in said
    assert f"<t:{int(reached.window.end.timestamp())}:R>" in said
    assert {Scope.MEMBER: "your", Scope.GUILD: "this server's", Scope.OPERATOR: "the operator's"}[scope] in said


def test_a_limit_of_zero_is_said_to_be_closed() -> None:
    said = sentence(Refusal(QuotaExceeded(use=use(amount=0), amount=COST)))
    assert said.startswith("Videos are closed")
    assert "opens again" not in said


@pytest.mark.parametrize("unit", Unit)
def test_extra_quota_is_named_where_it_could_have_helped(unit: Unit) -> None:
    limit = 5_000_000 if unit is Unit.USD else 50
    left = {Unit.VIDEOS: "3 videos", Unit.SECONDS: "3 s", Unit.USD: "$0.30"}[unit]
    grants = 300_000 if unit is Unit.USD else 3

    def said(scope: Scope, has: int) -> str:
        return sentence(Refusal(QuotaExceeded(use=use(unit, limit, scope), amount=COST, grants=has)))

    assert said(Scope.MEMBER, grants).endswith(f"Your extra quota has {left} left.")
    assert "extra quota" not in said(Scope.MEMBER, 0)
    assert "extra quota" not in said(Scope.GUILD, grants), "grants never cover a pool"
    assert "extra quota" not in said(Scope.OPERATOR, grants), "nor the operator's budget"


def test_a_video_is_said_never_to_fit_only_where_extra_quota_would_not_help_either() -> None:
    def said(grants: int, scope: Scope = Scope.MEMBER) -> str:
        return sentence(Refusal(QuotaExceeded(use=use(Unit.SECONDS, 6, scope), amount=COST, grants=grants)))

    assert "ever allows" in said(0)
    assert "ever allows" in said(1)
    assert "opens again" in said(2)
    assert "ever allows" in said(2, Scope.GUILD)


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (TooDear(price=504_000, most=500_000, estimate=True), ("about $0.504,", "at most $0.50 for one")),
        (TooDear(price=540_000, most=500_000), ("$0.54,", "at most $0.50 for one")),
        (DearerNow(price=544_400, before=544_000), ("$0.5444", "$0.544")),
        (DearerNow(code=RefusalCode.OFFER_DEARER, price=544_000, before=540_000), ("$0.544 now", "said $0.54.")),
    ],
)
def test_two_prices_never_look_equal(payload: TooDear | DearerNow, shown: tuple[str, ...]) -> None:
    said = sentence(Refusal(payload))
    assert all(part in said for part in shown), said


@pytest.mark.parametrize(
    ("used", "held", "needs", "limit", "shown"),
    [
        (300_000, 0, 204_000, 500_000, ("limit of $0.50", "$0.30 used", "$0.00 held", "needs $0.204")),
        (304_000, 104_000, 104_000, 510_000, ("limit of $0.51", "$0.304 used", "$0.104 held", "needs $0.104")),
        (304_000, 0, 544_000, 800_000, ("limit of $0.80", "$0.304 used", "$0.00 held", "needs $0.544")),
        (0, 0, 504_000, 500_000, ("needs $0.504, more than your limit of $0.50",)),
    ],
)
def test_the_sums_of_a_quota_never_look_as_if_it_fitted(
    used: int, held: int, needs: int, limit: int, shown: tuple[str, ...]
) -> None:
    met = replace(use(Unit.USD, limit), used=used, held=held)
    said = sentence(Refusal(QuotaExceeded(use=met, amount=Amount(videos=1, seconds=8, micros=needs))))
    assert all(part in said for part in shown), said


def test_nor_as_if_extra_quota_covered_the_rest() -> None:
    met = replace(use(Unit.USD, 500_000), used=400_000, held=0)
    said = sentence(Refusal(QuotaExceeded(use=met, amount=Amount(videos=1, seconds=8, micros=304_000), grants=200_000)))
    assert "needs $0.304" in said
    assert said.endswith("Your extra quota has $0.20 left.")
