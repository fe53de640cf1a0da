"""A bot of a few lines on discord.py, to compare with: `/sora` answers at once with a plain message, and keeps nothing.

    python -m benchmarks.standins.bare_bot       DISCORD_TOKEN and DISCORD_API_BASE_URL as for Sora Bot

It is as lean as Sora Bot: the same intents and caches. With POST_FILE it posts that file as often as POST_TIMES says, for as
many at once as Sora Bot does, and waits.
"""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route


class Bare(discord.Client):
    """The client and its one command."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree: app_commands.CommandTree[Any] = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        """Sync the command."""
        self.tree.command(name="sora", description="Make a video from your words")(_sora)
        await self.tree.sync()
        data: Any = await self.http.request(Route("GET", "/gateway/bot"))
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(data["url"])

    async def on_ready(self) -> None:
        """Post the files, where there are any to post."""
        if path := os.environ.get("POST_FILE"):
            await self.post(Path(path), int(os.environ["POST_TIMES"]), int(os.environ["POST_AT_ONCE"]))

    async def post(self, path: Path, times: int, at_once: int) -> None:
        """Post a file so often."""
        slots = asyncio.Semaphore(at_once)
        channels = [channel for guild in self.guilds for channel in guild.text_channels]

        async def one(number: int) -> None:
            async with slots:
                await channels[number % len(channels)].send("Done", file=discord.File(path))

        await asyncio.gather(*(one(number) for number in range(times)))


async def _sora(interaction: discord.Interaction[Any], prompt: str) -> None:
    """Answer at once."""
    await interaction.response.send_message(f"Your video: {prompt}")


async def run() -> None:
    """Run until SIGTERM."""
    Route.BASE = os.environ["DISCORD_API_BASE_URL"]
    bot = Bare()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: asyncio.ensure_future(bot.close()))
    async with bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    asyncio.run(run())
