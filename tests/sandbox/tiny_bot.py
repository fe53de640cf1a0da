"""A bot of one command, with a service of its own: what the sandbox must be able to carry."""

import asyncio
import io
from typing import Any, Self, cast

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from sandbox.uniall import DEFAULT_KEY

LEAN = discord.Intents(guilds=True, guild_messages=True)


class ThreadButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"thread:(?P<id>\d+)"):
    def __init__(self, number: str) -> None:
        super().__init__(discord.ui.Button(label="Thread", custom_id=f"thread:{number}"))

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: Any, match: Any) -> "ThreadButton":
        del interaction, item
        return cls(match["id"])

    async def callback(self, interaction: discord.Interaction) -> None:
        assert interaction.message is not None
        thread = await interaction.message.create_thread(name="Further takes")
        await thread.send("Go on here.")
        await interaction.response.send_message("made", ephemeral=True)


class TinyBot(commands.AutoShardedBot):
    def __init__(self, app: "TinyApp") -> None:
        super().__init__("!", intents=LEAN, max_messages=None, member_cache_flags=discord.MemberCacheFlags.none())
        self.app = app

    async def setup_hook(self) -> None:
        self.add_dynamic_items(ThreadButton)
        self.tree.add_command(cast("app_commands.Command[Any, Any, Any]", sora))
        await self.tree.sync()


@app_commands.command()
async def sora(interaction: discord.Interaction, prompt: str, image: discord.Attachment | None = None) -> None:
    """Make a video."""
    assert isinstance(interaction.client, TinyBot)
    if "nothing" in prompt:
        await interaction.response.send_message("Ask for something.", ephemeral=True)
        return
    if "refused late" in prompt:
        await interaction.response.defer(thinking=True)
        await interaction.delete_original_response()
        await interaction.followup.send("Refused after a while.", ephemeral=True)
        return
    files = [discord.File(io.BytesIO(await image.read()), image.filename)] if image else []
    answer = await interaction.response.send_message("Waiting", files=files)
    interaction.client.app.wanted.put_nowait((interaction.channel_id or 0, answer.message_id or 0, prompt))


class TinyApp:
    """Takes jobs from the command, runs them outside SimCord's ownership, and edits the card."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.bot = TinyBot(self)
        self.closed = False

    async def __aenter__(self) -> Self:
        self.wanted: asyncio.Queue[tuple[int, int, str]] = asyncio.Queue()
        self.http = aiohttp.ClientSession(self.base_url, headers={"Authorization": f"Bearer {DEFAULT_KEY}"})
        return self

    def start_loops(self) -> None:
        self.task = asyncio.create_task(self._work())

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.http.close()
        self.closed = True

    async def _work(self) -> None:
        while True:
            channel_id, card_id, prompt = await self.wanted.get()
            channel = self.bot.get_partial_messageable(channel_id)
            await self._make(channel, channel.get_partial_message(card_id), prompt)

    async def _make(self, channel: discord.PartialMessageable, card: discord.PartialMessage, prompt: str) -> None:
        job = await self._ask("POST", "/v1/video/generations", {"model": "sora2-landscape-4s", "prompt": prompt})
        if "id" in job:
            await card.edit(content="Rendering")
        while job.get("status") in ("queued", "in_progress"):
            await asyncio.sleep(0.05)
            job = await self._ask("GET", f"/v1/videos/{job['id']}")
        if job.get("status") != "completed":
            view = discord.ui.View(timeout=None).add_item(discord.ui.Button(label="Again", custom_id="again"))
            await card.edit(content=f"Failed\n{job.get('message') or job['error']['message']}", view=view)
            return
        async with self.http.get(job["video_url"]) as answer:
            file = discord.File(io.BytesIO(await answer.read()), "take.mp4")
        view = discord.ui.View(timeout=None).add_item(ThreadButton(str(card.id)))
        await channel.send("Here it is", file=file, view=view, reference=card.to_reference())
        await card.edit(content="Done")

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        async with self.http.request(method, path, json=body) as answer:
            return await answer.json()
