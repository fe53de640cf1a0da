"""What follows a deletion: the list of deletions beside the database, and the files that nothing refers to any more.

Both are repeated until they succeed. The store remembers them, so that neither a crash nor a full disk loses one.
"""

from collections.abc import Sequence

from bot.runtime.context import ServiceContext
from bot.runtime.log import log

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


async def discard_files(context: ServiceContext, files: Sequence[str]) -> None:
    """Delete these files from the media folder; one that cannot be deleted stays on the store's list."""
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
