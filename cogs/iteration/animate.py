"""Animate image: the message menu that takes a picture of any message as the reference of a new video."""

import re
from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import AtMost, Refusal
from cogs.cards.accepting import IMAGE_BYTES, request_context
from cogs.iteration.forms import open_form

TYPES = ("image/png", "image/jpeg", "image/webp")
_COVERED = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)
UNSAID = ("", "application/octet-stream", "binary/octet-stream")


async def animate(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    """Ask for the words and, of several pictures, which. Here only declared types are known; the content, once it is read.

    A file without one may be a picture, so it comes last.
    """
    request_context(interaction)
    files = list(_attachments(message))
    likely = [file for kinds in (TYPES, UNSAID) for file in files if _kind(file) in kinds]
    fitting = [(file.url, file.is_spoiler()) for file in likely if file.size <= IMAGE_BYTES]
    found = [*fitting, *_embedded(message), *_shown(message)]
    pictures = tuple(dict.fromkeys(address for address, _ in found))
    if not pictures:
        raise (
            Refusal(AtMost(RefusalCode.IMAGE_TOO_LARGE, most=IMAGE_BYTES // 2**20))
            if likely
            else Refusal(RefusalCode.NO_IMAGE)
        )
    covered = frozenset(address for address, spoiler in found if spoiler)
    await open_form(interaction, pictures=pictures, covered=covered)


def _attachments(message: discord.Message) -> Iterator[discord.Attachment]:
    """The message's own, and those of a forwarded one."""
    yield from message.attachments
    for snapshot in message.message_snapshots:
        yield from snapshot.attachments


def _kind(file: discord.Attachment) -> str:
    """What it is declared as, without parameters; nothing where that is not said."""
    return (file.content_type or "").partition(";")[0].strip().casefold()


def _embedded(message: discord.Message) -> Iterator[tuple[str, bool]]:
    """Pictures that a link's preview shows, by Discord's own addresses; covered where the link is."""
    hidden = " ".join(_COVERED.findall(message.content))
    for embed in message.embeds:
        for picture in (embed.image, embed.thumbnail):
            if picture and picture.proxy_url:
                yield picture.proxy_url, any(of in hidden for of in (embed.url, picture.url) if of)
                break


def _shown(message: discord.Message) -> Iterator[tuple[str, bool]]:
    """Pictures that a bot's message shows, likewise; covered where they are, or all that they stand in."""
    files = {file.url.partition("?")[0] for file in message.attachments if file.is_spoiler()}
    for component in message.components:
        inside = isinstance(component, discord.Container) and component.spoiler
        for part in getattr(component, "children", [component]):
            if isinstance(part, discord.MediaGalleryComponent):
                for item in part.items:
                    # Another bot's gallery may show any address of the web: the proxy's is Discord's own.
                    address = item.media.proxy_url or ""
                    if (item.media.content_type or "") in TYPES and address.startswith("http"):
                        file = item.media.url.partition("?")[0]
                        yield address, inside or item.spoiler or file in files or "/SPOILER_" in file


async def setup(bot: commands.Bot) -> None:
    """Register the menu."""
    bot.tree.add_command(app_commands.ContextMenu(name="Animate image", callback=animate))
