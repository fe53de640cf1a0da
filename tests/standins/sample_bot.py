"""A tiny bot on discord.py, only to prove the stand-in by; it does each kind of thing that the real one does."""

import asyncio
import io
import json
import os
import signal
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.gateway.described_http import DescribedClient

Ctx = discord.Interaction[discord.Client]


class Again(discord.ui.DynamicItem[discord.ui.Button["discord.ui.LayoutView"]], template=r"again:(?P<job>\w+)"):
    """A button that needs no memory."""

    def __init__(self, job: str) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[discord.ui.LayoutView], match: "object", /
    ) -> "Again":
        """What a press finds."""
        custom_id = str((interaction.data or {}).get("custom_id"))
        return cls(custom_id.removeprefix("again:"))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Answers the press."""
        await interaction.response.send_message(f"again {self.job}", ephemeral=True)


class Card(discord.ui.LayoutView):
    """A V2 card with a text, maybe a picture, and the button."""

    def __init__(self, text: str, filename: str | None = None) -> None:
        super().__init__(timeout=None)
        box: discord.ui.Container[Card] = discord.ui.Container(discord.ui.TextDisplay(text), accent_colour=0x336699)
        if filename:
            gallery: discord.ui.MediaGallery[Card] = discord.ui.MediaGallery()
            gallery.add_item(media=f"attachment://{filename}", description="the picture")
            box.add_item(gallery)
        row: discord.ui.ActionRow[Card] = discord.ui.ActionRow()
        row.add_item(Again("j1"))
        box.add_item(row)
        self.add_item(box)


class Remix(discord.ui.Modal):
    """A modal with a text and a file."""

    def __init__(self) -> None:
        super().__init__(title="Remix", custom_id="remix:1")
        self.prompt: discord.ui.TextInput[Remix] = discord.ui.TextInput(custom_id="prompt", default="a fox")
        self.file: discord.ui.FileUpload[Remix] = discord.ui.FileUpload(custom_id="file", required=False)
        self.add_item(discord.ui.Label(text="Prompt", component=self.prompt))
        self.add_item(discord.ui.Label(text="Image", component=self.file))

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        """Says what came."""
        files = [await file.read() for file in self.file.values]
        await interaction.response.send_message(f"{self.prompt.value} {files!r}")


class SampleBot(DescribedClient, commands.Bot):
    """Lean, as the real one: guilds and guild messages only. `seen` holds what people wrote."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True)
        super().__init__(
            commands.when_mentioned,
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.seen: list[discord.Message] = []
        self.interactions: list[discord.Interaction] = []
        self.resumed = 0

    async def setup_hook(self) -> None:
        """Commands and persistent buttons."""
        self.add_dynamic_items(Again)
        for command in COMMANDS:
            self.tree.add_command(command)
        await self.tree.sync()

    async def on_message(self, message: discord.Message, /) -> None:
        """Remembers what others wrote."""
        if message.author != self.user:
            self.seen.append(message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Remembers every interaction."""
        self.interactions.append(interaction)

    async def on_resumed(self) -> None:
        """Counts."""
        self.resumed += 1


@app_commands.command(description="Answers with a card")
async def draw(
    interaction: Ctx,
    prompt: app_commands.Range[str, 1, 200],
    image: discord.Attachment | None = None,
    model: str | None = None,
) -> None:
    """One call: the card itself, with the picture that came."""
    if image is None:
        await interaction.response.send_message(view=Card(f"**{prompt}** {model}"))
        return
    file = discord.File(io.BytesIO(await image.read()), image.filename)
    await interaction.response.send_message(view=Card(prompt, image.filename), file=file)


@draw.autocomplete("model")
async def draw_models(interaction: Ctx, current: str) -> list[app_commands.Choice[str]]:
    """Two models."""
    return [app_commands.Choice(name=name, value=name) for name in ("sora-2", "veo-3") if current in name]


@app_commands.command(description="Thinks first")
async def slow(interaction: Ctx, secret: bool = False) -> None:
    """Defers, edits, follows up."""
    await interaction.response.defer(ephemeral=secret, thinking=True)
    await interaction.edit_original_response(content="thought")
    await interaction.followup.send("and more", ephemeral=True)


@app_commands.command(description="Opens a modal")
async def ask(interaction: Ctx) -> None:
    """A modal."""
    await interaction.response.send_modal(Remix())


quota = app_commands.Group(
    name="quota", description="Quotas", default_permissions=discord.Permissions(manage_guild=True)
)


@quota.command(name="set", description="Sets one")
async def quota_set(interaction: Ctx, limit: int, member: discord.Member | None = None) -> None:
    """Says what it got."""
    await interaction.response.send_message(f"{limit} for {member}", ephemeral=True)


@app_commands.context_menu(name="Animate image")
async def animate(interaction: Ctx, message: discord.Message) -> None:
    """Says what it was used on."""
    files = [await file.read() for file in message.attachments]
    await interaction.response.send_message(f"{message.content} {files!r}", ephemeral=True)


COMMANDS: list[Any] = [draw, slow, ask, quota, animate]


async def _main() -> None:
    """Runs until SIGTERM, where the environment says; for the proof of the process helper."""
    base = os.environ["DISCORD_API_BASE_URL"]
    async with aiohttp.ClientSession() as session, session.get(f"{base}/gateway") as answer:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL((await answer.json())["url"])
    Route.BASE = base
    client = SampleBot()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: asyncio.ensure_future(client.close()))
    print(json.dumps({"event": "ready"}))
    await client.start(os.environ["DISCORD_TOKEN"])
    print(json.dumps({"event": "bye"}))


if __name__ == "__main__":
    asyncio.run(_main())
