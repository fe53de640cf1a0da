"""Alerts the operator when their budget refuses a job."""

from bot.domain.quota.ledger import usd
from bot.domain.quota.limits import Scope, Unit
from bot.domain.refusals.refusal import QuotaExceeded
from bot.runtime.context import ServiceContext
from bot.system.background import spawn_background


def alert_budget(context: ServiceContext, exceeded: QuotaExceeded) -> None:
    """Alert the operator in the background, if the operator's own limit refused the job."""
    if exceeded.use.limit.scope is Scope.OPERATOR:
        spawn_background(_alert(context, exceeded), "budget")


async def _alert(context: ServiceContext, exceeded: QuotaExceeded) -> None:
    """Alert once in each window, also across restarts, and over all processes.

    A job that alone exceeds the whole budget is no evidence about what is left, so it has an alert of its own.
    """
    use, limit = exceeded.use, exceeded.use.limit
    amount = limit.unit.of(exceeded.amount)
    alone = amount > limit.amount
    name = f"told-budget{'-alone' if alone else ''}:{limit.unit}:{limit.per}"
    window = use.window.start.isoformat()
    if not await context.store.change_value(name, window):
        return
    budget = f"OPERATOR_BUDGET ({_amount(limit.unit, limit.amount)} per {limit.per})"
    text = f"{budget} is used up: jobs that would pass it are refused until {use.window.end:%Y-%m-%d %H:%M} UTC."
    if alone:
        about = "about " if exceeded.estimate and limit.unit is Unit.USD else ""
        text = f"A job of {about}{_amount(limit.unit, amount)} was refused: by itself it is more than {budget}."
    context.alerts.tell(f"{name} {window}", text)


def _amount(unit: Unit, amount: int) -> str:
    return usd(amount) if unit is Unit.USD else f"{amount} {unit}"
