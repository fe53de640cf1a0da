"""Limits as moderators type them, and whether a limit can be reached at all or another one always stops members first.

100 videos per week are never reached under 5 per day; 50 videos per day are never reached under $3.00 per day when the
cheapest video costs $0.27.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from bot.catalog.catalog import Catalog
from bot.domain.quota.ledger import MICROS
from bot.domain.quota.limits import Limit, Per, Unit
from bot.domain.quota.rules import LIFTED
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal

MOST = {Unit.VIDEOS: 1_000_000, Unit.SECONDS: 10_000_000, Unit.USD: 1_000_000}

# How many windows of one kind one of a longer kind can overlap, days of 25 hours and months of 31 days included.
_WINDOWS = {
    (Per.HOUR, Per.DAY): 25,
    (Per.HOUR, Per.WEEK): 169,
    (Per.HOUR, Per.MONTH): 745,
    (Per.DAY, Per.WEEK): 7,
    (Per.DAY, Per.MONTH): 31,
    (Per.WEEK, Per.MONTH): 6,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRange:
    """The least and the most of one video in this catalogue: seconds, micro-dollars a second, and micro-dollars in total."""

    seconds: tuple[int, int]
    rates: tuple[int, int]
    prices: tuple[int, int]

    @classmethod
    def of(cls, catalog: Catalog) -> Self | None:
        """The range over everything that can be made now; None where nothing can."""
        made = [
            (seconds, offer.micros_per_second)
            for offer in catalog.offers
            if catalog.usable(offer)
            for seconds in offer.seconds
        ]
        if not made or not all(seconds and rate for seconds, rate in made):
            return None
        lengths, rates = zip(*made, strict=True)
        prices = [seconds * rate for seconds, rate in made]
        return cls(
            seconds=(min(lengths), max(lengths)), rates=(min(rates), max(rates)), prices=(min(prices), max(prices))
        )

    def most(self, amount: int, unit: Unit, of: Unit) -> int:
        """The largest amount of unit `of` that `amount` of `unit` can correspond to."""
        match unit, of:
            case Unit.VIDEOS, Unit.SECONDS:
                return amount * self.seconds[1]
            case Unit.VIDEOS, Unit.USD:
                return amount * self.prices[1]
            case Unit.SECONDS, Unit.VIDEOS:
                return amount // self.seconds[0]
            case Unit.SECONDS, Unit.USD:
                return amount * self.rates[1]
            case Unit.USD, Unit.VIDEOS:
                return amount // self.prices[0]
            case Unit.USD, Unit.SECONDS:
                return amount // self.rates[0]
            case _:
                return amount


def unreachable_limits(wanted: Limit, others: Iterable[Limit], prices: PriceRange | None) -> tuple[Limit, ...]:
    """The limits, out of `others`, that make it impossible to reach `wanted`.

    Without prices, only limits of the same unit are compared.
    """
    found: list[Limit] = []
    for other in others:
        if (other.unit, other.per, other.scope) == (wanted.unit, wanted.per, wanted.scope):
            continue
        if other.unit is not wanted.unit and prices is None:
            continue
        windows = _WINDOWS.get((other.per, wanted.per), 1)
        amount = other.amount * windows
        reach = prices.most(amount, other.unit, wanted.unit) if prices else amount
        if reach < wanted.amount:
            found.append(other)
    return tuple(found)


def limit_amount(number: float, unit: Unit) -> int:
    """A limit in the unit's whole numbers: 0 allows nothing, -1 lifts it.

    Raises Refusal `limit_negative`, or as `whole` does.
    """
    if number == LIFTED:
        return LIFTED
    if number < 0:
        raise Refusal(RefusalCode.LIMIT_NEGATIVE)
    return whole(number, unit)


def whole(number: float, unit: Unit) -> int:
    """A typed amount, dollars with decimals, in the unit's whole numbers. Raises Refusal."""
    if not math.isfinite(number) or abs(number) > MOST[unit]:
        raise Refusal(AtMost(RefusalCode.AMOUNT_TOO_LARGE, most=MOST[unit]))
    amount = Decimal(str(number)) * (MICROS if unit is Unit.USD else 1)
    if amount != int(amount):
        raise Refusal(RefusalCode.AMOUNT_TOO_FINE if unit is Unit.USD else RefusalCode.AMOUNT_NOT_WHOLE)
    return int(amount)
