"""Animate image: the message menu that takes a picture of any message as the reference of a new video."""

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import Refusal
from cogs.forms import open_form
from cogs.showing import IMAGE_BYTES, asker

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
TYPES = ("image/png", "image/jpeg", "image/webp")


async def animate(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    """Ask for the words and, of several pictures, which. What is looked at here are names; the content, once it is read."""
    asker(interaction)
    files = list(_attachments(message))
    likely = [file for file in files if _looks_like(file)]
    fitting = [file.url for file in likely if file.size <= IMAGE_BYTES]
    pictures = tuple(dict.fromkeys([*fitting, *_shown(message)]))
    if not pictures:
        raise Refusal("image_too_large", most=IMAGE_BYTES // 2**20) if likely else Refusal("no_image")
    await open_form(interaction, pictures=pictures)


def _attachments(message: discord.Message) -> Iterator[discord.Attachment]:
    """The message's own, and those of a forwarded one."""
    yield from message.attachments
    for snapshot in message.message_snapshots:
        yield from snapshot.attachments


def _looks_like(file: discord.Attachment) -> bool:
    kind = (file.content_type or "").partition(";")[0].strip()
    return kind in TYPES or (not kind and file.filename.lower().endswith(ENDINGS))


def _shown(message: discord.Message) -> Iterator[str]:
    """Pictures that a link's preview or a bot's message shows, by Discord's own addresses."""
    for embed in message.embeds:
        for picture in (embed.image, embed.thumbnail):
            if picture and picture.proxy_url:
                yield picture.proxy_url
                break
    for component in message.components:
        for part in getattr(component, "children", [component]):
            if isinstance(part, discord.MediaGalleryComponent):
                for item in part.items:
                    # Another bot's gallery may show any address of the web: the proxy's is Discord's own.
                    address = item.media.proxy_url or ""
                    if (item.media.content_type or "") in TYPES and address.startswith("http"):
                        yield address


async def setup(bot: commands.Bot) -> None:
    """Register the menu."""
    bot.tree.add_command(app_commands.ContextMenu(name="Animate image", callback=animate))
