"""What follows a deletion: the list of deletions beside the database, and the files that nothing refers to any more.

Both are done again until they are done: the store remembers them, so that neither a crash nor a full disk loses one.
"""

from collections.abc import Sequence

from bot.runtime.context import ServiceContext
from bot.runtime.log import log

_CAUSE = "deletions"


async def list_deletions(context: ServiceContext) -> None:
    """Write who has asked to be forgotten beside the database, for one that is put back from a backup.

    A disk that does not take it is told to the operator; the next call writes it.
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
        context.alerts.over(_CAUSE)


async def discard_files(context: ServiceContext, files: Sequence[str]) -> None:
    """Discard these files of the media folder; one that the disk keeps stays on the store's list."""
    gone: list[str] = []
    for file in files:
        try:
            await context.media.discard(file)
        except OSError as error:
            log.warning("not_discarded", file=file, error=error)
        else:
            gone.append(file)
    if gone:
        await context.store.discarded(gone)
