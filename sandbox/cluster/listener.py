"""The client that stands in SimCord where a bot would: it receives every event, and waits for the answers of the real bot.

SimCord takes a click as done once its client is. So the client stays busy with an interaction until the bot has answered it
over the relay, or has had the time for it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import discord
from simcord.backend import Backend

FIRST_ANSWER = 3.0  # seconds; Discord's own
WHOLE_ANSWER = 4.5  # for what follows a "thinking…", below the time that SimCord gives an operation


class Answers:
    """The interactions that wait for an answer, by id. Each wait ends in real time, whatever SimCord's clock says."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._waiting: dict[int, asyncio.Future[None]] = {}

    def expect(self, event: str, payload: Mapping[str, Any]) -> None:
        """Hear an event of SimCord; call it outside SimCord's ownership."""
        if event != "INTERACTION_CREATE":
            return
        loop = asyncio.get_running_loop()
        asked = int(payload["id"])
        self._waiting[asked] = loop.create_future()
        loop.call_later(FIRST_ANSWER, self._give_up, asked, False)
        loop.call_later(WHOLE_ANSWER, self._give_up, asked, True)

    def look(self) -> None:
        """See whether a request of the bot was an answer."""
        for asked in list(self._waiting):
            record = self._backend.interactions.get(asked)
            if record is None or (record.responded and not record.loading):
                self._end(asked)

    async def wait(self, asked: int) -> None:
        """Wait for the answer to an interaction."""
        if waiting := self._waiting.get(asked):
            await waiting

    def _give_up(self, asked: int, started: bool) -> None:
        record = self._backend.interactions.get(asked)
        if started or record is None or not record.responded:
            self._end(asked)

    def _end(self, asked: int) -> None:
        waiting = self._waiting.pop(asked, None)
        if waiting and not waiting.done():
            waiting.set_result(None)


class Listener(discord.AutoShardedClient):
    """The client. It has the shards of the real gateways, so that SimCord makes servers for each of them."""

    answers: Answers

    def __init__(self, shards: int) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True),
            shard_count=shards,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Stay busy until the bot has answered."""
        await self.answers.wait(interaction.id)
