"""An alert that a stop cuts off is not taken for told: of the processes on one database, another one tells it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from bot.runtime import alerts
from bot.runtime.alerts import Alerts
from bot.system.clocks import SteadyClock


class Shared:
    """What the processes know together."""

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        self.told: set[str] = set()
        self._wait = wait

    async def first(self, cause: str) -> bool:
        """As `SharedAlerts.first`."""
        self.told.add(cause)
        await self._wait()
        return True

    async def ended(self, cause: str) -> None:
        """As `SharedAlerts.ended`."""
        self.told.discard(cause)


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("within", ["the note", "the post"])
async def test_an_alert_that_is_under_way_at_a_stop_arrives_or_counts_as_not_told(
    monkeypatch: pytest.MonkeyPatch, within: str, arrives: bool
) -> None:
    monkeypatch.setattr(alerts, "LAST_SECONDS", 60.0 if arrives else 0.0)
    begun, go = asyncio.Event(), asyncio.Event()
    posted: list[str] = []

    async def wait(place: str) -> None:
        if place == within:
            begun.set()
            await go.wait()

    async def tell_operator(text: str) -> None:
        await wait("the post")
        posted.append(text)

    shared = Shared(lambda: wait("the note"))
    notices: Any = SimpleNamespace(tell_operator=tell_operator)
    known: Any = shared
    sent = Alerts(notices, SteadyClock(), known)
    sent.tell("funds", "none left")
    running = asyncio.create_task(sent.run())
    await begun.wait()
    running.cancel()
    if arrives:
        asyncio.get_running_loop().call_soon(go.set)
    await asyncio.gather(running, return_exceptions=True)
    assert (posted, shared.told) == ((["none left"], {"funds"}) if arrives else ([], set()))
