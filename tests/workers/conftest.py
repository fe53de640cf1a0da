"""One service at a time: a real store, a clock that stands still, and ports of which a test gives those that it needs."""

import asyncio
import random
from types import SimpleNamespace
from typing import Any, cast

from bot.runtime.alerts import Alerts
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.wake_signals import WakeSignals
from bot.storage.store import SqlStore
from bot.workers.cards.card_edits import CardWorker
from tests.storage.conftest import address, life, opened, path, rows, store
from tests.storage.life import Life

__all__ = ["address", "draw_due", "life", "opened", "path", "rows", "store", "world"]


def world(store: SqlStore, life: Life, **ports: Any) -> ServiceContext:
    """A world in which only these ports are there."""
    clock = SimpleNamespace(now=lambda: life.now)
    given: dict[str, Any] = dict.fromkeys(("messenger", "notices", "media", "provider", "catalog"))
    return ServiceContext(
        store=store,
        clock=cast(Any, clock),
        ids=cast(Any, SimpleNamespace(new=lambda: life.fresh("id"))),
        random=random.Random(0),
        policy=OperatorPolicy(),
        wake_signals=WakeSignals(),
        alerts=Alerts(cast(Any, None), cast(Any, clock)),
        **given | ports,
    )


async def draw_due(cards: CardWorker) -> None:
    """The cards that are due are drawn, and what became of them is recorded."""
    await cards._start_due()
    await asyncio.gather(*cards._busy.values())
    await cards._record()
