"""Writes the list of deletions that lies beside the database, for an older database that is put back."""

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
