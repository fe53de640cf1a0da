"""A finished video as a file: from the media folder, or, where it is no longer there, from the message that shows it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.domain.result_status import posted_message
from bot.domain.versions import Version
from bot.runtime.context import ServiceContext
from bot.runtime.log import log


class VideoGone(Exception):
    """The video is neither in the media folder nor in its message."""


@asynccontextmanager
async def video_file(context: ServiceContext, version: Version, spare: str) -> AsyncGenerator[Path]:
    """Yield the path of a version's video. spare: the name of a copy that was fetched, which is deleted at the end.

    After a crash, such a copy is a file of nobody, which `bot.workers.media_retention` removes. Raises VideoGone;
    PostError where Discord cannot be asked now; OSError where the disk fails.
    """
    generation = version.generation
    if generation.video is None:
        raise VideoGone
    path = context.media.path(generation.video.file)
    if path.is_file():
        yield path
        return
    posted = posted_message(generation, version.delivery)
    data = await context.messenger.video_data(generation, posted) if posted else None
    if data is None:
        raise VideoGone
    log.info("video_fetched_back", generation=generation.id, bytes=len(data))
    try:
        yield await context.media.keep_file(spare, data)
    finally:
        await context.media.discard(spare)
