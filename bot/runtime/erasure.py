"""What follows a deletion: the list of deletions beside the database, and the files that nothing refers to any more.

Both are repeated until they succeed. The store remembers them, so that neither a crash nor a full disk loses one.
"""

from collections.abc import Sequence

from bot.domain.errors import StoreUnavailable
from bot.runtime.context import ServiceContext
from bot.system.log import log

_CAUSE = "deletions"


async def list_deletions(context: ServiceContext) -> None:
    """Write the ids of forgotten members beside the database, for a database that is restored from a backup.

    If the disk refuses it, the operator is alerted; the next call writes it.
    """
    try:
        await context.store.list_forgotten()
    except OSError as error:
        log.error("deletions_not_listed", error=error)
        context.alerts.tell(
            _CAUSE,
            "The list of deletions beside the database cannot be written: an older database that is put back would not"
            " know of the newest. It is tried again every minute.",
        )
    else:
        context.alerts.clear(_CAUSE)


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
