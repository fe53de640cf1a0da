"""Reads a video back from the message that shows it, for what is made from it once it is no longer in the media folder."""

import asyncio
from collections.abc import Iterator

import discord

from bot.domain.errors import PostGone
from bot.domain.messages.own_messages import is_video_of
from bot.messenger.errors import errors

MESSAGE_TIMEOUT = 60.0
VIDEO_TIMEOUT = 120.0
MOST_VIDEO = 110 * 1024 * 1024  # bytes; no server takes larger files


async def posted_video(
    client: discord.Client, channel: discord.PartialMessageable, generation_id: str, message_id: str
) -> bytes | None:
    """Return the video of a generation; None where the message or its file is gone, or has a link only.

    The address comes fresh from Discord, and the file is told by its name. Raises PostError.
    """
    try:
        with errors():
            async with asyncio.timeout(MESSAGE_TIMEOUT):
                message = await channel.fetch_message(int(message_id))
    except PostGone:
        return None
    files = [(file.filename, file.url, file.size) for file in message.attachments]
    files += [(item.media.url.partition("?")[0].rpartition("/")[2], item.media.url, 0) for item in _shown(message)]
    url = next((url for name, url, size in files if is_video_of(generation_id, name) and size <= MOST_VIDEO), None)
    if url is None:
        return None
    with errors():
        async with asyncio.timeout(VIDEO_TIMEOUT):
            try:
                return await client.http.get_from_cdn(url)
            except (discord.NotFound, discord.Forbidden):
                return None


def _shown(message: discord.Message) -> Iterator[discord.MediaGalleryItem]:
    """Yield what a message shows in galleries: Discord may omit such files from its attachments."""
    for component in message.components:
        for part in getattr(component, "children", [component]):
            if isinstance(part, discord.MediaGalleryComponent):
                yield from part.items
