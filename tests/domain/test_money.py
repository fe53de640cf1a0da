"""Prices as people read them, and amounts that are added."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.quota.ledger import Amount, usd
from tests.tables import every_row


@every_row(
    ("micros", "text"),
    [
        (0, "$0.00"),
        (1, "$0.000001"),
        (68_000, "$0.068"),
        (99_999, "$0.099999"),
        (90_000, "$0.09"),
        (100_000, "$0.10"),
        (270_000, "$0.27"),
        (274_999, "$0.274999"),
        (275_000, "$0.275"),
        (999_995, "$0.999995"),
        (1_234_567_890_000, "$1,234,567.89"),
        (-68_000, "-$0.068"),
        (-1_204_999, "-$1.204999"),
    ],
)
def test_a_price_is_read_in_dollars(micros: int, text: str) -> None:
    assert usd(micros) == text


@given(st.integers(-(10**15), 10**15))
@settings(derandomize=True, deadline=None)
def test_no_amount_is_rounded_so_the_parts_that_are_read_add_up_to_their_sum(micros: int) -> None:
    text = usd(micros)
    sign, number = text.split("$")
    dollars, _, digits = number.replace(",", "").partition(".")
    read = int(dollars) * 1_000_000 + int(digits.ljust(6, "0"))
    assert len(digits) >= 2
    assert read == abs(micros)
    assert sign == ("-" if micros < 0 else "")


def test_amounts_add_up_in_each_unit() -> None:
    one = Amount(videos=1, seconds=8, micros=270_000)
    assert one + one + Amount() == Amount(videos=2, seconds=16, micros=540_000)
