"""Runs a bot and notes when each `/sora` passes certain points, from the gateway's message to its answer on the socket.

    python -m benchmarks.standins.marked_bot FILE MODULE [WORD …]    MODULE as `python -m` takes it

At its end FILE gets the median milliseconds between two points, by the name of the later one, as JSON. A mark costs a
microsecond or two. A point that a bot does not have is left out.
"""

import atexit
import functools
import importlib
import inspect
import itertools
import json
import runpy
import statistics
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import discord
from aiohttp import client_reqrep
from discord.gateway import DiscordWebSocket
from discord.state import ConnectionState
from discord.webhook.async_ import AsyncWebhookAdapter

Marks = dict[str, float]
WARM = 50  # commands that are left out at the beginning
POINTS = (
    "received",
    "read",
    "command begins",
    "checked",
    "in the writer's thread",
    "statements run",
    "committed",
    "accepted",
    "card drawn",
    "request made",
    "written",
)
_received = 0.0
_all: list[Marks] = []
_current: ContextVar[Marks | None] = ContextVar("current", default=None)


def _mark(name: str) -> None:
    marks = _current.get()
    if marks is not None:
        marks.setdefault(name, time.perf_counter())


def _around(owner: Any, attribute: str, *, before: str | None = None, after: str | None = None) -> None:
    """Mark each call of a function, plain or asynchronous."""
    wrapped: Callable[..., Any] = getattr(owner, attribute)

    @contextmanager
    def marks() -> Generator[None]:
        if before:
            _mark(before)
        try:
            yield
        finally:
            if after:
                _mark(after)

    if inspect.iscoroutinefunction(wrapped):

        @functools.wraps(wrapped)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with marks():
                return await wrapped(*args, **kwargs)

        setattr(owner, attribute, awaited)
        return

    @functools.wraps(wrapped)
    def called(*args: Any, **kwargs: Any) -> Any:
        with marks():
            return wrapped(*args, **kwargs)

    setattr(owner, attribute, called)


def _mark_discord() -> None:
    """The points that every bot on discord.py has."""
    receive, read = DiscordWebSocket.received_message, ConnectionState.parse_interaction_create

    async def received(self: Any, message: Any, /) -> None:
        global _received  # noqa: PLW0603 - one socket, one message at a time
        _received = time.perf_counter()
        await receive(self, message)

    def begun(self: Any, data: Any) -> None:
        marks: Marks = {"received": _received}
        _all.append(marks)
        _current.set(marks)
        _mark("read")
        read(self, data)

    setattr(DiscordWebSocket, "received_message", received)  # noqa: B010 - type checkers would not allow it
    setattr(ConnectionState, "parse_interaction_create", begun)  # noqa: B010
    _around(discord.app_commands.Command, "_do_call", before="command begins")
    _around(AsyncWebhookAdapter, "create_interaction_response", before="card drawn")
    _around(client_reqrep.ClientRequest, "send", before="request made", after="written")


def _mark_sora_bot() -> None:
    """The points of Sora Bot's accept."""
    accept = importlib.import_module("bot.usecases.requests.accept")
    accepting = importlib.import_module("bot.storage.jobs.accepting")
    database = importlib.import_module("bot.storage.sqlite.database")
    _around(accept.Requests, "accept", after="accepted")
    _around(accepting.RequestQueries, "accept", before="checked")
    write, commit = database.SqliteDatabase.write, database.GroupCommit.run
    together: list[Marks] = []

    async def marked_write(self: Any, work: Any) -> Any:
        marks = _current.get()
        if marks is None:
            return await write(self, work)

        async def marked(writing: Any) -> Any:
            marks.setdefault("in the writer's thread", time.perf_counter())
            result = await work(writing)
            marks.setdefault("statements run", time.perf_counter())
            together.append(marks)
            return result

        return await write(self, marked)

    def marked_commit(*args: Any, **kwargs: Any) -> Any:
        try:
            return commit(*args, **kwargs)
        finally:
            for marks in together:
                marks.setdefault("committed", time.perf_counter())
            together.clear()

    database.SqliteDatabase.write = marked_write
    database.GroupCommit.run = marked_commit


def _write_to(file: Path) -> None:
    whole = [marks for marks in _all[WARM:] if "written" in marks]
    points = [point for point in POINTS if whole and all(point in marks for marks in whole)]
    steps = {
        later: statistics.median(marks[later] - marks[earlier] for marks in whole) * 1000
        for earlier, later in itertools.pairwise(points)
    }
    file.write_text(json.dumps(steps))


def main() -> None:
    """Run the bot."""
    file, module, *words = sys.argv[1:]
    _mark_discord()
    if module == "bot":
        _mark_sora_bot()
    atexit.register(_write_to, Path(file))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
