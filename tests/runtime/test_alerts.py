"""An alert that a stop cuts off is not taken for told: of the processes on one database, another one tells it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bot.runtime import alerts
from bot.runtime.alerts import Alerts
from bot.system.clocks import SteadyClock


class Shared:
    """What the processes know together."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    async def first(self, cause: str) -> bool:
        """As `SharedAlerts.first`."""
        self.told.add(cause)
        return True

    async def ended(self, cause: str) -> None:
        """As `SharedAlerts.ended`."""
        self.told.discard(cause)


@pytest.mark.parametrize("arrives", [True, False])
async def test_an_alert_that_is_being_posted_at_a_stop_arrives_or_counts_as_not_told(
    monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    monkeypatch.setattr(alerts, "LAST_SECONDS", 60.0 if arrives else 0.0)
    posting, go, shared = asyncio.Event(), asyncio.Event(), Shared()
    posted: list[str] = []

    async def tell_operator(text: str) -> None:
        posting.set()
        await go.wait()
        posted.append(text)

    told: Any = SimpleNamespace(tell_operator=tell_operator)
    mine: Any = shared
    sent = Alerts(told, SteadyClock(), mine)
    sent.tell("funds", "none left")
    running = asyncio.create_task(sent.run())
    await posting.wait()
    running.cancel()
    if arrives:
        asyncio.get_running_loop().call_soon(go.set)
    await asyncio.gather(running, return_exceptions=True)
    assert (posted, shared.told) == ((["none left"], {"funds"}) if arrives else ([], set()))
