"""Background tasks: work that its caller does not wait for."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.domain.errors import StoreUnavailable
from bot.system.log import log

_tasks: set[asyncio.Task[None]] = set()  # a task without a reference may be garbage-collected before it has run


def spawn_background(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Run `work` in a task of its own; an error is logged and goes no further."""

    async def run() -> None:
        try:
            await work
        except StoreUnavailable as error:
            log.warning("background_not_stored", what=name, error=error)
        except Exception:  # noqa: BLE001 - the caller's work is done already; the log has the whole error
            log.exception("background_failed", what=name)

    task = asyncio.create_task(run(), name=name)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


async def finish_background(seconds: float) -> None:
    """Called while the bot stops: wait this many seconds for the running tasks, then cancel the rest."""
    if _tasks:
        _, late = await asyncio.wait(_tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
