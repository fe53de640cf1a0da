"""What takes long to read is waited for: Discord is told in time, once, and no read goes on that nobody waits for."""

import asyncio
from typing import Any, cast

import discord
import pytest

from cogs._ui import replies


class Interaction:
    """The parts of an interaction that a read looks at."""

    def __init__(self, kind: discord.InteractionType) -> None:
        self.type = kind
        self.response = self
        self.deferred: list[dict[str, object]] = []

    async def defer(self, **how: object) -> None:
        self.deferred.append(how)


async def read(kind: discord.InteractionType, reading: Any) -> tuple[object, list[dict[str, object]]]:
    interaction = Interaction(kind)
    found = await replies.read_for(cast("discord.Interaction[Any]", interaction), reading)
    return found, interaction.deferred


COMMAND, BUTTON = discord.InteractionType.application_command, discord.InteractionType.component


async def test_what_is_read_in_time_is_the_first_answer() -> None:
    assert await read(COMMAND, asyncio.sleep(0, "page")) == ("page", [])


@pytest.mark.parametrize("kind", [COMMAND, BUTTON])
async def test_what_is_read_late_comes_after_a_sign(
    kind: discord.InteractionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "AT_ONCE", 0.0)
    late = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.05, late.set_result, "page")
    found, deferred = await read(kind, late)
    assert (found, deferred) == ("page", [{"ephemeral": True, "thinking": kind is COMMAND}])


async def test_a_read_that_is_called_off_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    never = asyncio.get_running_loop().create_future()
    asked = asyncio.ensure_future(read(COMMAND, never))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert never.cancelled()
