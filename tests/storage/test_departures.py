"""Waiting jobs of servers that the bot no longer serves are given back; those of a server that is only away are not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.generation import Reason, State
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.storage.store import SqlStore
from bot.workers.jobs.departures import Departures
from tests.model.outside import Outside
from tests.storage.life import Life, at_most

ENGINES = ("sqlite", "postgresql")

Audit = Callable[[], Awaitable[list[str]]]


class Servers:
    """What Discord says of each server; True unless said otherwise."""

    named = True

    def __init__(self, **said: bool | None) -> None:
        self.said = said
        self.changed = asyncio.Event()

    async def has(self, guild_id: str) -> bool | None:
        """As said."""
        return self.said.get(guild_id, True)


def world(store: SqlStore, life: Life, *allowed: str, **said: bool | None) -> ServiceContext:
    """A world with these servers."""
    return replace(
        Outside().world(store, life.now), policy=OperatorPolicy(allowed_guilds=allowed), servers=Servers(**said)
    )


async def test_only_what_waits_for_a_server_that_is_gone_is_given_back(
    store: SqlStore, life: Life, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.workers.jobs.departures.AT_ONCE", 2)
    running = await life.submitted(await life.accept(life.new(guild="left")))
    waiting = {guild: [await life.accept(life.new(guild=guild)) for _ in range(5)] for guild in ("left", "away", "new")}
    await Departures(world(store, life, left=False, away=True, new=None)).look()
    states = {guild: {(await life.reload(job)).state for job in jobs} for guild, jobs in waiting.items()}
    assert states == {"left": {State.FAILED}, "away": {State.RESERVED}, "new": {State.RESERVED}}
    assert {(await life.reload(job)).fault for job in waiting["left"]} == {Reason.SERVER_LEFT}
    assert (await life.reload(running)).state is State.SUBMITTED
    [use] = await life.uses(guild="left", limits=[at_most(100)])
    assert (use.used, use.held) == (0, 1)
    assert await audit() == []


async def test_a_server_that_the_operator_no_longer_allows_is_given_back_before_discord_is_asked(
    store: SqlStore, life: Life, audit: Audit
) -> None:
    theirs, ours = await life.accept(life.new(guild="theirs")), await life.accept(life.new(guild="ours"))
    await Departures(world(store, life, "ours", theirs=None, ours=None)).look()
    assert (await life.reload(theirs)).fault == Reason.SERVER_LEFT
    assert (await life.reload(ours)).state is State.RESERVED
    assert await audit() == []
