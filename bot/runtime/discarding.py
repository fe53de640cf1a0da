"""Deletes files that nothing refers to any more from the media folder.

What cannot be deleted is on the store's list and is tried again, so that neither a crash nor a full disk leaves a file for ever.
"""

from collections.abc import Sequence

from bot.domain.errors import StoreUnavailable
from bot.runtime.context import ServiceContext
from bot.system.log import log


async def discard_listed(context: ServiceContext) -> int:
    """Delete every file on the store's list from the media folder, some at a time; returns how many were listed."""
    count, last = 0, ""
    while files := await context.store.to_discard(after=last):
        await discard_files(context, files)
        count, last = count + len(files), files[-1]
    return count


async def discard_or_list(context: ServiceContext, files: Sequence[str]) -> None:
    """Delete these files now; one that cannot be deleted is put on the store's list. Where that fails too, it is logged."""
    gone = set(await context.media.discard_all(files)) if files else set[str]()
    if left := [file for file in files if file not in gone]:
        try:
            await context.store.discard_later(left)
        except StoreUnavailable as error:
            log.warning("not_discarded", files=left, error=error)


async def discard_files(context: ServiceContext, files: Sequence[str]) -> None:
    """Delete these files from the media folder; one that cannot be deleted stays on the store's list."""
    if gone := await context.media.discard_all(files):
        await context.store.discarded(gone)
