"""A finished video as a file: the kept one, or, where that cannot be had, the one in the message that shows it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.domain.errors import MediaUnavailable
from bot.domain.messages.result_status import posted_message
from bot.domain.versions.version import Version
from bot.runtime.context import ServiceContext
from bot.system.log import log


class VideoGone(Exception):
    """The video is neither kept nor in its message."""


@asynccontextmanager
async def video_file(context: ServiceContext, version: Version, spare: str) -> AsyncGenerator[Path]:
    """Yield the path of a version's video. spare: the name of a copy that was fetched, which is deleted at the end.

    After a crash, such a copy is a file of nobody, which `bot.workers.upkeep.media_retention` removes. Raises VideoGone;
    PostError where Discord cannot be asked now; OSError where the disk fails; MediaUnavailable where the bucket does not
    serve and there is no message.
    """
    generation = version.generation
    if generation.video is None:
        raise VideoGone
    path, away = None, None
    try:
        path = await context.media.have(generation.video.file)
    except FileNotFoundError:
        pass
    except MediaUnavailable as error:
        away = error
    if path:
        yield path
        return
    posted = posted_message(generation, version.delivery)
    data = await context.messenger.video_data(generation, posted) if posted else None
    if data is None:
        raise away or VideoGone
    log.info("video_fetched_back", generation=generation.id, bytes=len(data))
    try:
        yield await context.media.keep_file(spare, data)
    finally:
        await context.media.drop_file(spare)
