"""Updates the cards in a thread when it is unarchived, because an archived thread cannot be edited."""

from typing import Any

import discord
from discord.ext import commands

from bot.gateway.client import SoraBot


class ThreadEvents(commands.Cog):
    """Listens to updates of threads."""

    def __init__(self, bot: SoraBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        """Update the cards of a thread that is open now. Nothing in an archived thread can be edited."""
        if not payload.data["thread_metadata"]["archived"]:
            await self._bot.services.cards.thread_opened(str(payload.thread_id))


async def setup(bot: Any) -> None:
    """Register the listener."""
    await bot.add_cog(ThreadEvents(bot))
