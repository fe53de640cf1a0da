"""The message menu "Animate image", which makes a video from a picture in any message."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import AtMost, Refusal
from cogs.cards.accepting import IMAGE_BYTES, request_context
from cogs.iteration.forms import open_form

TYPES = ("image/png", "image/jpeg", "image/webp")
_COVERED = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)
UNSAID = ("", "application/octet-stream", "binary/octet-stream")


async def animate(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    """Open the form for a message's pictures, which asks for the prompt and, if there are several, for the picture.

    Only declared types are known here; the content is checked once it is downloaded. A file without a declared type may
    be a picture, so it comes last.
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
    """Yield the message's own attachments, and those of messages it forwards."""
    yield from message.attachments
    for snapshot in message.message_snapshots:
        yield from snapshot.attachments


def _kind(file: discord.Attachment) -> str:
    """Return the declared type without parameters, or "" if there is none."""
    return (file.content_type or "").partition(";")[0].strip().casefold()


def _embedded(message: discord.Message) -> Iterator[tuple[str, bool]]:
    """Yield the pictures in link previews, by Discord's own addresses, and whether the link is a spoiler."""
    hidden = " ".join(_COVERED.findall(message.content))
    for embed in message.embeds:
        for picture in (embed.image, embed.thumbnail):
            if picture and picture.proxy_url:
                yield picture.proxy_url, any(of in hidden for of in (embed.url, picture.url) if of)
                break


def _shown(message: discord.Message) -> Iterator[tuple[str, bool]]:
    """Yield the pictures that a bot's message shows, and whether they, or the box around them, are spoilers."""
    files = {file.url.partition("?")[0] for file in message.attachments if file.is_spoiler()}
    for component in message.components:
        inside = isinstance(component, discord.Container) and component.spoiler
        for item in (item for part in getattr(component, "children", [component]) for item in _media(part)):
            # Another bot may show any web address; the proxy address is Discord's own.
            address = item.media.proxy_url or ""
            if (item.media.content_type or "") in TYPES and address.startswith("http"):
                file = item.media.url.partition("?")[0]
                yield address, inside or item.spoiler or file in files or "/SPOILER_" in file


def _media(part: object) -> Sequence[discord.MediaGalleryItem | discord.ThumbnailComponent]:
    """Return the pictures of a gallery, or the one beside the text of a section."""
    if isinstance(part, discord.MediaGalleryComponent):
        return part.items
    if isinstance(part, discord.SectionComponent) and isinstance(part.accessory, discord.ThumbnailComponent):
        return [part.accessory]
    return ()


async def setup(bot: commands.Bot) -> None:
    """Register the message menu."""
    bot.tree.add_command(app_commands.ContextMenu(name="Animate image", callback=animate))
